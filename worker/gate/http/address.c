#include "gate/http/address.h"

#include <arpa/inet.h>
#include <stdio.h>

static void write_v6(char out[ADDRESS_SIZE], const struct in6_addr *address)
{
    struct in6_addr network = *address;
    if (IN6_IS_ADDR_V4MAPPED(address)) {
        inet_ntop(AF_INET, &address->s6_addr[12], out, ADDRESS_SIZE);
        return;
    }
    memset(&network.s6_addr[8], 0, 8);
    inet_ntop(AF_INET6, &network, out, ADDRESS_SIZE);
}

void address_write(char out[ADDRESS_SIZE], const struct sockaddr *from)
{
    out[0] = 0;
    if (from->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)from)->sin_addr, out, ADDRESS_SIZE);
    else if (from->sa_family == AF_INET6)
        write_v6(out, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr);
}

void address_forwarded(char out[ADDRESS_SIZE], struct span chain)
{
    struct span last = SPAN_NONE;
    struct in6_addr v6;
    char text[ADDRESS_SIZE];
    while (chain.data != NULL)
        last = span_cut(&chain, ',');
    last = span_trim_end(last);
    while (span_starts(last, SPAN(" ")))
        last = span_skip(last, 1);
    if (last.size == 0 || last.size >= sizeof(text))
        return;
    memcpy(text, last.data, last.size);
    text[last.size] = 0;
    if (inet_pton(AF_INET6, text, &v6) == 1)
        write_v6(out, &v6);
    else
        memcpy(out, text, last.size + 1);
}
