#include "os/template_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "os/template_file.h"

static int directory_open(const char *path, bool lock, struct err *err)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return err_set(err, ERR_USAGE,
                       "cannot open the messages' directory %.200s: %s; make it, or name another one", path,
                       strerror(errno));
    int result = 0;
    while (lock && (result = flock(directory, LOCK_EX)) != 0 && errno == EINTR)
        continue;
    if (result == 0)
        return directory;
    err_os(err, errno, "cannot lock %.200s", path);
    close(directory);
    return -1;
}

/* The lock goes with it. What was renamed is on disk when this has returned. */
static enum template_store_result directory_close(int directory, enum template_store_result result,
                                                  bool changed, struct err *err)
{
    if (result == TEMPLATE_STORE_OK && changed && fsync(directory) != 0) {
        err_os(err, errno, "the messages' directory could not be written to disk");
        result = TEMPLATE_STORE_FAILED;
    }
    close(directory);
    return result;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct template_file *)a)->name, ((const struct template_file *)b)->name);
}

/* The name of the message that a file of this name holds; SPAN_NONE for a file that is none. */
static struct span message_name(const char *file)
{
    struct span name = span_of(file);
    if (name.size <= 5 || strcmp(file + name.size - 5, ".json") != 0)
        return SPAN_NONE;
    name.size -= 5;
    return template_name_is_valid(name) ? name : SPAN_NONE;
}

static int list_add(int directory, struct span name, struct template_file **list, size_t *count,
                    struct err *err)
{
    if (*count == TEMPLATE_STORE_MAX)
        return err_set(err, ERR_LIMIT, "there are more than %d messages: move some to another directory",
                       TEMPLATE_STORE_MAX);
    *list = mem_grow(*list, *count + 1, sizeof(**list));
    int result = template_file_read(directory, name, &(*list)[*count], err);
    if (result == 0)
        (*count)++;
    return result < 0 ? -1 : 0; /* 1: gone since the directory was read */
}

int template_store_list(const char *path, struct template_file **out, size_t *count, struct err *err)
{
    *out = NULL;
    *count = 0;
    int directory = directory_open(path, false, err);
    if (directory < 0)
        return -1;
    DIR *entries = fdopendir(directory);
    if (entries == NULL) {
        err_os(err, errno, "cannot read %.200s", path);
        close(directory);
        return -1;
    }
    int result = 0;
    const struct dirent *entry;
    while (result == 0 && (entry = readdir(entries)) != NULL) {
        struct span name = message_name(entry->d_name);
        if (name.data != NULL)
            result = list_add(directory, name, out, count, err);
    }
    closedir(entries);
    if (result == 0) {
        if (*count > 0)
            qsort(*out, *count, sizeof(**out), by_name);
        return 0;
    }
    for (size_t i = 0; i < *count; i++)
        template_file_done(&(*out)[i]);
    free(*out);
    *out = NULL;
    *count = 0;
    return -1;
}

static enum template_store_result name_check(struct span name, struct err *err)
{
    if (template_name_is_valid(name))
        return TEMPLATE_STORE_OK;
    err_set(err, ERR_USAGE, "name: a message is called by 1 to %d of the characters a-z, 0-9 and -",
            TEMPLATE_NAME_MAX);
    err_place(err, "name");
    return TEMPLATE_STORE_REFUSED;
}

static enum template_store_result file_look(int directory, struct span name, struct template_file *out,
                                            struct err *err)
{
    int result = template_file_read(directory, name, out, err);
    if (result < 0)
        return TEMPLATE_STORE_FAILED;
    if (result == 0)
        return TEMPLATE_STORE_OK;
    err_set(err, ERR_USAGE, "there is no message '%.*s'", SPAN_ARGS(name));
    return TEMPLATE_STORE_MISSING;
}

enum template_store_result template_store_read(const char *path, struct span name, struct template_file *out,
                                               struct err *err)
{
    *out = (struct template_file){0};
    enum template_store_result result = name_check(name, err);
    if (result != TEMPLATE_STORE_OK)
        return result;
    int directory = directory_open(path, false, err);
    if (directory < 0)
        return TEMPLATE_STORE_FAILED;
    return directory_close(directory, file_look(directory, name, out, err), false, err);
}

/* Opens and locks the directory, and looks whether the file is what the caller has seen. *directory is open (and *now
 * to be done) unless the result is REFUSED or FAILED. */
