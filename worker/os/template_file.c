#include "os/template_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"

void template_file_name(struct span name, char out[TEMPLATE_FILE_NAME_SIZE])
{
    snprintf(out, TEMPLATE_FILE_NAME_SIZE, "%.*s.json", SPAN_ARGS(name));
}

void template_file_done(struct template_file *file)
{
    json_decref(file->message);
    template_free(file->template);
    free(file->broken);
    *file = (struct template_file){0};
}

static int file_break(struct template_file *file, const char *why)
{
    file->broken = mem_copy(span_of(why));
    return 0;
}

/* Fills `bytes` from the file; 0, or errno. */
static int file_bytes(int file, struct buf *bytes)
{
    char piece[16384];
    ssize_t got;
    while (!bytes->failed && (got = read(file, piece, sizeof(piece))) != 0) {
        if (got < 0 && errno != EINTR)
            return errno;
        if (got > 0)
            buf_add(bytes, piece, (size_t)got);
    }
    return bytes->failed ? EFBIG : 0;
}

static void file_version(struct span bytes, char out[TEMPLATE_VERSION_SIZE + 1])
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, (const unsigned char *)bytes.data, bytes.size);
    sodium_bin2hex(out, TEMPLATE_VERSION_SIZE + 1, digest, TEMPLATE_VERSION_SIZE / 2);
}

static int file_read_open(int descriptor, struct template_file *file)
{
    struct stat status;
    struct err why;
    struct buf bytes;
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))
        return file_break(file, "is no regular file: put the message itself there");
    buf_init(&bytes, TEMPLATE_SIZE_MAX);
    int os = file_bytes(descriptor, &bytes);
    if (os == EFBIG)
        file_break(file, "is larger than 256 KiB");
    else if (os != 0)
        file_break(file, strerror(os));
    else {
        file_version(buf_span(&bytes), file->version);
        if (template_read(buf_span(&bytes), &file->template, &why) != 0)
            file_break(file, why.text);
        else
            file->message = json_read(buf_span(&bytes), PAYLOAD_DEPTH_MAX, NULL);
    }
    buf_done(&bytes);
    return 0;
}

int template_file_read(int directory, struct span name, struct template_file *out, struct err *err)
{
    char path[TEMPLATE_FILE_NAME_SIZE];
    *out = (struct template_file){0};
    memcpy(out->name, name.data, name.size);
    template_file_name(name, path);
    /* Without O_NONBLOCK a pipe would wait for somebody to write into it. */
    int descriptor = openat(directory, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0 && errno == ENOENT)
        return 1;
    if (descriptor < 0 && errno == ELOOP)
        return file_break(out, "is a symbolic link, which is not followed: put the message itself there");
    if (descriptor < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
        return err_os(err, errno, "cannot open %s", path);
    if (descriptor < 0)
        return file_break(out, strerror(errno));
    int result = file_read_open(descriptor, out);
    close(descriptor);
    return result;
}

static int bytes_write(int descriptor, struct span bytes)
{
    while (bytes.size > 0) {
        ssize_t done = write(descriptor, bytes.data, bytes.size);
        if (done < 0 && errno != EINTR)
            return -1;
        if (done > 0)
            bytes = span_skip(bytes, (size_t)done);
    }
    return fsync(descriptor);
}

int template_file_move(int directory, const char *from, const char *to, struct err *err)
{
    int result = renameat2(directory, from, directory, to, RENAME_NOREPLACE);
    if (result != 0 &&
        (errno == EINVAL || errno == ENOSYS)) { /* a file system that cannot; we hold the lock */
        struct stat status;
        if (fstatat(directory, to, &status, AT_SYMLINK_NOFOLLOW) == 0)
            return 1;
        result = renameat(directory, from, directory, to);
    }
    if (result != 0 && errno == EEXIST)
        return 1;
    return result == 0 ? 0 : err_os(err, errno, "cannot rename %s to %s", from, to);
}

int template_file_write(int directory, struct span name, struct span bytes, bool replace, struct err *err)
{
    char path[TEMPLATE_FILE_NAME_SIZE];
    template_file_name(name, path);
    unlinkat(directory, TEMPLATE_STORE_TEMP, 0); /* what a crash has left */
    int descriptor =
        openat(directory, TEMPLATE_STORE_TEMP, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (descriptor < 0)
        return err_os(err, errno, "cannot write %s: let this user write to the directory", path);
    int result = bytes_write(descriptor, bytes), os = errno;
    if (close(descriptor) != 0 && result == 0) {
        result = -1;
        os = errno;
    }
    if (result != 0)
        err_os(err, os, "cannot write %s", path);
    else if (!replace)
        result = template_file_move(directory, TEMPLATE_STORE_TEMP, path, err);
    else if (renameat(directory, TEMPLATE_STORE_TEMP, directory, path) != 0)
        result = err_os(err, errno, "cannot replace %s", path);
    if (result != 0)
        unlinkat(directory, TEMPLATE_STORE_TEMP, 0);
    return result;
}
