/* What the operating system says about this process, for the metrics. */
#ifndef IO_PROCESS_H
#define IO_PROCESS_H

#include <stdint.h>

struct process_usage {
    int64_t resident_bytes; /* 0 where there is no /proc */
    int64_t cpu_ms;         /* of all threads, user and system */
};

void process_usage_read(struct process_usage *out);

#endif
