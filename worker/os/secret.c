#include "os/secret.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned char *locked_new(size_t size)
{
    /* Without sodium_init() the guard bytes around the memory are predictable. */
    int ready = sodium_init();
    assert(ready >= 0);
    unsigned char *data = sodium_malloc(size);
    if (data == NULL)
        abort(); /* as base/mem.h */
    return data;
}

/* A pipe that nobody writes to keeps open(2) waiting, unless it is told not to. */
static int file_open(const char *path, bool stream, struct err *err)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (stream ? 0 : O_NONBLOCK));
    if (file < 0)
        return err_set(err, ERR_USAGE, "cannot open %s: %s%s", path, strerror(errno),
                       errno == EACCES ? "; let this process's user read it (chown, chmod 640)" : "");
    struct stat status;
    bool known = fstat(file, &status) == 0;
    if (known && (stream || S_ISREG(status.st_mode)) && !S_ISDIR(status.st_mode))
        return file;
    close(file);
    if (known && S_ISDIR(status.st_mode))
        return err_set(err, ERR_USAGE, "%s is a directory; name the file in it", path);
    return err_set(err, ERR_USAGE, "%s is not a regular file: reading a pipe or a device may never end", path);
}

/* Reads until the end or until `capacity` bytes are there. Returns how many, or -1 with errno. */
static ssize_t file_read(int file, unsigned char *data, size_t capacity)
{
    size_t size = 0;
    while (size < capacity) {
        ssize_t got = read(file, data + size, capacity - size);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            return -1;
        if (got > 0)
            size += (size_t)got;
    }
    return (ssize_t)size;
}

static int secret_take(const char *path, bool stream, size_t max_size, struct secret *out, struct err *err)
{
    *out = (struct secret){NULL, 0};
    int file = file_open(path, stream, err);
    if (file < 0)
        return -1;
    unsigned char *data = locked_new(max_size + 1);
    ssize_t got = file_read(file, data, max_size + 1);
    int os = errno;
    close(file);
    int result = 0;
    struct span content = {(const char *)data, got < 0 ? 0 : (size_t)got};
    if (got < 0)
        result = err_os(err, os, "cannot read %s", path);
    else if (content.size > max_size)
        result = err_set(err, ERR_USAGE, "%s has more than %zu bytes; is it the right file?", path, max_size);
    else if ((content = span_trim_end(content)).size == 0)
        result = err_set(err, ERR_USAGE, "%s is empty; a secret belongs in it", path);
    if (result == 0) {
        out->data = locked_new(content.size + 1);
        memcpy(out->data, content.data, content.size);
        out->data[content.size] = 0;
        out->size = content.size;
    }
    sodium_free(data);
    return result;
}

int secret_read(const char *path, size_t max_size, struct secret *out, struct err *err)
{
    return secret_take(path, false, max_size, out, err);
}

int secret_read_stream(const char *path, size_t max_size, struct secret *out, struct err *err)
{
    return secret_take(path, true, max_size, out, err);
}

void secret_done(struct secret *secret)
{
    sodium_free(secret->data); /* wipes; takes NULL */
    *secret = (struct secret){NULL, 0};
}

static int file_write(int file, struct span content)
{
    while (content.size > 0) {
        ssize_t put = write(file, content.data, content.size);
        if (put < 0 && errno != EINTR)
            return -1;
        if (put > 0)
            content = span_skip(content, (size_t)put);
    }
    return fsync(file);
}

int secret_write_new(const char *path, struct span content, struct err *err)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 && errno == EEXIST)
        return err_set(err, ERR_USAGE, "%s exists; choose another name or delete it yourself", path);
    if (file < 0)
        return err_os(err, errno, "cannot create %s", path);
    int failed = file_write(file, content);
    int os = errno;
    if (close(file) != 0 && failed == 0) {
        failed = -1;
        os = errno;
    }
    if (failed == 0)
        return 0;
    unlink(path);
    return err_os(err, os, "cannot write %s", path);
}
