/*
 * The answers that this room gives by itself, before any handler is asked: RFC 9457 problem
 * details with static bodies. Every one of them ends the connection.
 */
#ifndef LINLI_HTTP_FAULT_H
#define LINLI_HTTP_FAULT_H

#include "base/base.h"

/* name, status, title (the status's own phrase, as RFC 9457 wants for about:blank), code */
#define HTTP_FAULTS(X)                                                                             \
    X(BAD_REQUEST, 400, "Bad Request", "bad_request")                                              \
    X(REQUEST_TIMEOUT, 408, "Request Timeout", "request_timeout")                                  \
    X(CONTENT_TOO_LARGE, 413, "Content Too Large", "content_too_large")                            \
    X(URI_TOO_LONG, 414, "URI Too Long", "uri_too_long")                                           \
    X(EXPECTATION_FAILED, 417, "Expectation Failed", "expectation_failed")                         \
    X(TOO_MANY_REQUESTS, 429, "Too Many Requests", "too_many_requests")                            \
    X(HEADERS_TOO_LARGE, 431, "Request Header Fields Too Large", "header_fields_too_large")        \
    X(INTERNAL, 500, "Internal Server Error", "internal")                                          \
    X(NOT_IMPLEMENTED, 501, "Not Implemented", "not_implemented")                                  \
    X(BUSY, 503, "Service Unavailable", "busy")                                                    \
    X(VERSION, 505, "HTTP Version Not Supported", "http_version_not_supported")

enum http_fault {
#define HTTP_FAULT_ENUM(name, ...) HTTP_FAULT_##name,
    HTTP_FAULTS(HTTP_FAULT_ENUM)
#undef HTTP_FAULT_ENUM
        HTTP_FAULT_COUNT
};

#define HTTP_FAULT_TYPE "application/problem+json"

struct http_fault_answer {
    int status;
    const char *code;
    struct text body;
    bool retry; /* the same request may succeed a moment later: Retry-After is sent */
};

const struct http_fault_answer *http_fault_answer(enum http_fault fault);
/* A whole answer for a connection that is not even taken in; any thread, static memory. */
struct text http_fault_shed_answer(void);
/* "OK" for 200; "" for a status without a known phrase. */
const char *http_status_phrase(int status);

#endif
