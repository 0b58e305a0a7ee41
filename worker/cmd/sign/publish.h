/* Publishes one signed record and waits until all replicas have it. */
#ifndef CMD_SIGN_PUBLISH_H
#define CMD_SIGN_PUBLISH_H

#include "cmd/client.h"
#include "cupbearer/cupbearer.h"

/* A producer. NULL with err; client_free it. */
struct client *publish_client_new(const struct config *config, struct err *err);

/* *offset is where the record is. -1 with ERR_UNREACHABLE where it was refused, or not acknowledged in time; the text
 * says whether it may be there all the same, and `again`, what to do then. */
int publish_record(struct client *client, const char *topic, int32_t partition, const struct cupbearer_record *record,
                   const char *again, int64_t *offset, struct err *err);
#define PUBLISH_SAME_ID "send it again with the same --event-id"

#endif
