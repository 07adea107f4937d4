/*
 * TLS: one OpenSSL context for new connections, swapped whole when certificates are reloaded.
 */
#ifndef LINLI_HTTP_TLS_H
#define LINLI_HTTP_TLS_H

#include "base/base.h"

struct event_base;
struct bufferevent;
struct http_tls;

/* `cert` may be a chain, leaf first; `key` must fit it. NULL with the error when they do not. */
struct http_tls *http_tls_new(const char *cert, const char *key, struct error *error);
void http_tls_free(struct http_tls *tls);
/* Any thread. On an error the certificate in use stays. */
bool http_tls_reload(struct http_tls *tls, const char *cert, const char *key,
                     struct error *error) MUST_CHECK;
/* For who only looks: whether such a pair can be served with, and when the leaf runs out. */
bool http_tls_look(const char *cert, const char *key, int64_t *expires_us,
                   struct error *error) MUST_CHECK;
/* Any thread. A server-side bufferevent that owns `fd`; NULL when OpenSSL has no memory. */
struct bufferevent *http_tls_accept(struct http_tls *tls, struct event_base *base, int fd);
/* Sends the close_notify, so that the client knows that nothing was cut off. */
void http_tls_say_goodbye(struct bufferevent *bufferevent);

#endif
