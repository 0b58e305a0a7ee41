#include "run/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "config/form.h"

#define HOST_MAX 256 /* HOST_NAME_MAX is 64 on Linux, with the 0 */

char *instance_expand(const char *pattern, const char *host, struct err *err)
{
    struct buf id;
    struct span rest = span_of(pattern);
    buf_init(&id, 1024);
    buf_add_span(&id, span_cut(&rest, '%'));
    while (rest.data != NULL) { /* behind a %, which the configuration lets through before an h only */
        rest = span_skip(rest, 1);
        buf_add_text(&id, host);
        buf_add_span(&id, span_cut(&rest, '%'));
    }
    bool good = !id.failed && form_topic(buf_span(&id));
    if (!good)
        err_set(
            err, ERR_USAGE,
            "[kafka] group_instance_id: \"%.80s\" becomes \"%.200s\" with this host's name; it must be 1 to "
            "249 of the characters A-Z a-z 0-9 . _ -",
            pattern, id.failed ? "" : id.data);
    char *text = good ? mem_copy(buf_span(&id)) : NULL;
    buf_done(&id);
    return text;
}

static int instance_lock(struct instance *instance, const struct config *config, struct err *err)
{
    struct buf path;
    buf_init(&path, 8192);
    buf_printf(&path, "%s/%s.lock", config->state_dir, instance->id);
    instance->lock_fd = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int result = 0;
    if (instance->lock_fd < 0)
        result = err_set(
            err, ERR_USAGE,
            "[worker] state_dir: %.400s cannot be opened (%s); make the directory and let this user write "
            "to it",
            path.data, strerror(errno));
    else if (flock(instance->lock_fd, LOCK_EX | LOCK_NB) != 0)
        result = err_set(
            err, ERR_USAGE,
            "another worker runs as group_instance_id %.249s (it holds %.400s): stop it first, or give this "
            "one another name, such as %%h-2",
            instance->id, path.data);
    buf_done(&path);
    return result;
}

#define HOLDER_DIGITS 16

/* The number in the lock's file, which is ours by now; created if missing. */
static int instance_holder(int fd, uint64_t *out, struct err *err)
{
    char text[HOLDER_DIGITS + 1];
    ssize_t size = pread(fd, text, HOLDER_DIGITS, 0);
    if (size < 0)
        return err_os(err, errno, "the lock on group_instance_id");
    if (progress_secret_read((struct span){text, (size_t)size}, out))
        return 0;
    randombytes_buf(out, sizeof(*out));
    snprintf(text, sizeof(text), "%016" PRIx64, *out);
    if (pwrite(fd, text, HOLDER_DIGITS, 0) != HOLDER_DIGITS || fsync(fd) != 0)
        return err_os(err, errno, "the lock on group_instance_id");
    return 0;
}

static void instance_name(const char *id, uint64_t *out)
{
    unsigned char hash[crypto_generichash_BYTES_MIN];
    crypto_generichash(hash, sizeof(hash), (const unsigned char *)id, strlen(id), NULL, 0);
    memcpy(out, hash, sizeof(*out));
    *out |= *out == 0; /* which stands for none */
}

int instance_take(struct instance *instance, const struct config *config, struct err *err)
{
    char host[HOST_MAX] = "";
    *instance = (struct instance){.lock_fd = -1};
    if (config->group_instance_id == NULL)
        return 0;
    if (gethostname(host, sizeof(host) - 1) != 0)
        return err_os(err, errno, "gethostname");
    instance->id = instance_expand(config->group_instance_id, host, err);
    if (instance->id == NULL || instance_lock(instance, config, err) != 0)
        return -1;
    instance_name(instance->id, &instance->member.name);
    return instance_holder(instance->lock_fd, &instance->member.holder, err);
}

void instance_done(struct instance *instance)
{
    if (instance->id != NULL && instance->lock_fd >= 0)
        close(instance->lock_fd);
    free(instance->id);
    *instance = (struct instance){.lock_fd = -1};
}
