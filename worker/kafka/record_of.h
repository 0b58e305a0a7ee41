/* A record as the core takes it, out of librdkafka's message. */
#ifndef KAFKA_RECORD_OF_H
#define KAFKA_RECORD_OF_H

#include <librdkafka/rdkafka.h>

#include "event/envelope.h"
#include "event/record.h"

#define RECORD_HEADERS (ENVELOPE_HEADERS_MAX + 1) /* one more than allowed is enough to be refused */

/* Borrows from the message; headers[] is the caller's and must live as long. */
void record_of(const rd_kafka_message_t *message, struct header headers[RECORD_HEADERS], struct record *out);
/* The same with room for more headers, or for fewer: those beyond are left out. */
void record_of_with(const rd_kafka_message_t *message, struct header *headers, size_t room,
                    struct record *out);

#endif
