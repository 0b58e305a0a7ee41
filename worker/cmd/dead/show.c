#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time_text.h"
#include "cmd/age.h"
#include "cmd/dead/dead.h"
#include "cmd/dead/letter.h"
#include "cmd/escape.h"
#include "cmd/help.h"

#define LABEL         "%-13s"
#define INDENT        13
#define JSON_SIZE_MAX (8u << 20)
#define RECEIPTS_MAX  1000 /* that are told */

struct shown_receipt {
    uint64_t identity; /* 0: of what is not authentic */
    int32_t partition;
    int64_t offset, finished_at_ms;
    enum outcome outcome;
    char detail[201];
};

struct show {
    struct desk *desk;
    const struct dead_choice *choice;
    struct shown_receipt *receipts;
    size_t receipt_count, letters;
    bool left_out; /* receipts: there are too many */
};

/* Whoever may write to the topic may write a good receipt there once more, and once more. */
static bool receipt_is_told(const struct show *show, const struct shown_receipt *receipt)
{
    for (size_t i = 0; i < show->receipt_count; i++) {
        const struct shown_receipt *one = &show->receipts[i];
        if (one->identity == receipt->identity && one->partition == receipt->partition && one->offset == receipt->offset &&
            one->outcome == receipt->outcome && one->finished_at_ms == receipt->finished_at_ms)
            return true;
    }
    return false;
}

static void show_receipt(void *context, const struct ledger *ledger, const struct record *record,
                         const struct receipt *receipt)
{
    struct show *show = context;
    struct shown_receipt one = {.partition = receipt->partition,
                                .offset = receipt->offset,
                                .finished_at_ms = receipt->finished_at_ms,
                                .outcome = receipt->outcome};
    if (receipt->sender.data != NULL && receipt->event_id.data != NULL)
        one.identity = ledger_identity(ledger, record->key, receipt->sender, receipt->event_id);
    if (receipt_is_told(show, &one))
        return;
    if (show->receipt_count == RECEIPTS_MAX) {
        show->left_out = true;
        return;
    }
    snprintf(one.detail, sizeof(one.detail), "%.*s", SPAN_ARGS(receipt->detail));
    show->receipts = mem_grow(show->receipts, show->receipt_count + 1, sizeof(*show->receipts));
    show->receipts[show->receipt_count++] = one;
}

static bool receipt_is_of(const struct shown_receipt *receipt, const struct desk_letter *letter)
{
    if (letter->told->identity != 0 && receipt->identity == letter->told->identity)
        return true;
    return receipt->partition == letter->partition && receipt->offset == letter->told->source;
}

/* ---- for people ---- */

static void line_print(const char *label, struct span text)
{
    if (text.data == NULL)
        return;
    printf(LABEL, label);
    escape_print_exact(stdout, text);
    putchar('\n');
}

/* The same of sentences, in lines that are filled. */
static void text_print(const char *label, struct span text)
{
    char *escaped;
    size_t size;
    FILE *out = open_memstream(&escaped, &size);
    if (out == NULL)
        return;
    escape_print_exact(out, text);
    fclose(out);
    help_item_print(label, INDENT, escaped);
    free(escaped);
}

static void outcome_print(enum outcome outcome)
{
    const char *reason = outcome_reason(outcome);
    printf("%s%s%s", outcome_word(outcome), reason[0] == 0 ? "" : ": ", reason);
}

static void time_print(const struct show *show, int64_t at_ms)
{
    char text[21], age[AGE_TEXT];
    time_text_write(text, at_ms);
    age_write(age, show->choice->now_ms - at_ms);
    printf("%s (%s%s)", text, age, at_ms > show->choice->now_ms ? " from now" : " ago");
}

static void receipts_print(const struct show *show, const struct desk_letter *letter)
{
    const char *label = "receipts";
    for (size_t i = 0; i < show->receipt_count; i++) {
        const struct shown_receipt *one = &show->receipts[i];
        if (!receipt_is_of(one, letter))
            continue;
        printf(LABEL "%d/%lld ", label, (int)one->partition, (long long)one->offset);
        outcome_print(one->outcome);
        printf(", ");
        time_print(show, one->finished_at_ms);
        putchar('\n');
        label = "";
    }
    if (show->left_out)
        printf(LABEL "there are more: only %d are told\n", label, RECEIPTS_MAX);
    else if (label[0] != 0)
        printf(LABEL "none is left, or none is of these workers\n", label);
}

static void headers_print(const struct record *record)
{
    const char *label = "headers";
    for (size_t i = 0; i < record->header_count; i++) {
        printf(LABEL, label);
        escape_print_exact(stdout, record->headers[i].name);
        printf(": ");
        if (record->headers[i].value.data == NULL)
            printf("null");
        else
            escape_print_exact(stdout, record->headers[i].value);
        putchar('\n');
        label = "";
    }
}

/* JSON in lines, the rest byte for byte. */
static void value_print(struct span value)
{
    struct err err;
    struct buf lines;
    json_t *root = value.data == NULL ? NULL : json_read(value, 16, &err);
    const char *label = "payload";
    if (root == NULL) {
        line_print(label, value.data == NULL ? SPAN("none") : value);
        return;
    }
    buf_init(&lines, JSON_SIZE_MAX);
    json_write_lines(&lines, root);
    struct span rest = buf_span(&lines);
    while (rest.data != NULL) {
        printf(LABEL, label);
        escape_print_json(stdout, span_cut(&rest, '\n'));
        putchar('\n');
        label = "";
    }
    buf_done(&lines);
    json_decref(root);
}

