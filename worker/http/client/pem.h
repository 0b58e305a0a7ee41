/* The form of PEM (RFC 7468): a file that is overwritten may be read when half of it is there. */
#ifndef HTTP_CLIENT_PEM_H
#define HTTP_CLIENT_PEM_H

#include "base/err.h"
#include "base/span.h"

/* 0 where it holds blocks from -----BEGIN X----- to -----END X-----, all of them whole, of lines that may stand there; what they
 * encode is not looked at, and what stands outside of them is a comment. -1 with ERR_USAGE and the line's number, and not its
 * text. */
int pem_check(struct span text, struct err *err);

#endif
