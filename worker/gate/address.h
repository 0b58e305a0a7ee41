/* Who asks, as text: what is counted and bounded together. An IPv6 address stands for its network of 64 bits, because
 * whoever has one has them all. */
#ifndef GATE_ADDRESS_H
#define GATE_ADDRESS_H

#include <sys/socket.h>

#include "base/span.h"

#define ADDRESS_SIZE 64

/* "" for a family that has no numbers. */
void address_write(char out[ADDRESS_SIZE], const struct sockaddr *from);
/* The last of the addresses in the value of X-Forwarded-For: the one that the nearest proxy added. Nothing is changed where
 * there is none. */
void address_forwarded(char out[ADDRESS_SIZE], struct span chain);

#endif