static void verdict_print(const struct desk_letter *letter)
{
    struct buf text;
    buf_init(&text, 4096);
    buf_add_text(&text, resend_text(letter->verdict));
    if (letter->told->again >= 0)
        buf_printf(&text, " (%d/%lld)", (int)letter->told->home, (long long)letter->told->again);
    if (letter->opened->detail.text[0] != 0)
        buf_printf(&text, ": %s", letter->opened->detail.text);
    text_print("state", buf_span(&text));
    buf_done(&text);
    if (outcome_advice(letter->opened->outcome)[0] != 0)
        help_item_print("what to do", INDENT, outcome_advice(letter->opened->outcome));
}

static void why_print(enum outcome outcome, struct span detail)
{
    struct buf text;
    buf_init(&text, 4096);
    buf_printf(&text, "%s: %s, %s", outcome_word(outcome), outcome_reason(outcome), outcome_text(outcome));
    text_print("outcome", buf_span(&text));
    buf_done(&text);
    if (detail.size > 0)
        text_print("detail", detail);
}

static void show_print(const struct show *show, const struct desk_letter *letter)
{
    struct letter_facts facts;
    letter_facts(letter, &facts);
    if (show->letters > 1)
        putchar('\n');
    printf(LABEL "%d/%lld of %s, dead letter %d/%lld\n", "record", (int)letter->partition,
           (long long)letter->told->source, show->desk->config->events_topic, (int)letter->partition,
           (long long)letter->told->offset);
    why_print(letter->opened->outcome, facts.detail);
    printf(LABEL, "failed at");
    time_print(show, facts.failed_at_ms >= 0 ? facts.failed_at_ms : letter->record->timestamp_ms);
    if (facts.attempts >= 0)
        printf(", after %lld post%s", (long long)facts.attempts, facts.attempts == 1 ? "" : "s");
    putchar('\n');
    verdict_print(letter);
    line_print("event", facts.event_id);
    if (facts.sender != NULL)
        printf(LABEL "%s, by key %.*s\n", "signed by", facts.sender, SPAN_ARGS(facts.key_id));
    else
        printf(LABEL "%s\n", "signed by",
               letter->verdict == RESEND_NO_VALUE ? "not known: it was written without its value"
                                                  : "nobody that the keyring knows");
    if (facts.signed_at_s >= 0 && facts.sender != NULL) {
        printf(LABEL, "signed at");
        time_print(show, facts.signed_at_s * 1000);
        putchar('\n');
    }
    line_print("account", facts.account);
    line_print("routing key", letter->opened->record.key);
    receipts_print(show, letter);
    headers_print(letter->record);
    value_print(letter->record->value);
}

/* ---- for programs ---- */

static json_t *json_receipts(const struct show *show, const struct desk_letter *letter)
{
    json_t *list = json_array();
    for (size_t i = 0; i < show->receipt_count; i++) {
        const struct shown_receipt *one = &show->receipts[i];
        if (!receipt_is_of(one, letter))
            continue;
        json_t *object = json_object();
        json_object_set_new(object, "partition", json_integer(one->partition));
        json_object_set_new(object, "offset", json_integer(one->offset));
        json_object_set_new(object, "outcome", json_string(outcome_word(one->outcome)));
        if (outcome_reason(one->outcome)[0] != 0)
            json_object_set_new(object, "reason", json_string(outcome_reason(one->outcome)));
        if (one->detail[0] != 0)
            json_object_set_new(object, "detail", letter_text(span_of(one->detail)));
        json_object_set_new(object, "finished_at", json_integer(one->finished_at_ms));
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *json_headers(const struct record *record)
{
    json_t *list = json_array();
    for (size_t i = 0; i < record->header_count; i++) {
        json_t *header = json_object();
        json_object_set_new(header, "name", letter_text(record->headers[i].name));
        json_object_set_new(header, "value", letter_text(record->headers[i].value));
        json_array_append_new(list, header);
    }
    return list;
}

static void show_print_json(const struct show *show, const struct desk_letter *letter)
{
    json_t *object = letter_json(letter);
    json_object_set_new(object, "advice", json_string(outcome_advice(letter->opened->outcome)));
    json_object_set_new(object, "receipts", json_receipts(show, letter));
    if (show->left_out)
        json_object_set_new(object, "receipts_left_out", json_true());
    json_object_set_new(object, "headers", json_headers(letter->record));
    json_object_set_new(object, "value", letter_text(letter->record->value));
    escape_print_object(stdout, object);
    json_decref(object);
}

/* ---- either ---- */

static int show_take(void *context, const struct desk_letter *letter, struct err *err)
{
    struct show *show = context;
    (void)err;
    show->letters++;
    progress_hide(&show->desk->progress);
    if (show->choice->json)
        show_print_json(show, letter);
    else
        show_print(show, letter);
    return 0;
}

int dead_show(struct desk *desk, const struct dead_choice *choice, const char *what, struct err *err)
{
    struct show show = {.desk = desk, .choice = choice};
    desk->take = show_take;
    desk->receipt = show_receipt;
    desk->context = &show;
    int result = desk_read(desk, err);
    free(show.receipts);
    if (result != 0 || show.letters > 0)
        return result;
    err_set(err, ERR_NO, "there is no dead letter of %.128s: the event was delivered, or has no outcome yet, or its dead letter "
            "is older than %.200s keeps them, or an option leaves it out; cupbearer why EVENT_ID tells which", what, desk->config->dead_topic);
    return -1;
}
