#include "cmd/topics.h"

#include <sodium.h>

#include "io/mark_secret.h"

int topics_count(struct client *client, const struct config *config, int32_t *out, struct err *err)
{
    const char *others[] = {config->receipts_topic, config->dead_topic};
    if (client_partition_count(client, config->events_topic, out, err) != 0)
        return -1;
    for (size_t i = 0; i < 2; i++) {
        int32_t count;
        if (client_partition_count(client, others[i], &count, err) != 0)
            return -1;
        if (count != *out)
            return err_set(err, ERR_USAGE,
                           "%.150s has %d partitions and %.150s %d: they do not belong together",
                           config->events_topic, (int)*out, others[i], (int)count);
    }
    return 0;
}

static int book_key_add(struct book *book, const char *path, struct err *err)
{
    struct key secret;
    if (path == NULL)
        return 0;
    if (mark_secret_read(path, &secret, err) != 0)
        return -1;
    receipt_mac_key(&secret, book->mac_keys[book->mac_key_count++]);
    key_done(&secret);
    return 0;
}

int topics_book(const struct config *config, struct book *out, struct err *err)
{
    *out = (struct book){.events_topic = config->events_topic, .receipts_topic = config->receipts_topic};
    randombytes_buf(out->hash_key, sizeof(out->hash_key));
    if (book_key_add(out, config->mark_secret_file, err) == 0 &&
        book_key_add(out, config->mark_secret_previous_file, err) == 0)
        return 0;
    topics_book_done(out);
    return -1;
}

void topics_book_done(struct book *book)
{
    sodium_memzero(book, sizeof(*book));
}
