#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/failure.h"
#include "cmd/options.h"
#include "cmd/shared_options.h"
#include "cmd/sign/payload_options.h"
#include "cmd/sign/signer.h"
#include "event/payload.h"
#include "os/clock.h"

#define SIGN "sign"

enum { AT = 0x100, FORMAT };

struct sign {
    struct signer signer;
    struct payload_options payload;
    const char *file;
    const char *topic;
    int64_t at_s;
    bool kcat;
};

static int sign_take(void *context, int option, const char *value, struct err *err)
{
    struct sign *sign = context;
    if (option >= PAYLOAD_ACCOUNT && option < PAYLOAD_END)
        return payload_options_take(&sign->payload, option, value, err);
    if (option == AT)
        return options_number("--at", value, 1, 99999999999, &sign->at_s, err);
    if (option == FORMAT) {
        sign->kcat = strcmp(value, "kcat") == 0;
        if (!sign->kcat && strcmp(value, "json") != 0)
            return err_set(err, ERR_USAGE, "--format is json or kcat, not '%.40s'", value);
    } else if (option == OPTION_TOPIC) {
        sign->topic = value;
    } else {
        signer_take(&sign->signer, option, value);
    }
    return 0;
}

/* In single quotes, within which a POSIX shell changes nothing. */
static void quoted_print(struct span text)
{
    putchar('\'');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\'')
            fputs("'\\''", stdout);
        else
            putchar(text.data[i]);
    }
    putchar('\'');
}

static void kcat_print(const struct cupbearer_record *record, const char *topic)
{
    struct span value, key, header;
    value.data = cupbearer_record_value(record, &value.size);
    key.data = cupbearer_record_key(record, &key.size);
    fputs("printf '%s' ", stdout);
    quoted_print(value);
    /* kcat cuts its input into records at newlines, which JSON may hold; U+0001 it cannot. */
    fputs(" | kcat -P -b \"${BOOTSTRAP_SERVERS:-localhost:9092}\" -t ", stdout);
    quoted_print(span_of(topic));
    fputs(" -X partitioner=murmur2_random -D '\\x01' -k ", stdout);
    quoted_print(key);
    const char *name;
    for (size_t i = 0; cupbearer_record_header(record, i, &name, &header.data, &header.size) == CUPBEARER_OK;
         i++) {
        printf(" -H '%s=", name); /* names and values of our own headers hold no quote */
        fwrite(header.data, 1, header.size, stdout);
        putchar('\'');
    }
    putchar('\n');
}

static int record_print(const struct sign *sign, const struct cupbearer_record *record, struct err *err)
{
    if (sign->kcat) {
        kcat_print(record, sign->topic);
        return 0;
    }
    char *json, why[CUPBEARER_ERROR_SIZE];
    size_t size;
    int result = cupbearer_record_json(record, &json, &size, why, sizeof(why));
    if (result != CUPBEARER_OK)
        return err_set(err, (enum err_code)result, "%s", why);
    fwrite(json, 1, size, stdout);
    putchar('\n');
    cupbearer_text_free(json);
    return 0;
}

static int sign_run(struct sign *sign, struct err *err)
{
    struct buf payload;
    buf_init(&payload, PAYLOAD_SIZE_MAX);
    struct cupbearer_record *record = NULL;
    int result = signer_open(&sign->signer, err);
    if (result == 0)
        result = payload_options_read(&sign->payload, sign->file, &payload, err);
    if (result == 0)
        result = signer_sign(&sign->signer, sign->signer.event_id,
                             sign->at_s == 0 ? clock_now().wall.ms / 1000 : sign->at_s, buf_span(&payload),
                             &record, err);
    if (result == 0)
        result = record_print(sign, record, err);
    cupbearer_record_free(record);
    buf_done(&payload);
    return result;
}

static int cmd_sign(int argc, char **argv)
{
    struct sign sign = {.topic = OPTION_TOPIC_DEFAULT};
    const char *const *operands;
    struct err err;
    int code;
    if (command_read(&command_sign, argc, argv, sign_take, &sign, &operands, &code)) {
        sign.file = operands[0];
        code = sign_run(&sign, &err) == 0 ? ERR_NONE : failure_err(SIGN, &err);
    }
    payload_options_done(&sign.payload);
    signer_done(&sign.signer);
    return code;
}

static const struct option_row rows[] = {
    OPTION(AT, "at", "SECONDS", "when it was signed, Unix time; default: now"),
    OPTION(FORMAT, "format", "FORM",
           "what is printed: {}; default: json. As json: key, headers and value on one line, for `cupbearer "
           "verify` and others. As kcat: a line for a shell, which publishes it with kcat to "
           "${BOOTSTRAP_SERVERS}, else to localhost:9092",
           .words = "json kcat"),
};
static const struct option_group own = OPTION_GROUP(SIGN, "The record", rows);

const struct command command_sign = {
    SIGN,
    cmd_sign,
    "sign an event and print the record",
    .usage = "--key-file FILE --key-id ID [OPTION]... PAYLOAD_FILE\n"
             "--key-file FILE --key-id ID --account ACCOUNT\n"
             " --to-external-id ID --body TEXT [OPTION]...",
    .about = "Publish it as it is printed, before it expires: the bytes of the value are what was signed.",
    .groups = (const struct option_group *const[]){&signer_group_key, &signer_group_event, &payload_group, &own,
                                                   &option_group_topic, NULL},
    .operand = &(const struct operand){"payload", .completion = COMPLETE_FILE},
    .end = "Exit codes: 0 done, 2 usage or a payload that a worker would refuse, 4 a limit, 5 system.",
};
