/* What is to be said of a life besides its moments and its verdict. */
#ifndef CMD_WHY_REMARKS_H
#define CMD_WHY_REMARKS_H

#include "cmd/why/told.h"

/* From when on all that was published is there, as far as the partitions that were read begin later than their first record; -1:
 * all that ever was. */
int64_t why_kept_from_ms(const struct life *life);
/* What is to be said of what could not be looked at, and stands in neither moment nor verdict: calls `say` for each sentence. */
void why_remarks(const struct why_told *told, void (*say)(void *context, const char *sentence), void *context);

#endif
