#include "os/list_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "os/secret.h"

/* The file's content, or an empty list where there is none. */
static json_t *list_read(const struct list_file *file, bool there, struct err *err)
{
    struct secret text;
    struct err why = {0};
    json_t *root;
    if (!there)
        return json_pack("{s:[]}", file->member);
    if (secret_read(file->path, file->max_size, &text, err) != 0)
        return NULL;
    struct span content = {(const char *)text.data, text.size};
    if (file->check(content, &why) != 0)
        err_set(err, ERR_USAGE, "%s: %s; it is left as it is", file->path, why.text);
    root = why.text[0] != 0 ? NULL : json_read(content, 4, err);
    secret_done(&text);
    return root;
}

/* The new text: what was there, and the entry. */
static int list_append(const struct list_file *file, bool there, struct span entry, struct buf *out,
                       struct err *err)
{
    struct err why = {0};
    json_t *root = list_read(file, there, err), *added = root == NULL ? NULL : json_read(entry, 4, err);
    int result = -1;
    if (added != NULL) {
        json_array_append(json_object_get(root, file->member), added);
        json_write_lines(out, root);
        buf_add_text(out, "\n");
        result = out->failed ? err_set(&why, ERR_LIMIT, "it would have more than %zu bytes", file->max_size)
                             : file->check(buf_span(out), &why);
        if (result != 0)
            err_set(err, ERR_USAGE, "%s: %s; it is left as it is", file->path, why.text);
    }
    json_decref(added);
    json_decref(root);
    return result;
}

/* Who may read the old file may read the new one. */
static int list_keep_owner(const char *path, const struct stat *old, struct err *err)
{
    if (chown(path, old->st_uid, old->st_gid) != 0)
        return err_os(err, errno, "%s cannot be given the owner of the file that it replaces", path);
    return chmod(path, old->st_mode & 07777) == 0 ? 0 : err_os(err, errno, "%s: its mode", path);
}

/* The file's directory, locked: two that add at once do so one after the other. */
static int list_lock(const char *path, struct err *err)
{
    char directory[4096];
    if ((size_t)snprintf(directory, sizeof(directory), "%s", path) >= sizeof(directory))
        return err_set(err, ERR_USAGE, "%.60s…: longer than a path can be", path);
    char *end = strrchr(directory, '/');
    if (end != NULL)
        end[end == directory] = 0;
    int fd = open(end == NULL ? "." : directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = 0;
    while (fd >= 0 && (result = flock(fd, LOCK_EX)) != 0 && errno == EINTR)
        continue;
    if (fd >= 0 && result == 0)
        return fd;
    err_os(err, errno, "the directory of %s cannot be locked", path);
    if (fd >= 0)
        close(fd);
    return -1;
}

/* The text in the place of the file: on the disk first, then by its name. */
static int list_replace(const char *path, const struct stat *old, struct span text, struct err *err)
{
    char fresh[4096];
    if ((size_t)snprintf(fresh, sizeof(fresh), "%s.new", path) >= sizeof(fresh))
        return err_set(err, ERR_USAGE, "%.60s…: longer than a path can be", path);
    if (secret_write_new(fresh, text, err) != 0)
        return -1;
    int result = old == NULL ? 0 : list_keep_owner(fresh, old, err);
    if (result == 0 && rename(fresh, path) != 0)
        result = err_os(err, errno, "%s cannot be replaced", path);
    if (result != 0)
        unlink(fresh);
    return result;
}

int list_file_add(const struct list_file *file, struct span entry, struct err *err)
{
    struct stat old;
    struct buf text;
    int directory = list_lock(file->path, err), result = -1;
    if (directory < 0)
        return -1;
    buf_init(&text, file->max_size);
    bool there = stat(file->path, &old) == 0;
    if (!there && errno != ENOENT)
        err_os(err, errno, "%s", file->path);
    else if (list_append(file, there, entry, &text, err) == 0)
        result = list_replace(file->path, there ? &old : NULL, buf_span(&text), err);
    if (result == 0 && fsync(directory) != 0)
        result = err_os(err, errno, "%s is not known to be on the disk", file->path);
    close(directory);
    if (text.data != NULL)
        sodium_memzero(text.data, text.capacity);
    buf_done(&text);
    return result;
}
