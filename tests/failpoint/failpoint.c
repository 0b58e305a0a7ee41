#include "os/failpoint.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/log.h"
#include "os/log_writer.h"

enum failpoint_kind {
    FAILPOINT_NONE,
#define FAILPOINT_KIND(name, word, moments) FAILPOINT_##name,
#include "failpoint.def"
#undef FAILPOINT_KIND
    FAILPOINT_KIND_COUNT
};

static const char *const kind_words[] = {
    "none",
#define FAILPOINT_KIND(name, word, moments) word,
#include "failpoint.def"
#undef FAILPOINT_KIND
};
static const char *const moment_words[] = {"before", "after", "sent", "told"};

#define MOMENT_COUNT 4

/* What an answer that comes later is about, and where an assigned partition began: by the engine's handle, or the
 * partition, told apart by the type of input that they belong to. Only kept where a point is wanted. */
struct note {
    enum input_type type;
    uint64_t id;
    int64_t value;
};
static struct note *notes;
static size_t note_count;

/* The point, as kind * MOMENT_COUNT + moment; 0: none. */
static int wanted = -1; /* the environment was not asked yet */
static bool or_later, stand_still, freeze;

static int64_t *note_of(enum input_type type, uint64_t id)
{
    for (size_t i = 0; i < note_count; i++)
        if (notes[i].type == type && notes[i].id == id)
            return &notes[i].value;
    notes = mem_grow(notes, note_count + 1, sizeof(*notes));
    notes[note_count] = (struct note){type, id, 0};
    return &notes[note_count++].value;
}

/* ---- the point that is wanted ---- */

static int point_read(const char *text)
{
    struct span moment = span_of(text);
    struct span word = span_cut(&moment, '.');
    or_later = moment.size > 0 && moment.data[moment.size - 1] == '+';
    stand_still = moment.size > 0 && moment.data[moment.size - 1] == '!';
    freeze = moment.size > 0 && moment.data[moment.size - 1] == '~';
    moment.size -= or_later || stand_still || freeze;
    for (int kind = 1; kind < FAILPOINT_KIND_COUNT; kind++)
        for (int i = 0; i < MOMENT_COUNT; i++)
            if (span_equal(word, span_of(kind_words[kind])) && span_equal(moment, span_of(moment_words[i])))
                return kind * MOMENT_COUNT + i;
    log_say(LOG_LEVEL_ERROR, "failpoint", "tests/failpoint/failpoint.def has no point %s", text);
    log_writer_stop();
    abort();
}

static bool point_is_wanted(void)
{
    if (wanted < 0) {
        const char *text = getenv("FAILPOINT");
        wanted = text == NULL ? 0 : point_read(text);
    }
    return wanted > 0;
}

static bool point_is(enum failpoint_kind kind, enum failpoint_moment moment)
{
    int point = (int)kind * MOMENT_COUNT + (int)moment;
    return kind != FAILPOINT_NONE && (point == wanted || (or_later && point > wanted));
}

static void point_pass(enum failpoint_kind kind, enum failpoint_moment moment)
{
    if (!point_is(kind, moment))
        return;
    log_say(LOG_LEVEL_ERROR, "failpoint", "%s.%s", kind_words[kind], moment_words[moment]);
    log_writer_stop(); /* tests read there where it ended */
    while (stand_still)
        pause();
    wanted = 0;
    raise(freeze ? SIGSTOP : SIGKILL);
}

/* ---- what is passed: a new type of effect, call or input has to be thought of here ---- */

static enum failpoint_kind kind_of_call(enum call_kind call)
{
    switch (call) {
    case CALL_FIND_CUSTOMERS:
        return FAILPOINT_FIND_CUSTOMERS;
    case CALL_LIST_CUSTOMERS:
        return FAILPOINT_LIST_CUSTOMERS;
    case CALL_CREATE_CUSTOMER:
        return FAILPOINT_CREATE_CUSTOMER;
    case CALL_READ_CUSTOMER:
        return FAILPOINT_READ_CUSTOMER;
    case CALL_SET_HOST:
        return FAILPOINT_SET_HOST;
    case CALL_LIST_CONVERSATIONS:
        return FAILPOINT_LIST_CONVERSATIONS;
    case CALL_LIST_CLOSED:
        return FAILPOINT_LIST_CLOSED;
    case CALL_REOPEN:
        return FAILPOINT_REOPEN;
    case CALL_UNASSIGN:
        return FAILPOINT_UNASSIGN;
    case CALL_READ_CONVERSATION:
        return FAILPOINT_READ_CONVERSATION;
    case CALL_READ_MESSAGES:
        return FAILPOINT_READ_MESSAGES;
    case CALL_POST_MESSAGE:
        return FAILPOINT_POST_MESSAGE;
    case CALL_POST_CONVERSATION:
        return FAILPOINT_POST_CONVERSATION;
    case CALL_ME:
        return FAILPOINT_ME;
    }
    return FAILPOINT_NONE;
}