static enum template_store_result store_begin(const char *path, struct span name, const char *version,
                                              int *directory, struct template_file *now, struct err *err)
{
    *now = (struct template_file){0};
    *directory = -1;
    enum template_store_result result = name_check(name, err);
    if (result != TEMPLATE_STORE_OK)
        return result;
    if ((*directory = directory_open(path, true, err)) < 0)
        return TEMPLATE_STORE_FAILED;
    result = file_look(*directory, name, now, err);
    if (result == TEMPLATE_STORE_FAILED) {
        close(*directory);
        *directory = -1;
        return result;
    }
    if (result == TEMPLATE_STORE_MISSING && version[0] == 0)
        return result;
    if (result == TEMPLATE_STORE_MISSING)
        err_set(err, ERR_USAGE, "'%.*s' was deleted or renamed by somebody else: save it as a new message",
                SPAN_ARGS(name));
    else if (now->version[0] == 0)
        err_set(err, ERR_USAGE, "'%.*s' %.300s", SPAN_ARGS(name), now->broken);
    else if (strcmp(now->version, version) == 0)
        return TEMPLATE_STORE_OK;
    else if (version[0] == 0)
        err_set(err, ERR_USAGE, "there is a message '%.*s' already: choose another name", SPAN_ARGS(name));
    else
        err_set(err, ERR_USAGE, "'%.*s' was changed by somebody else: look at what they wrote, then save",
                SPAN_ARGS(name));
    return result == TEMPLATE_STORE_OK && now->version[0] == 0 ? TEMPLATE_STORE_BROKEN
                                                               : TEMPLATE_STORE_CHANGED;
}

/* What begin has found allows a write: a new message, or one in place of a good one. */
static enum template_store_result store_put(int directory, struct span name, struct span bytes, bool replace,
                                            struct template_file *now, struct err *err)
{
    if (replace && now->broken != NULL) {
        err_set(err, ERR_USAGE,
                "'%.*s' is broken on disk (%.250s) and is not overwritten: fix or delete the file",
                SPAN_ARGS(name), now->broken);
        return TEMPLATE_STORE_BROKEN;
    }
    int result = template_file_write(directory, name, bytes, replace, err);
    if (result < 0)
        return TEMPLATE_STORE_FAILED;
    template_file_done(now);
    if (template_file_read(directory, name, now, err) < 0)
        return TEMPLATE_STORE_FAILED;
    if (result == 0)
        return TEMPLATE_STORE_OK;
    err_set(err, ERR_USAGE, "there is a message '%.*s' already: choose another name", SPAN_ARGS(name));
    return TEMPLATE_STORE_CHANGED;
}

static enum template_store_result message_bytes(const json_t *message, struct buf *out, struct err *err)
{
    struct template *template;
    json_write_lines(out, message);
    buf_add_text(out, "\n");
    if (out->failed)
        err_set(err, ERR_USAGE, "the message is larger than 256 KiB");
    if (out->failed || template_read(buf_span(out), &template, err) != 0)
        return TEMPLATE_STORE_REFUSED;
    template_free(template);
    return TEMPLATE_STORE_OK;
}

enum template_store_result template_store_write(const char *path, struct span name, const char *version,
                                                const json_t *message, struct template_file *now,
                                                struct err *err)
{
    int directory;
    struct buf bytes;
    *now = (struct template_file){0};
    buf_init(&bytes, TEMPLATE_SIZE_MAX);
    enum template_store_result result = message_bytes(message, &bytes, err);
    if (result == TEMPLATE_STORE_OK) {
        result = store_begin(path, name, version, &directory, now, err);
        if (result == TEMPLATE_STORE_OK || (result == TEMPLATE_STORE_MISSING && version[0] == 0))
            result = store_put(directory, name, buf_span(&bytes), result == TEMPLATE_STORE_OK, now, err);
        if (directory >= 0)
            result = directory_close(directory, result, true, err);
    }
    buf_done(&bytes);
    return result;
}

enum template_store_result template_store_rename(const char *path, struct span name, struct span to,
                                                 const char *version, struct err *err)
{
    int directory;
    struct template_file now;
    char from_path[TEMPLATE_FILE_NAME_SIZE], to_path[TEMPLATE_FILE_NAME_SIZE];
    enum template_store_result result = name_check(to, err);
    if (result != TEMPLATE_STORE_OK)
        return result;
    result = store_begin(path, name, version, &directory, &now, err);
    if (result == TEMPLATE_STORE_OK) {
        template_file_name(name, from_path);
        template_file_name(to, to_path);
        int moved = template_file_move(directory, from_path, to_path, err);
        if (moved > 0)
            err_set(err, ERR_USAGE, "there is a message '%.*s' already: choose another name", SPAN_ARGS(to));
        result = moved == 0 ? TEMPLATE_STORE_OK : moved > 0 ? TEMPLATE_STORE_CHANGED : TEMPLATE_STORE_FAILED;
    }
    template_file_done(&now);
    return directory < 0 ? result : directory_close(directory, result, true, err);
}

enum template_store_result template_store_delete(const char *path, struct span name, const char *version,
                                                 struct err *err)
{
    int directory;
    struct template_file now;
    enum template_store_result result = store_begin(path, name, version, &directory, &now, err);
    if (result == TEMPLATE_STORE_OK) {
        char file[TEMPLATE_FILE_NAME_SIZE];
        template_file_name(name, file);
        if (unlinkat(directory, file, 0) != 0) {
            err_os(err, errno, "cannot delete %s", file);
            result = TEMPLATE_STORE_FAILED;
        }
    }
    template_file_done(&now);
    return directory < 0 ? result : directory_close(directory, result, true, err);
}
