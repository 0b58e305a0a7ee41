#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/failure.h"
#include "cmd/options.h"
#include "cmd/payload_options.h"
#include "cmd/signer.h"
#include "event/payload.h"
#include "os/clock.h"

#define SIGN "sign"

static const char help[] =
    "cupbearer sign: sign an event and print the record\n"
    "\n"
    "  cupbearer sign --key-file FILE --key-id ID [OPTION]... PAYLOAD_FILE\n"
    "  cupbearer sign --key-file FILE --key-id ID --account ACCOUNT --to-external-id ID --body TEXT "
    "[OPTION]...\n"
    "\n"
    "Publish it as it is printed, before it expires: the bytes of the value are what was signed.\n"
    "\n" SIGNER_HELP "\n" PAYLOAD_HELP "\n"
    "  --at SECONDS               when it was signed, Unix time; now when left out\n"
    "  --format json              {\"key\", \"headers\", \"value\"} on one line, for `cupbearer verify` and "
    "others;\n"
    "                             the default\n"
    "  --format kcat              a line for a shell, which publishes it with kcat to ${BOOTSTRAP_SERVERS}\n"
    "                             (localhost:9092 where that is not set)\n"
    "  --topic TOPIC              in that line; cupbearer.events when left out\n"
    "  --help                     this text\n"
    "\n"
    "Exit codes: 0 done, 2 usage or a payload that a worker would refuse, 4 a limit, 5 system.\n";

enum { AT = 0x100, FORMAT, TOPIC };

static const struct option table[] = {
    SIGNER_OPTIONS,
    PAYLOAD_OPTIONS,
    {"at", required_argument, NULL, AT},
    {"format", required_argument, NULL, FORMAT},
    {"topic", required_argument, NULL, TOPIC},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct sign {
    struct signer signer;
    struct payload_options payload;
    const char *file;
    const char *topic;
    int64_t at_s;
    bool kcat, help;
};

static int sign_take(struct sign *sign, int option, const char *value, struct err *err)
{
    if (option >= PAYLOAD_ACCOUNT && option < PAYLOAD_END)
        return payload_options_take(&sign->payload, option, value, err);
    if (option == AT)
        return options_number("--at", value, 1, 99999999999, &sign->at_s, err);
    if (option == FORMAT) {
        sign->kcat = strcmp(value, "kcat") == 0;
        if (!sign->kcat && strcmp(value, "json") != 0)
            return err_set(err, ERR_USAGE, "--format is json or kcat, not '%.40s'", value);
    } else if (option == TOPIC) {
        sign->topic = value;
    } else if (option == 'h') {
        sign->help = true;
    } else {
        signer_take(&sign->signer, option, value);
    }
    return 0;
}

static int sign_options(struct sign *sign, int argc, char **argv)
{
    struct options options;
    struct err err;
    options_init(&options, SIGN, table, argc, argv);
    const char *value;
    int option;
    while (!sign->help && (option = options_next(&options, &value)) != OPTIONS_END) {
        if (option == OPTIONS_MISTAKE)
            return ERR_USAGE;
        if (sign_take(sign, option, value, &err) != 0)
            return failure_err(SIGN, &err);
    }
    if (sign->help)
        return 0;
    sign->file = options.operands[0];
    if (sign->file != NULL && options.operands[1] != NULL)
        return failure_usage(SIGN, "one payload at a time; '%.60s' is one too many", options.operands[1]);
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

int cmd_sign(int argc, char **argv)
{
    struct sign sign = {.topic = "cupbearer.events"};
    struct err err;
    int code = sign_options(&sign, argc, argv);
    if (code == 0 && sign.help)
        fputs(help, stdout);
    else if (code == 0 && sign_run(&sign, &err) != 0)
        code = failure_err(SIGN, &err);
    payload_options_done(&sign.payload);
    signer_done(&sign.signer);
    return code;
}
