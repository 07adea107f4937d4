/*
 * What the files of this room share. Everything here but struct http_server belongs to one worker's
 * loop thread; the server's fields say themselves who may touch them.
 */
#ifndef LINLI_HTTP_INTERNAL_H
#define LINLI_HTTP_INTERNAL_H

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "http/clients.h"
#include "http/parse.h"
#include "http/server.h"
#include "http/tls.h"

/* Every open connection is in exactly one state, on that state's list of its worker. */
enum http_state {
    HTTP_HANDSHAKING,  /* TLS is being agreed; nothing of HTTP yet */
    HTTP_IDLE,         /* nothing in hand, nothing of a request has come: holds no request memory */
    HTTP_READING_HEAD, /* a request has begun */
    HTTP_READING_BODY, /* its head is accepted, its body is coming */
    HTTP_WAITING,      /* requests wait for their answers, nothing of a further one has come */
    HTTP_PAUSED,       /* as much as allowed is read ahead or unsent: reading is off */
    HTTP_HALF_CLOSED,  /* the client said that it sends no more; answers may still reach it */
    HTTP_FLUSHING,     /* the last answer is on its way; what comes in is thrown away */
    HTTP_LINGERING,    /* all is sent and our side shut: waits for the client to close, so that
                          the kernel does not reset away the answer */
    HTTP_CLOSED,       /* waits for the reaper: somebody up the stack may still look at it */
    HTTP_STATE_COUNT
};

/* Why connections end: logged, and counted in linli_http_closed_total. */
#define HTTP_CLOSE_REASONS(X)                                                                      \
    X(CLIENT_CLOSED, "client_closed") /* and nothing was in hand */                                \
    X(CLIENT_LEFT, "client_left")     /* before its answer was sent */                             \
    X(CLIENT_RESET, "client_reset")                                                                \
    X(LAST_ANSWER, "last_answer") /* Connection: close, 1.0, or enough requests */                 \
    X(REFUSED, "refused")         /* a strict rule or a limit was broken */                        \
    X(HANDSHAKE_FAILED, "handshake_failed")                                                        \
    X(HANDSHAKE_DEADLINE, "handshake_deadline")                                                    \
    X(IDLE_TIMEOUT, "idle_timeout")                                                                \
    X(HEADER_DEADLINE, "header_deadline")                                                          \
    X(BODY_DEADLINE, "body_deadline")                                                              \
    X(WRITE_DEADLINE, "write_deadline")                                                            \
    X(TOO_MANY, "too_many")           /* connections in all or of one address */                   \
    X(NO_DESCRIPTOR, "no_descriptor") /* EMFILE, ENFILE */                                         \
    X(NO_MEMORY, "no_memory")                                                                      \
    X(DRAINED, "drained")                                                                          \
    X(DRAIN_DEADLINE, "drain_deadline")

enum http_close_reason {
#define HTTP_CLOSE_ENUM(name, ...) HTTP_CLOSE_##name,
    HTTP_CLOSE_REASONS(HTTP_CLOSE_ENUM)
#undef HTTP_CLOSE_ENUM
        HTTP_CLOSE_COUNT
};

struct http_connection;
struct http_worker;
TAILQ_HEAD(http_connection_list, http_connection);
TAILQ_HEAD(http_request_list, http_request);

/* ---- requests: request.c ---- */

enum http_request_state {
    HTTP_REQUEST_FREE,    /* in the worker's pool */
    HTTP_REQUEST_READING, /* its connection's `reading` */
    HTTP_REQUEST_READY,   /* whole; waits in `pending` for those before it */
    HTTP_REQUEST_FAULTY,  /* waits in `pending` for its turn to be answered by this room */
    HTTP_REQUEST_IN_HAND, /* the handler's, until http_respond */
};

struct http_request {
    TAILQ_ENTRY(http_request) in_list; /* pending of its connection, or the worker's pool */
    enum http_request_state state;
    struct http_worker *worker;
    struct http_connection *connection; /* NULL once that is closed */
    struct arena *arena;
    struct http_parser *parser;
    enum http_fault fault;             /* FAULTY: the answer */
    enum http_close_reason end_reason; /* FAULTY: how its connection ends */
    bool wants_continue;               /* the client waits for 100 before it sends the body */
    bool is_counted;                   /* `client` counts against its address */
    struct http_address client;
    char client_text[HTTP_ADDRESS_TEXT_SIZE];
    int64_t taken_us; /* when it was handed to the handler */
    _Atomic bool is_gone;
    void (*on_gone)(void *context);
    void *on_gone_context;
    struct loop_timer *late_gone; /* on_gone was set after the client had gone */
};

struct http_request *http_request_new(struct http_connection *connection);
void http_request_release(struct http_request *request);
/* Hands a whole request to the handler, who may answer before this returns. */
void http_request_dispatch(struct http_request *request);
/* Tells whoever has the request in hand; they may answer (into the void) before this returns. */
void http_request_tell_gone(struct http_request *request);
const struct http_message *http_request_message(const struct http_request *request);
void http_request_pool_free(struct http_worker *worker);

/* ---- connections: connection.c ---- */

