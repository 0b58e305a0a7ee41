/* Writes log lines from a thread of its own, so that nobody who logs waits for whoever reads the log: a pipe that nobody
 * empties, a disk that stands still. Lines that come while LOG_WRITER_BYTES wait are dropped; the log says where, and how
 * many, once what stands before the gap is written. The descriptor's flags are left alone: other processes share it. */
#ifndef OS_LOG_WRITER_H
#define OS_LOG_WRITER_H

#include "base/err.h"
#include "base/span.h"

#define LOG_WRITER_BYTES   262144
#define LOG_WRITER_STOP_MS 1000

/* From now on lines for standard error are taken by the thread. 0, or -1 with err. Once a process. */
int log_writer_start(struct err *err);
/* Waits until all is written, at most LOG_WRITER_STOP_MS. The thread may stand in a write that does not return, so this is
 * for a process that ends. */
void log_writer_stop(void);

/* Takes one whole line, whose end is its newline; true where the thread has it, or has counted it as dropped. False where
 * no thread runs: the caller writes it. From any thread. */
bool log_writer_take(struct span line);
/* Lines dropped since the start. */
uint64_t log_writer_dropped(void);

#endif
