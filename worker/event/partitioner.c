#include "event/partitioner.h"

#include <assert.h>

/* MurmurHash2, 32 bits, with the seed of org.apache.kafka.common.utils.Utils.murmur2. */
static uint32_t murmur2(struct span key)
{
    const uint32_t m = 0x5bd1e995;
    const unsigned char *data = (const unsigned char *)key.data;
    uint32_t h = 0x9747b28c ^ (uint32_t)key.size;
    size_t whole = key.size / 4 * 4;
    for (size_t i = 0; i < whole; i += 4) {
        uint32_t k =
            data[i] | (uint32_t)data[i + 1] << 8 | (uint32_t)data[i + 2] << 16 | (uint32_t)data[i + 3] << 24;
        k *= m;
        k ^= k >> 24;
        h = (h * m) ^ (k * m);
    }
    if (key.size > whole) {
        for (size_t i = key.size; i > whole; i--)
            h ^= (uint32_t)data[i - 1] << (8 * (i - 1 - whole));
        h *= m;
    }
    h = (h ^ (h >> 13)) * m;
    return h ^ (h >> 15);
}

/* CRC-32 (IEEE 802.3), what librdkafka's "consistent" takes modulo the count. */
static uint32_t crc32(struct span key)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < key.size; i++) {
        crc ^= (unsigned char)key.data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
    }
    return ~crc;
}

int32_t partitioner_partition(enum partitioner partitioner, struct span key, int32_t count)
{
    assert(count > 0);
    if (partitioner == PARTITIONER_CRC32)
        return (int32_t)(crc32(key) % (uint32_t)count);
    return (int32_t)(murmur2(key) & 0x7fffffff) % count;
}

const char *partitioner_setting(enum partitioner partitioner)
{
    return partitioner == PARTITIONER_CRC32 ? "partitioner=consistent_random" : "partitioner=murmur2_random";
}
