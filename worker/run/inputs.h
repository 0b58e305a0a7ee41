/* What happens in Kafka, Papercups and the watched files, as inputs of the engine. The context of all calls is the loop. */
#ifndef RUN_INPUTS_H
#define RUN_INPUTS_H

#include "run/loop.h"

/* What consumer, reader and files are built with; whoever builds them sets the context. */
extern const struct consumer_calls inputs_consumer;
extern const struct reader_calls inputs_reader;
extern const struct files_calls inputs_files;

/* For the producer: an acknowledgement, or a refusal with offset -1. */
void inputs_produced(void *context, engine_handle handle, enum produced produced, int64_t offset, int64_t stamp_ms);
/* For http. */
void inputs_answered(void *context, uint64_t handle, const struct reply *reply);
/* For inquiry: answers go to the consumer or the reader, and what these make of them to the engine. */
void inputs_looked_up(void *context, const struct inquiry_answer *answer);
/* For log_checks: to the consumer when it asked, else to the engine. */
void inputs_log_checked(void *context, const struct log_check *check);

#endif
