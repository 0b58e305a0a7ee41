#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "cmd/dead/dead.h"
#include "cmd/dead/letter.h"
#include "cmd/escape.h"
#include "cupbearer/cupbearer.h"
#include "lib/record.h"

#define JSON_SIZE_MAX (16u << 20)

struct export {
    struct desk *desk;
    const struct dead_choice *choice;
    FILE *out;
    struct desk_sums sums;
};

/* ---- a record ---- */

static struct cupbearer_record *record_of_letter(const struct record *letter)
{
    struct cupbearer_record *record = NULL;
    int result = cupbearer_record_new(letter->key.data, letter->key.size, letter->value.data, letter->value.size, &record);
    for (size_t i = 0; i < letter->header_count && result == CUPBEARER_OK; i++) {
        const struct header *header = &letter->headers[i];
        result = cupbearer_record_add_header(record, header->name.data, header->value.data, header->value.size);
    }
    if (result == CUPBEARER_OK)
        return record;
    cupbearer_record_free(record);
    return NULL;
}

/* The form that `cupbearer verify` reads. False, and nothing written, of what has none: bytes that are no UTF-8, names twice. */
static bool put_record(struct buf *out, const struct record *letter)
{
    struct cupbearer_record *record = record_of_letter(letter);
    char *json = NULL, why[CUPBEARER_ERROR_SIZE];
    size_t size;
    bool done = record != NULL && cupbearer_record_json(record, &json, &size, why, sizeof(why)) == CUPBEARER_OK;
    if (done)
        buf_add(out, json, size);
    cupbearer_text_free(json);
    cupbearer_record_free(record);
    return done;
}

static void put_base64(struct buf *out, struct span bytes)
{
    if (bytes.data == NULL) {
        buf_add_text(out, "null");
        return;
    }
    size_t size = sodium_base64_encoded_len(bytes.size, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(size);
    if (text == NULL) {
        out->failed = true;
        return;
    }
    sodium_bin2base64(text, size, (const unsigned char *)bytes.data, bytes.size, sodium_base64_VARIANT_ORIGINAL);
    buf_printf(out, "\"%s\"", text);
    free(text);
}

/* Every byte of it, for those that have no other form. */
static void put_bytes(struct buf *out, const struct record *letter)
{
    buf_add_text(out, "{\"key_base64\":");
    put_base64(out, letter->key);
    buf_add_text(out, ",\"headers_base64\":[");
    for (size_t i = 0; i < letter->header_count; i++) {
        buf_add_text(out, i == 0 ? "[" : ",[");
        put_base64(out, letter->headers[i].name);
        buf_add_text(out, ",");
        put_base64(out, letter->headers[i].value);
        buf_add_text(out, "]");
    }
    buf_add_text(out, "],\"value_base64\":");
    put_base64(out, letter->value);
    buf_add_text(out, "}");
}

static int export_take(void *context, const struct desk_letter *letter, struct err *err)
{
    struct export *export = context;
    progress_step(&export->desk->progress);
    if (export->choice->state != RESEND_STATES && export->choice->state != resend_state(letter->verdict))
        return 0;
    struct buf json;
    buf_init(&json, JSON_SIZE_MAX);
    if (!put_record(&json, letter->record))
        put_bytes(&json, letter->record);
    int result = json.failed ? err_set(err, ERR_LIMIT, "the dead letter of record %d/%lld is too large to be written as JSON",
                                       (int)letter->partition, (long long)letter->told->source)
                             : 0;
    if (result == 0) {
        progress_hide(&export->desk->progress);
        escape_print_json(export->out, buf_span(&json));
        fputc('\n', export->out);
        desk_sums_add(&export->sums, letter->verdict);
    }
    buf_done(&json);
    return result;
}

/* ---- where to ---- */

/* A file that only its owner reads, beside the one that it will be; its name is written into `fresh`, which ends in XXXXXX. */
static FILE *file_begin(char *fresh, const char *path, struct err *err)
{
    int fd = mkostemp(fresh, O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (file == NULL)
        err_os(err, errno, "%.300s cannot be written", path);
    if (file == NULL && fd >= 0) {
        unlink(fresh);
        close(fd);
    }
    return file;
}

static int file_end(FILE *file, const char *fresh, const char *path, int result, struct err *err)
{
    bool written = fflush(file) == 0 && fsync(fileno(file)) == 0;
    int why = errno;
    if (fclose(file) != 0 || !written)
        result = result != 0 ? result : err_os(err, why, "%.300s cannot be written", path);
    if (result == 0 && rename(fresh, path) != 0)
        result = err_os(err, errno, "%.300s cannot be written", path);
    if (result != 0)
        unlink(fresh);
    return result;
}

static int export_to(struct export *export, const char *path, struct err *err)
{
    char fresh[4096];
    if (access(path, F_OK) == 0)
        return err_set(err, ERR_USAGE, "%.300s exists; choose another name or delete it yourself", path);
    if ((size_t)snprintf(fresh, sizeof(fresh), "%s.XXXXXX", path) >= sizeof(fresh))
        return err_set(err, ERR_USAGE, "%.60s…: longer than a path can be", path);
    export->out = file_begin(fresh, path, err);
    if (export->out == NULL)
        return -1;
    return file_end(export->out, fresh, path, desk_read(export->desk, err), err);
}

int dead_export(struct desk *desk, const struct dead_choice *choice, const char *path, struct err *err)
{
    struct export export = {.desk = desk, .choice = choice, .out = stdout};
    desk->take = export_take;
    desk->context = &export;
    int result = path == NULL ? desk_read(desk, err) : export_to(&export, path, err);
    if (result == 0 && path != NULL)
        desk_sums_print(&export.sums, NULL);
    return result;
}
