/* The client's address as text: the unit of counting and limits. An IPv6 address stands for its /64, because whoever has one
 * address of it has them all. */
#ifndef GATE_HTTP_ADDRESS_H
#define GATE_HTTP_ADDRESS_H

#include <sys/socket.h>

#include "base/span.h"

#define ADDRESS_SIZE 64

/* "" for a family that has no numbers. */
void address_write(char out[ADDRESS_SIZE], const struct sockaddr *from);
/* The last of the addresses in the value of X-Forwarded-For: the one that the nearest proxy added. Nothing is changed where
 * there is none. */
void address_forwarded(char out[ADDRESS_SIZE], struct span chain);

#endif
