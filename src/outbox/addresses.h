/*
 * Where a call may go. A plugin names an address, perhaps one that somebody put into its settings
 * with other intentions; so the host must be on the credential's list, and the address that its
 * name leads to is looked at when the socket is opened, not before: a name may lead elsewhere the
 * next moment. Pure; any thread.
 */
#ifndef LINLI_ADDRESSES_H
#define LINLI_ADDRESSES_H

#include <sys/socket.h>

#include "base/base.h"

/* False for everything that is not the open internet: loopback, private and shared ranges, link
 * local (with the clouds' metadata), multicast, reserved; IPv4 inside IPv6 as the IPv4 that it is;
 * anything that is neither IPv4 nor IPv6. */
bool address_is_public(const struct sockaddr *address) MUST_CHECK;

struct target {
    char host[256]; /* lower case, without brackets */
    int port;
    char path[2048]; /* with the query: what is signed */
};
/* An https address without user, password or fragment. False: `why` says what is wrong. */
bool target_read(struct text url, struct target *target, const char **why) MUST_CHECK;

/* `list`: "api.example.com pay.example.com:8443", by spaces or commas; without a port: 443. */
bool target_is_listed(const struct target *target, const char *list) MUST_CHECK;
/* Whether each word of `list` can be an entry; `wrong`: the first that cannot. No words are fine.
 */
bool host_list_is_valid(struct text list, struct text *wrong) MUST_CHECK;

#endif
