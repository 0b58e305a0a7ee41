/* The workers' mark secret, out of its file. */
#ifndef OS_MARK_SECRET_H
#define OS_MARK_SECRET_H

#include "base/err.h"
#include "event/key.h"

/* 0, and key_done the result; -1 with ERR_USAGE where the file cannot be read or holds something else. */
int mark_secret_read(const char *path, struct key *out, struct err *err);

#endif
