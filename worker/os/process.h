/* This process: what the operating system says about it, for the metrics, and its last resort. */
#ifndef OS_PROCESS_H
#define OS_PROCESS_H

#include <stdint.h>

struct process_usage {
    int64_t resident_bytes; /* 0 where there is no /proc */
    int64_t cpu_ms;         /* of all threads, user and system */
};

void process_usage_read(struct process_usage *out);

/* In so many seconds from now the process ends with ERR_LIMIT and a word on standard error, wherever its threads stand then:
 * a call into a library may never return. */
void process_end_in(unsigned seconds);

#endif
