/*
 * Who is on the other side: addresses, the proxies whose word is believed, and how much each
 * address holds of the server.
 */
#ifndef LINLI_HTTP_CLIENTS_H
#define LINLI_HTTP_CLIENTS_H

#include <sys/socket.h>

#include "http/parse.h"

#define HTTP_ADDRESS_TEXT_SIZE 46 /* INET6_ADDRSTRLEN */

struct http_address {
    uint8_t bytes[16]; /* IPv6; IPv4 as ::ffff:a.b.c.d */
};

void http_address_from_socket(const struct sockaddr_storage *socket, struct http_address *address);
bool http_address_parse(struct text text, struct http_address *address) MUST_CHECK;
void http_address_format(const struct http_address *address, char out[HTTP_ADDRESS_TEXT_SIZE]);

/* A list of networks: "10.0.0.0/8, 2001:db8::/32, 192.0.2.7". Immutable once parsed. */
struct http_networks;
struct http_networks *http_networks_parse(const char *list, struct error *error);
void http_networks_free(struct http_networks *networks);
bool http_networks_contain(const struct http_networks *networks,
                           const struct http_address *address);

/*
 * The client of a request that came from a trusted `peer`: the last address of X-Forwarded-For that
 * is not trusted itself, since whatever stands before it could have been made up. `peer` when there
 * is none or it cannot be read.
 */
struct http_address http_client_find(const struct http_networks *trusted,
                                     const struct http_address *peer,
                                     const struct http_message *message);

/* Counts by address (IPv6 by its /64, which is what one client has). Any thread. */
struct http_counts;
struct http_counts *http_counts_new(void);
void http_counts_free(struct http_counts *counts);
/* False, and nothing counted, when the address already has `most`. */
bool http_counts_add(struct http_counts *counts, const struct http_address *address,
                     int64_t most) MUST_CHECK;
void http_counts_remove(struct http_counts *counts, const struct http_address *address);

#endif
