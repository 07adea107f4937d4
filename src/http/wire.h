/*
 * wire: llhttp behind a door, because its enum names collide with ours. One wire reads one request:
 * a whole head at once, then the body in any pieces. It judges nothing; strict.h does.
 */
#ifndef LINLI_HTTP_WIRE_H
#define LINLI_HTTP_WIRE_H

#include "base/base.h"

struct http_wire;

/* Views point into the bytes that are being fed. */
struct http_wire_sink {
    void (*target)(void *context, struct text target);
    void (*header)(void *context, struct text name, struct text value);
    void (*body)(void *context, struct text data);
};

struct http_wire *http_wire_new(const struct http_wire_sink *sink, void *context);
void http_wire_free(struct http_wire *wire);
void http_wire_start(struct http_wire *wire); /* forgets the request before */

/* Whether llhttp took every byte as part of this request. */
bool http_wire_feed(struct http_wire *wire, const char *data, size_t length) MUST_CHECK;
bool http_wire_has_head(const struct http_wire *wire);
bool http_wire_is_whole(const struct http_wire *wire); /* the request has ended, body and all */
/* What llhttp made of the version and the Connection header; once it has the head. */
int http_wire_minor_version(const struct http_wire *wire);
bool http_wire_keeps_alive(const struct http_wire *wire);

#endif
