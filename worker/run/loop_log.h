/* The lines of the log about what the engine decides and what the group does. */
#ifndef RUN_LOOP_LOG_H
#define RUN_LOOP_LOG_H

#include "run/loop.h"

/* By the type of the effect. */
void loop_log_settled(const struct effect *effect);
void loop_log_account(const struct effect *effect);
void loop_log_trouble(const struct effect *effect);
void loop_log_changed(const struct effect *effect);
void loop_log_foreign(const struct effect *effect);

void loop_log_circuit(const struct account *account);
void loop_log_rebalance(enum rebalance rebalance, int count);
/* The events' topic is gone. */
void loop_log_gone(const struct loop *loop);
void loop_log_namesake(const struct loop *loop, int32_t partition);

#endif
