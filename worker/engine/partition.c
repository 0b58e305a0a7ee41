#include "engine/partition.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

struct partition *partition_new(int32_t id, int64_t offset, const unsigned char hash_key[16])
{
    struct partition *partition = mem_new(1, sizeof(*partition));
    partition->id = id;
    offsets_init(&partition->offsets, offset);
    window_init(&partition->window, hash_key);
    partition->committed = offset;
    partition->committing = -1;
    return partition;
}

void partition_free(struct partition *partition)
{
    if (partition == NULL)
        return;
    assert(partition->jobs == NULL);
    offsets_done(&partition->offsets);
    window_done(&partition->window);
    free(partition);
}

bool partition_has_commit(const struct partition *partition)
{
    return partition->committing < 0 && partition->offsets.low > partition->committed;
}
