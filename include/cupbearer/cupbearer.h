/* libcupbearer: sign events for cupbearer and verify them. An event is one Kafka record: a Standard Webhooks 1.0 message
 * in Kafka headers, as the README's "The event, format 1" says (https://www.standardwebhooks.com says what is signed).
 * The library makes and reads such records; it knows nothing of Kafka or HTTP, so any client can carry them.
 *
 * Every function says of each result who frees it. `size` is in bytes, `_s` in seconds, `_ms` in milliseconds, times are
 * since the Unix epoch. Text that goes in need not be terminated where its size is given; text that comes out always is.
 *
 * Threads: no function keeps state of its own, so all may be called at once. One object may be read by many threads
 * (keys and keyrings never change once read); a record that is being added to, and any object being freed, belongs to
 * one thread.
 *
 * Failures: a function that can fail returns an enum cupbearer_result and, where it takes `error`, writes one line there
 * that says what is wrong and what to do, cut to error_size bytes with its 0 (CUPBEARER_ERROR_SIZE holds every one).
 * `error` may be NULL. Results are written only on success. The text never holds a key. Too little memory is reported:
 * CUPBEARER_SYSTEM, or, in the middle of reading JSON, as JSON that cannot be read; nothing is signed or admitted by
 * mistake. Only cupbearer_keyring_read, which is meant for the start of a program, aborts instead.
 * A NULL where an object is wanted is a bug of the caller and is not caught; the _free functions take it. */
#ifndef CUPBEARER_CUPBEARER_H
#define CUPBEARER_CUPBEARER_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define CUPBEARER_API __attribute__((visibility("default")))
#else
#define CUPBEARER_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define CUPBEARER_ERROR_SIZE 1024

/* The same numbers as the exit codes of the `cupbearer` program. */
enum cupbearer_result {
    CUPBEARER_OK = 0,
    CUPBEARER_NO = 1,      /* a record that a worker would not admit */
    CUPBEARER_INVALID = 2, /* what was handed in is not of its form */
    CUPBEARER_LIMIT = 4,   /* too long, or too many */
    CUPBEARER_SYSTEM = 5,  /* no memory, or no random numbers */
};

/* How a topic's records are spread over its partitions; the worker's setting `partitioner`. */
enum cupbearer_partitioner {
    CUPBEARER_MURMUR2 = 0, /* the default of the Java client, kafkajs and franz-go */
    CUPBEARER_CRC32 = 1,   /* librdkafka's own default */
};

struct cupbearer_key;
struct cupbearer_keyring;
struct cupbearer_record;
struct cupbearer_verdict;

/* "0.1.0"; static. */
CUPBEARER_API const char *cupbearer_version(void);

/* What a result means, in general; static. "unknown result" for any other number. */
CUPBEARER_API const char *cupbearer_strerror(int result);

/* ---- Signing ---- */

/* Reads a secret key as the Standard Webhooks write it, at most 128 bytes of base64: whsk_ (ed25519) or whsec_
 * (HMAC-SHA256); white space at its end is ignored. *out: cupbearer_key_free it; the bytes lie in locked memory and are
 * wiped then, those of `text` are the caller's to wipe. CUPBEARER_INVALID, CUPBEARER_SYSTEM. */
CUPBEARER_API int cupbearer_key_read(const char *text, size_t size, struct cupbearer_key **out, char *error,
                                     size_t error_size);
CUPBEARER_API void cupbearer_key_free(struct cupbearer_key *key);

/* Signs exactly the bytes of `payload`, JSON of format 1 of 2 bytes to 256 KiB, and copies them into a record. key_id is
 * the key's name in the worker's keyring; event_id what deduplication goes by, 1 to 128 of A-Z a-z 0-9 _ - : ~, or NULL
 * for a random one. A payload that a worker would refuse is refused here with the same words (CUPBEARER_INVALID; a
 * routing key over 1,024 bytes: CUPBEARER_LIMIT). *out: cupbearer_record_free it. Publish it within its ttl (45 s). */
CUPBEARER_API int cupbearer_sign(const struct cupbearer_key *key, const char *key_id, const char *event_id,
                                 int64_t signed_at_s, const char *payload, size_t payload_size,
                                 struct cupbearer_record **out, char *error, size_t error_size);

/* ---- Records ---- */

/* A record as it was read from Kafka: its key and value (copied; NULL: Kafka's null), no headers yet; at most 1 MiB
 * each. *out: cupbearer_record_free it. CUPBEARER_LIMIT, CUPBEARER_SYSTEM. */
CUPBEARER_API int cupbearer_record_new(const char *key, size_t key_size, const char *value, size_t value_size,
                                       struct cupbearer_record **out);
/* Adds a header behind the others (copied; value NULL: null); names may repeat. At most 64 headers of 64 KiB, name and
 * value together: CUPBEARER_LIMIT (a worker takes 32, of 8 KiB in all). CUPBEARER_SYSTEM. */
