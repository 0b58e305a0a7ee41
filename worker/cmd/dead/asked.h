/* What was asked of `cupbearer dead`: its words and options, and whether they go together. */
#ifndef CMD_DEAD_ASKED_H
#define CMD_DEAD_ASKED_H

#include "cmd/dead/dead.h"
#include "cmd/dead/resend.h"

#define DEAD "dead"

enum dead_action { DEAD_LIST = 1, DEAD_SHOW = 2, DEAD_RESEND = 4, DEAD_EXPORT = 8 };

enum dead_option {
    DEAD_REASON = 0x100,
    DEAD_EXPIRED,
    DEAD_WRONG_PARTITION,
    DEAD_EVENT_ID,
    DEAD_ACCOUNT,
    DEAD_SENDER,
    DEAD_EXTERNAL_ID,
    DEAD_CUSTOMER_ID,
    DEAD_CONVERSATION_ID,
    DEAD_STATE,
    DEAD_EACH,
    DEAD_JSON,
    DEAD_PER_MINUTE,
    DEAD_DRY_RUN,
};

#define DEAD_OWNED_MAX 8 /* options that mean something with some actions only */

struct dead {
    enum dead_action action;
    const char *operand; /* behind the action; or NULL */
    const char *config_file;
    struct signer signer;
    struct desk desk; /* what is chosen; its rules need a ledger and a keyring yet */
    struct dead_choice choice;
    struct resend_job job;
    char recipient[300];         /* "e/user_42" */
    bool reasons[OUTCOME_COUNT]; /* by --reason */
    bool given[DEAD_OWNED_MAX];
};

/* Nothing is asked yet. */
void dead_init(struct dead *dead, int64_t now_ms);
/* An option: a command_take. */
int dead_take(void *context, int option, const char *value, struct err *err);
/* Behind the last one: ERR_NONE, or ERR_USAGE, which is told on stderr. */
int dead_check(struct dead *dead, const char *const *operands);

#endif
