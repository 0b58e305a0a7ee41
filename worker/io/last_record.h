/* Which records stand at some offsets of the events topic, by their stamps: whether its logs are those that they were. */
#ifndef IO_LAST_RECORD_H
#define IO_LAST_RECORD_H

#include "io/kafka.h"

struct last_records;

/* The configuration must outlive it. */
struct last_records *last_records_new(const struct config *config);
void last_records_free(struct last_records *records);

/* *stamp_ms gets its stamp with last_records_read, or stays as it is where no record is at that offset. */
void last_records_ask(struct last_records *records, int32_t partition, int64_t offset, int64_t *stamp_ms);
/* Waits for the broker, some seconds at most; asks it nothing where nothing was asked. -1 with err. */
int last_records_read(struct last_records *records, struct err *err);

#endif
