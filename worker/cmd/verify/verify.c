#include <sodium.h>

#include "cmd/cmd.h"
#include "cmd/failure.h"
#include "cmd/input.h"
#include "cmd/options.h"
#include "cmd/shared_options.h"
#include "cmd/verify/report.h"
#include "cupbearer/cupbearer.h"
#include "lib/record.h"
#include "os/clock.h"
#include "os/secret.h"

#define VERIFY          "verify"
#define RECORD_JSON_MAX (8u << 20)
#define ADMITTED_MAX_MS 99999999999999 /* the year 5138 */
#define PARTITIONS_MAX  1000000

enum { KEYRING = 0x100, PARTITIONS, PARTITION, ADMITTED_AT, SHOW_SIGNED };

struct verify {
    const char *keyring_file, *record_file;
    int64_t partition, partition_count, admitted_at_ms;
    enum partitioner partitioner;
    bool show_signed;
};

static int verify_take(void *context, int option, const char *value, struct err *err)
{
    struct verify *verify = context;
    switch (option) {
    case KEYRING:
        verify->keyring_file = value;
        return 0;
    case PARTITIONS:
        return options_number("--partitions", value, 1, PARTITIONS_MAX, &verify->partition_count, err);
    case PARTITION:
        return options_number("--partition", value, 0, PARTITIONS_MAX - 1, &verify->partition, err);
    case OPTION_PARTITIONER:
        return options_partitioner(value, &verify->partitioner, err);
    case ADMITTED_AT:
        return options_number("--admitted-at", value, 1, ADMITTED_MAX_MS, &verify->admitted_at_ms, err);
    default:
        verify->show_signed = true;
        return 0;
    }
}

static int verify_check(const struct verify *verify)
{
    if (verify->keyring_file == NULL)
        return failure_usage(VERIFY, "say which keys are known: --keyring FILE");
    if (verify->partition >= 0 && verify->partition_count == 0)
        return failure_usage(VERIFY,
                             "--partition means something only with --partitions N, the topic's number");
    if (verify->partition >= verify->partition_count && verify->partition >= 0)
        return failure_usage(VERIFY, "partitions are counted from 0: of %lld the last is %lld",
                             (long long)verify->partition_count, (long long)verify->partition_count - 1);
    return 0;
}

static int record_load(const char *path, struct cupbearer_record **out, struct err *err)
{
    struct buf json;
    buf_init(&json, RECORD_JSON_MAX);
    int result = input_read(path, &json, err);
    if (result == 0) {
        char why[CUPBEARER_ERROR_SIZE];
        int code = cupbearer_record_from_json(json.data, json.size, out, why, sizeof(why));
        if (code != CUPBEARER_OK)
            result = err_set(err, (enum err_code)code, "%s", why);
    }
    buf_done(&json);
    return result;
}

/* NULL with err. */
static struct keyring *keyring_load(const char *path, struct err *err)
{
    struct secret json;
    unsigned char hash_key[16];
    randombytes_buf(hash_key, sizeof(hash_key));
    if (secret_read_stream(path, KEYRING_SIZE_MAX, &json, err) != 0)
        return NULL;
    struct keyring *keyring = keyring_read((struct span){(const char *)json.data, json.size}, hash_key, err);
    secret_done(&json);
    return keyring;
}

/* The exit code, or -1 with err. */
static int verify_run(const struct verify *verify, struct err *err)
{
    struct cupbearer_record *record = NULL;
    struct keyring *keyring = keyring_load(verify->keyring_file, err);
    int result = keyring == NULL ? -1 : record_load(verify->record_file, &record, err);
    if (result == 0) {
        struct record view = record_view(record, (int32_t)verify->partition);
        int64_t now_ms = clock_now().wall.ms;
        const struct report report = {
            .record = &view,
            .keyring = keyring,
            .partitioner = verify->partitioner,
            .partition_count = (int32_t)verify->partition_count,
            .now_ms = now_ms,
            .admitted_at_ms = verify->admitted_at_ms < 0 ? now_ms : verify->admitted_at_ms,
            .show_signed = verify->show_signed,
        };
        result = report_print(&report) == OUTCOME_NONE ? ERR_NONE : ERR_NO;
    }
    cupbearer_record_free(record);
    keyring_free(keyring);
    return result;
}

static int cmd_verify(int argc, char **argv)
{
    struct verify verify = {.partition = -1, .admitted_at_ms = -1};
    const char *const *operands;
    struct err err;
    int code;
    if (!command_read(&command_verify, argc, argv, verify_take, &verify, &operands, &code))
        return code;
    verify.record_file = operands[0] == NULL ? "-" : operands[0];
    if ((code = verify_check(&verify)) == 0 && (code = verify_run(&verify, &err)) < 0)
        code = failure_err(VERIFY, &err);
    return code;
}

static const struct option_row rows[] = {
    OPTION(KEYRING, "keyring", "FILE", "the workers' keyring", .completion = COMPLETE_FILE),
    OPTION(PARTITIONS, "partitions", "N", "how many partitions the topic has: say where the record belongs"),
    OPTION(PARTITION, "partition", "P", "where it lies: judge that as well"),
    OPTION(ADMITTED_AT, "admitted-at", "MS",
           "when the broker stamped it, Unix time in milliseconds; default: now"),
    OPTION(SHOW_SIGNED, "show-signed", NULL, "all of the signed value, not only its ends"),
};
static const struct option_group own = OPTION_GROUP(VERIFY, NULL, rows);

const struct command command_verify = {
    VERIFY,
    cmd_verify,
    "say what a worker would make of a record, and why",
    .usage = "--keyring FILE [OPTION]... [RECORD.json]",
    .about = "Reads the record from the file, or from stdin (also for -), in the form that `cupbearer sign` "
             "prints:\n"
             "  {\"key\": \"...\", \"headers\": {\"webhook-id\": \"...\", ...}, \"value\": \"...\"}\n"
             "From Kafka:\n"
             "  kcat -C -b localhost:9092 -t cupbearer.events -p 3 -o 17 -c 1 -J |\n"
             "  jq -c '{key, headers: ([.headers | range(0; length; 2) as $i |\n"
             "    {(.[$i]): .[$i + 1]}] | add), value: .payload}'\n\n"
             "Says which bytes were signed, with which key, whether the signature is good and, if not, what "
             "differs where it is a common mistake; then the payload, the account, the routing key, the "
             "partition, the times, and the outcome.",
    .groups = (const struct option_group *const[]){&own, &option_group_partitioner, NULL},
    .operand = &(const struct operand){"record", .completion = COMPLETE_FILE},
    .end = "Exit codes: 0 a worker would admit it, 1 it would not, 2 usage, 5 system.",
};
