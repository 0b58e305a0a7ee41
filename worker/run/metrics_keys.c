#include "run/metrics_keys.h"

#include <stdlib.h>

#include "base/mem.h"
#include "http/server/exposition.h"

struct metrics_key {
    struct map_node node; /* under id */
    char *id;
    uint64_t outcomes[OUTCOME_COUNT];
    int64_t ahead_ms;      /* when it signed its last event, less when that was stamped */
    struct wall judged_at; /* when that was seen; 0: never */
};

static struct metrics_key *key_of(const struct map_node *node)
{
    return MAP_ENTRY(node, struct metrics_key, node);
}

void metrics_keys_done(struct metrics_keys *keys)
{
    struct map_node *node;
    while (keys->by_id.count > 0 && (node = map_any(&keys->by_id)) != NULL) {
        struct metrics_key *key = key_of(node);
        map_remove(&keys->by_id, node);
        free(key->id);
        free(key);
    }
    map_done(&keys->by_id);
}

static struct metrics_key *keys_take(struct metrics_keys *keys, struct span id)
{
    static const unsigned char hash_key[16]; /* any: ids are the keyring's, none is a stranger's choice */
    if (keys->by_id.buckets == NULL)
        map_init(&keys->by_id, hash_key);
    struct map_node *node = map_find(&keys->by_id, id);
    if (node != NULL)
        return key_of(node);
    struct metrics_key *key = mem_new(1, sizeof(*key));
    *key = (struct metrics_key){.id = mem_copy(id)};
    key->node.key = span_of(key->id);
    map_add(&keys->by_id, &key->node);
    return key;
}

void metrics_keys_settled(struct metrics_keys *keys, const struct settled *settled)
{
    if (settled->key_id.data == NULL)
        return;
    struct metrics_key *key = keys_take(keys, settled->key_id);
    key->outcomes[settled->outcome]++;
    if (settled->sender.data == NULL)
        return; /* it has not signed this one */
    key->ahead_ms = settled->signed_at_s * 1000 - settled->admitted_at_ms;
    key->judged_at.ms = settled->finished_at_ms;
}

/* The reasons are told by account and in the log: here they would be most of all lines. */
static void write_outcomes_of(struct buf *out, const struct metrics_key *key)
{
    for (int i = OUTCOME_NONE + 1, of_word = i; i < OUTCOME_COUNT; i = of_word) {
        const char *word = outcome_word((enum outcome)i);
        uint64_t sum = 0;
        for (of_word = i; of_word < OUTCOME_COUNT && strcmp(outcome_word((enum outcome)of_word), word) == 0; of_word++)
            sum += key->outcomes[of_word];
        sample_add(out, "cupbearer_key_outcomes_total", LABELS({"key", key->id}, {"outcome", word}), sum);
    }
}

void metrics_keys_write(const struct metrics_keys *keys, struct wall now, struct buf *out)
{
    static const char ahead[] = "cupbearer_key_clock_ahead_seconds";
    const struct map_node *node = NULL;
    family_begin(out, "cupbearer_key_outcomes_total", "counter",
                 "Records that ended, by the sending key that they name, from its first one on.");
    while ((node = map_next(&keys->by_id, node)) != NULL)
        write_outcomes_of(out, key_of(node));
    family_begin(out, ahead, "gauge",
                 "When the key's last event was signed less when Kafka stamped it; negative: the sender's clock is behind, or it "
                 "published late. No line where none ended in the last ten minutes.");
    while ((node = map_next(&keys->by_id, node)) != NULL) {
        const struct metrics_key *key = key_of(node);
        int64_t age_ms = now.ms - key->judged_at.ms;
        if (key->judged_at.ms > 0 && age_ms <= METRICS_KEYS_FRESH_MS)
            sample_seconds(out, ahead, "", LABELS({"key", key->id}), key->ahead_ms);
    }
}