static enum failpoint_kind kind_of_effect(const struct effect *effect, const char *dead_topic)
{
    switch (effect->type) {
    case EFFECT_REQUEST:
        return kind_of_call(effect->call);
    case EFFECT_PRODUCE:
        return strcmp(effect->topic, dead_topic) == 0 ? FAILPOINT_DEAD_LETTER : FAILPOINT_RECEIPT;
    case EFFECT_COMMIT:
        return effect->offset > *note_of(INPUT_ASSIGNED, (uint64_t)effect->partition) ? FAILPOINT_COMMIT
                                                                                      : FAILPOINT_REACH;
    case EFFECT_READ_RECEIPTS:
        return FAILPOINT_READ_RECEIPTS;
    case EFFECT_START:
        return FAILPOINT_START;
    case EFFECT_RELEASED:
        return FAILPOINT_RELEASED;
    case EFFECT_STOPPED:
        return FAILPOINT_STOPPED;
    case EFFECT_SETTLED:
        return FAILPOINT_SETTLED;
    case EFFECT_ACCOUNT:
        return FAILPOINT_ACCOUNT;
    case EFFECT_TROUBLE:
        return FAILPOINT_TROUBLE;
    case EFFECT_CIRCUIT: /* beside a trouble */
    case EFFECT_PAUSE: /* at a span of a million records: no test gets there */
    case EFFECT_RESUME:
    case EFFECT_CHECK_LOG:
    case EFFECT_LOG_CHANGED:
    case EFFECT_OTHER_SECRET:
    case EFFECT_NAMESAKE:
        break;
    }
    return FAILPOINT_NONE;
}

static enum failpoint_kind kind_of_input(const struct input *input)
{
    switch (input->type) {
    case INPUT_ASSIGNED:
        return FAILPOINT_ASSIGNED;
    case INPUT_RECEIPT:
        return FAILPOINT_OLD_RECEIPT;
    case INPUT_REBUILT:
        return FAILPOINT_REBUILT;
    case INPUT_RECORD:
        return FAILPOINT_RECORD;
    case INPUT_ANSWERED:
    case INPUT_PRODUCED:
    case INPUT_COMMITTED:
        return (enum failpoint_kind) * note_of(input->type, input->handle);
    case INPUT_REVOKED:
        return FAILPOINT_REVOKED;
    case INPUT_STOP:
        return FAILPOINT_STOP;
    case INPUT_LOST: /* whatever this worker does then, another one has the partition */
    case INPUT_TICK: /* these five come of nothing that was done for a record */
    case INPUT_LOG_CHECKED:
    case INPUT_KEYRING:
    case INPUT_API_KEY:
    case INPUT_ACCOUNTS:
        break;
    }
    return FAILPOINT_NONE;
}

/* ---- passing ---- */

void failpoint_effect(const struct effect *effect, const char *dead_topic, enum failpoint_moment moment)
{
    if (!point_is_wanted())
        return;
    enum failpoint_kind kind = kind_of_effect(effect, dead_topic);
    if (effect->type == EFFECT_REQUEST)
        *note_of(INPUT_ANSWERED, effect->handle) = kind;
    else if (effect->type == EFFECT_PRODUCE)
        *note_of(INPUT_PRODUCED, effect->handle) = kind;
    else if (effect->type == EFFECT_COMMIT)
        *note_of(INPUT_COMMITTED, effect->handle) = kind;
    point_pass(kind, moment);
}

void failpoint_input(const struct input *input)
{
    if (!point_is_wanted())
        return;
    if (input->type == INPUT_ASSIGNED)
        *note_of(INPUT_ASSIGNED, (uint64_t)input->partition) = input->offset;
    point_pass(kind_of_input(input), FAILPOINT_TOLD);
}

void failpoint_sent(engine_handle handle, int fd)
{
    if (!point_is_wanted())
        return;
    enum failpoint_kind kind = (enum failpoint_kind) * note_of(INPUT_ANSWERED, handle);
    if (point_is(kind, FAILPOINT_SENT))
        poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1);
    point_pass(kind, FAILPOINT_SENT);
}
