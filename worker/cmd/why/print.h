/* What `why` tells of a life that was put together: for people in lines of a terminal, for programs as JSON, an object a line. */
#ifndef CMD_WHY_PRINT_H
#define CMD_WHY_PRINT_H

#include "cmd/audit/shown.h"
#include "cmd/why/read.h"

struct why_told {
    const struct life *life;
    const struct why_reading *reading;
    const struct keyring *keyring;
    const struct shown_message *shown; /* of each event; NULL: Papercups was not asked */
    int32_t partition_count;           /* of the topic; those that were read are the reading's */
};

void why_print(const struct why_told *told);
void why_print_json(const struct why_told *told);

/* Bytes of key, value and headers. */
size_t why_record_size(const struct record *record);
/* RFC 3339 in UTC, with milliseconds. */
#define WHY_TIME_SIZE 25
void why_time(char out[WHY_TIME_SIZE], int64_t ms);
/* From when on all that was published is there, as far as the partitions that were read begin later than their first record; -1:
 * all that ever was. */
int64_t why_kept_from_ms(const struct life *life);
/* What is to be said of what could not be looked at, and stands in neither moment nor verdict: calls `say` for each sentence. */
void why_remarks(const struct why_told *told, void (*say)(void *context, const char *sentence), void *context);

#endif
