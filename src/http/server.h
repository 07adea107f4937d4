/*
 * http: a small HTTP/1.1 server on bufferevents and llhttp. It owns framing (strict: any ambiguity
 * is 400 and close), every limit, every deadline, TLS, backpressure and the drain. It knows nothing
 * of routes: one handler gets each whole request and answers it once, now or later.
 */
#ifndef LINLI_HTTP_SERVER_H
#define LINLI_HTTP_SERVER_H

#include "base/arena.h"
#include "base/base.h"
#include "base/config.h"
#include "base/metrics.h"
#include "http/loop.h"

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS
};
const char *http_method_name(enum http_method method);

struct http_options {
    char *listen;             /* "127.0.0.1:8080", "[::1]:8080", "0.0.0.0:443" */
    char *tls_cert, *tls_key; /* PEM files: both or neither */
    char *proxy_trusted;      /* comma-separated addresses or CIDR of proxies whose
                                 X-Forwarded-For is believed */
    int64_t loops;            /* 0: one per core */
    int64_t max_connections, max_connections_per_address;
    int64_t max_request_line, max_header_bytes, max_headers, max_body;
    int64_t max_memory;    /* large requests and unsent answers of all connections */
    int64_t max_pipelined; /* requests read ahead while one is being answered */
    int64_t max_unsent;    /* bytes of answers a connection may have waiting */
    int64_t max_requests_per_connection;
    int64_t header_deadline_us; /* from the first byte of a request to the end of its headers */
    int64_t body_deadline_us;   /* and from there to the end of its body */
    int64_t idle_timeout_us;    /* keep-alive */
    int64_t write_deadline_us;  /* a reader that takes nothing for so long is cut */
    int64_t tls_handshake_deadline_us;
    int64_t drain_deadline_us;
};
extern const struct config_entry http_config[];
extern struct metric http_metrics[];
extern const size_t http_metrics_count;

struct http_server;
struct http_request;

struct http_header {
    struct text name; /* as sent; compare without case */
    struct text value;
};

/* On the connection's loop thread. Must lead to exactly one http_respond, now or later. */
typedef void http_handler(struct http_request *request, void *context);

/* Binds (or takes the socket of LISTEN_FDS=1 / fd 3) and starts the loops. `options` must outlive
 * the server: what is reloadable in them takes effect while it runs. */
struct http_server *http_server_start(const struct http_options *options, http_handler *handler,
                                      void *context, struct error *error);
/* The address that it listens on, with the real port when 0 was asked for: "127.0.0.1:43210". */
const char *http_server_address(const struct http_server *server);
/* Reads the certificate files again for new connections; any thread. On an error those in use stay.
 * True without effect when TLS is off. */
bool http_server_reload_tls(struct http_server *server, struct error *error) MUST_CHECK;
/* Stops accepting, closes idle connections, lets requests in hand be answered (with
 * `Connection: close`) up to the drain deadline. Blocks; then every loop has ended. */
void http_server_drain(struct http_server *server);
/* After the drain, and after those who may still hold requests have stopped: what they posted
 * meanwhile is run here, so that late answers free their requests. */
void http_server_free(struct http_server *server);

/* The request: valid from the handler's call until http_respond returns. */
enum http_method http_request_method(const struct http_request *request);
struct text http_request_path(
    const struct http_request *request); /* "/v1/units/7", still percent-encoded */
struct text http_request_query(const struct http_request *request); /* after '?', may be empty */
struct text http_request_body(const struct http_request *request);
/* The first header of that name (lower-case literal); length 0 and data NULL when absent. */
struct text http_request_header(const struct http_request *request, const char *name);
/* True when the named header occurs more than once: for headers where that is an error. */
bool http_request_header_repeated(const struct http_request *request, const char *name);
const char *http_request_client(const struct http_request *request); /* address, no port */
struct arena *http_request_arena(struct http_request *request); /* lives as long as the request */
struct loop *http_request_loop(struct http_request *request);
/* Any thread: the client has closed; the answer would go nowhere. */
bool http_request_is_gone(const struct http_request *request);
/* Called on the loop when the client goes before the answer: for long-polls. One at most. */
void http_request_on_gone(struct http_request *request, void (*run)(void *context), void *context);

struct http_response {
    int status;
    const char *content_type; /* NULL: no body */
    struct text body;         /* copied, or taken over when `body_owned` (malloc'ed) */
    char *body_owned;
    const struct http_header *headers; /* further ones: names and values are checked for CR, LF */
    size_t header_count;
    bool close; /* end the connection after this answer */
};

/* Loop thread only. Answers in the order of the requests of a connection; HEAD and 304 send no
 * body but its length. When the client has gone it only frees. */
void http_respond(struct http_request *request, const struct http_response *response);

#endif