CUPBEARER_API int cupbearer_record_add_header(struct cupbearer_record *record, const char *name,
                                              const char *value, size_t value_size);
CUPBEARER_API void cupbearer_record_free(struct cupbearer_record *record);

/* The record's key, its routing key, and its value: what to publish, byte for byte. Owned by the record; NULL and size 0
 * for Kafka's null. */
CUPBEARER_API const char *cupbearer_record_key(const struct cupbearer_record *record, size_t *size);
CUPBEARER_API const char *cupbearer_record_value(const struct cupbearer_record *record, size_t *size);
/* The headers, from index 0; a signed record has four. CUPBEARER_NO where there is no such one. Both texts are owned by
 * the record; *value is NULL for a null. */
CUPBEARER_API int cupbearer_record_header(const struct cupbearer_record *record, size_t index,
                                          const char **name, const char **value, size_t *value_size);
/* The partition, 0 to partition_count - 1, that the record must be published to; -1 where partition_count is not
 * positive. Clients with the right partitioner choose it themselves. */
CUPBEARER_API int32_t cupbearer_record_partition(const struct cupbearer_record *record,
                                                 enum cupbearer_partitioner partitioner,
                                                 int32_t partition_count);

/* The record as one line of JSON, {"key": "...", "headers": {"webhook-id": "...", ...}, "value": "..."}, with null for a
 * null. *out: cupbearer_text_free it. CUPBEARER_INVALID for a record that has no such form: bytes that are not UTF-8, a 0
 * byte, a repeated header. CUPBEARER_SYSTEM. */
CUPBEARER_API int cupbearer_record_json(const struct cupbearer_record *record, char **out, size_t *size,
                                        char *error, size_t error_size);
CUPBEARER_API void cupbearer_text_free(char *text);
/* Reads that form, at most 8 MiB; a header may be left out, other members may not be there. *out: cupbearer_record_free
 * it. CUPBEARER_INVALID, CUPBEARER_LIMIT, CUPBEARER_SYSTEM. */
CUPBEARER_API int cupbearer_record_from_json(const char *json, size_t size, struct cupbearer_record **out,
                                             char *error, size_t error_size);

/* ---- Verifying ---- */

/* Reads a worker's keyring file, at most 4 MiB, whole or not at all: {"keys": [{"id", "sender", "key", "accounts",
 * "not_before"?, "not_after"?, "revoked"?}]}. *out: cupbearer_keyring_free it. CUPBEARER_INVALID names the entry and what
 * is wrong with it; CUPBEARER_LIMIT; CUPBEARER_SYSTEM. Aborts for lack of memory. */
CUPBEARER_API int cupbearer_keyring_read(const char *json, size_t size, struct cupbearer_keyring **out,
                                         char *error, size_t error_size);
CUPBEARER_API void cupbearer_keyring_free(struct cupbearer_keyring *keyring);

/* Judges a record as a worker does that admits it at admitted_at_ms (the time the broker stamped it with), but for what
 * only the worker knows: duplicates, and whether the account is configured. partition: where the record lies in a topic
 * of partition_count; -1: not judged. CUPBEARER_OK: admitted; CUPBEARER_NO: rejected; either way *out says more and is
 * the caller's (cupbearer_verdict_free). CUPBEARER_INVALID: not a partition of that many. CUPBEARER_SYSTEM. */
CUPBEARER_API int cupbearer_verify(const struct cupbearer_keyring *keyring,
                                   const struct cupbearer_record *record,
                                   enum cupbearer_partitioner partitioner, int32_t partition,
                                   int32_t partition_count, int64_t admitted_at_ms,
                                   struct cupbearer_verdict **out);
CUPBEARER_API void cupbearer_verdict_free(struct cupbearer_verdict *verdict);

/* The reason's word as in receipts ("bad_signature", "expired", ...), "" when admitted; static. */
CUPBEARER_API const char *cupbearer_verdict_reason(const struct cupbearer_verdict *verdict);
/* What is wrong, for people, at most 200 bytes, "" when admitted; never a value of the payload. Owned by the verdict, as
 * are the next two. */
CUPBEARER_API const char *cupbearer_verdict_detail(const struct cupbearer_verdict *verdict);
/* The sender whose signature is good, "" where none is: only with a sender may anything in the record be believed. */
CUPBEARER_API const char *cupbearer_verdict_sender(const struct cupbearer_verdict *verdict);
/* The account in a payload that is authentic and of its form, else "". */
CUPBEARER_API const char *cupbearer_verdict_account(const struct cupbearer_verdict *verdict);
/* When such an event expires; -1 where the payload is not known. */
CUPBEARER_API int64_t cupbearer_verdict_expires_at_ms(const struct cupbearer_verdict *verdict);

#ifdef __cplusplus
}
#endif

#endif
