#include "cmd/input.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int input_read_all(int file, const char *name, struct buf *out, struct err *err)
{
    char piece[16384];
    ssize_t got;
    while ((got = read(file, piece, sizeof(piece))) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set(err, ERR_USAGE, "cannot read %.200s: %s", name, strerror(errno));
        buf_add(out, piece, (size_t)got);
        if (out->failed)
            return err_set(err, ERR_USAGE, "%.200s has more than %zu bytes; is it the right file?", name,
                           out->limit);
    }
    return 0;
}

int input_read(const char *path, struct buf *out, struct err *err)
{
    if (strcmp(path, "-") == 0)
        return input_read_all(STDIN_FILENO, "stdin", out, err);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return err_set(err, ERR_USAGE, "cannot open %.200s: %s", path, strerror(errno));
    int result = input_read_all(file, path, out, err);
    close(file);
    return result;
}