struct http_connection {
    TAILQ_ENTRY(http_connection) in_state;
    TAILQ_ENTRY(http_connection) in_slow; /* on the worker's list while output waits */
    struct http_worker *worker;
    struct bufferevent *bufferevent;
    int fd; /* owned by the bufferevent once there is one */
    enum http_state state;
    enum http_close_reason end_reason; /* HALF_CLOSED to LINGERING: why it is ending */
    int64_t entered_us;                /* the state */
    bool is_tls;
    bool is_working;   /* http_connection_work is further up the stack */
    bool is_stale;     /* what the state's deadline is for began anew since it was entered */
    bool is_slow;      /* on the slow list */
    bool is_counted;   /* against its address */
    bool input_ended;  /* nothing that still comes in will be read */
    bool client_ended; /* FIN has come */
    unsigned pending_count;
    int64_t answered;
    size_t unsent_charged; /* to the budget */
    size_t unsent_seen;    /* what waited at the last look at a slow reader, */
    int64_t unsent_at_us;  /* and when that was */
    struct http_request *reading;
    struct http_request_list pending; /* oldest first; only that one may be in hand */
    struct http_address peer;
    struct loop_item arrival; /* on its way from the listener to its worker */
};

/* On its worker's loop: takes over a socket that was accepted. */
void http_connection_open(struct http_connection *connection);
/* Serves, reads and sends whatever can be now. The connection may be CLOSED afterwards. */
void http_connection_work(struct http_connection *connection);
void http_connection_close(struct http_connection *connection, enum http_close_reason reason);
/* The answer that was just given to sending is the last one. */
void http_connection_finish(struct http_connection *connection, enum http_close_reason reason);
/* `added` bytes wait in its bufferevent: sees to it that the client takes them in time. */
void http_connection_watch_output(struct http_connection *connection, size_t added);
/* The worker found that the state, or the waiting output, has lasted too long. */
void http_connection_expire(struct http_connection *connection);
void http_connection_expire_output(struct http_connection *connection);
size_t http_connection_unsent(const struct http_connection *connection);
const char *http_close_reason_name(enum http_close_reason reason);

/* ---- answers: respond.c ---- */

/* Sends the answer to the oldest request, which has left `pending`. */
void http_send_answer(struct http_connection *connection, const struct http_request *request,
                      const struct http_response *response);
void http_send_fault(struct http_connection *connection, const struct http_request *request,
                     enum http_fault fault, bool close);
void http_send_continue(struct http_connection *connection);

/* ---- workers: worker.c ---- */

struct http_worker {
    struct http_server *server;
    struct loop *loop;
    struct http_connection_list states[HTTP_STATE_COUNT]; /* each ordered by entered_us */
    struct http_connection_list slow;                     /* ordered by unsent_at_us */
    struct event *sweep;  /* looks for deadlines while there are connections */
    struct event *reaper; /* frees what is CLOSED */
    int64_t connections;
    int64_t in_hand; /* requests that handlers have, with or without a connection */
    bool is_draining, told_drained;
    struct http_limits limits;
    struct http_request_list pool;
    size_t pool_count;
    struct buffer scratch; /* the head of the answer that is being sent */
    char date[96];         /* the Date line of `date_second` */
    int64_t date_second;
    _Atomic int64_t load; /* connections given to it: the listener picks the least */
};

void http_worker_init(struct http_worker *worker, struct http_server *server);
/* After its loop has ended. Returns how many requests were never answered: they are lost. */
int64_t http_worker_free(struct http_worker *worker);
/* On its loop: no new work; idle connections are closed. */
void http_worker_drain(struct http_worker *worker);
void http_worker_close_all(struct http_worker *worker, enum http_close_reason reason);
/* Tells the server, once, when a draining worker has nothing left. */
void http_worker_note_progress(struct http_worker *worker);
void http_worker_add_connection(struct http_worker *worker);
void http_worker_remove_connection(struct http_worker *worker);

/* ---- the listener: listener.c, on the first worker's loop ---- */

struct http_listener;
struct http_listener *http_listener_new(struct http_server *server, struct error *error);
const char *http_listener_address(const struct http_listener *listener);
void http_listener_start(struct http_listener *listener);
void http_listener_stop(struct http_listener *listener); /* closes the socket */
void http_listener_free(struct http_listener *listener);

/* ---- the server: server.c ---- */

struct http_server {
    /* Constant once started. */
    const struct http_options *options;
    http_handler *handler;
    void *context;
    struct http_worker *workers;
    size_t worker_count;
    struct http_networks *trusted;
    struct http_tls *tls; /* NULL without certificates */
    struct http_listener *listener;
    /* Any thread. */
    struct http_counts *counts;
    struct http_budget budget;
    _Atomic int64_t connections;
    /* Under the lock. */
    pthread_mutex_t lock;
    pthread_cond_t progress;
    size_t drained_workers;
};

/* ---- metrics: metrics.c ---- */

void http_metrics_count_close(enum http_close_reason reason);
void http_metrics_count_answer(int status);
void http_metrics_count_fault(enum http_fault fault);
void http_metrics_observe(int64_t duration_us);
void http_metrics_add_connections(int64_t n);
void http_metrics_count_accept_pause(void);

#endif
