/*
 * Parsing: bytes in, one whole request or one fault out. It knows no socket, so tests and the
 * fuzzer drive it as connections do. Lines are judged by the strict table (strict.h) as soon as
 * they are complete, then llhttp reads the same bytes: both must agree on where a request ends.
 * However the bytes are cut into pieces, the verdict is the same.
 */
#ifndef LINLI_HTTP_PARSE_H
#define LINLI_HTTP_PARSE_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "http/fault.h"
#include "http/server.h"

/* What requests, beyond the small change of each, and unsent answers hold together: any thread. */
struct http_budget {
    _Atomic int64_t used;
    int64_t most;
};

/* Taken in any case; false when it is more than there should be, and the taker must give way. */
static inline bool http_budget_take(struct http_budget *budget, int64_t bytes)
{
    return atomic_fetch_add_explicit(&budget->used, bytes, memory_order_relaxed) + bytes <=
           budget->most;
}

static inline void http_budget_give(struct http_budget *budget, int64_t bytes)
{
    if (bytes > 0)
        atomic_fetch_sub_explicit(&budget->used, bytes, memory_order_relaxed);
}

struct http_limits {
    size_t request_line; /* bytes without the line end */
    size_t header_bytes; /* of all header lines together */
    size_t headers;
    int64_t body;
    struct http_budget *budget; /* outlives the parser */
};

/* Headers that decide about framing and routing are counted as they come. */
enum http_special {
    HTTP_SPECIAL_HOST,
    HTTP_SPECIAL_CONTENT_LENGTH,
    HTTP_SPECIAL_TRANSFER_ENCODING,
    HTTP_SPECIAL_EXPECT,
    HTTP_SPECIAL_UPGRADE,
    HTTP_SPECIAL_COUNT
};

struct http_message {
    enum http_method method;
    struct text target;      /* as sent */
    struct text authority;   /* of an absolute-form target, else empty */
    struct text path, query; /* views into target */
    struct http_header *headers;
    size_t header_count;
    struct {
        unsigned count;
        struct text value; /* of the first */
    } special[HTTP_SPECIAL_COUNT];
    bool is_old;      /* HTTP/1.0 */
    bool keeps_alive; /* as version and Connection say */
    bool expects_continue;
    bool is_chunked;
    int64_t content_length; /* 0 without a body */
    struct buffer body;
};

enum http_progress {
    HTTP_NEEDS_MORE,
    HTTP_HAS_HEAD, /* told once, and only when a body follows */
    HTTP_IS_WHOLE,
    HTTP_IS_REFUSED,
};

struct http_parser;

struct http_parser *http_parser_new(void);
void http_parser_free(struct http_parser *parser);
/* Makes ready for a request whose table of headers lives in `arena`; forgets the one before. Both
 * arguments must outlive the request. */
void http_parser_start(struct http_parser *parser, struct arena *arena,
                       const struct http_limits *limits);
/* Frees the body and a large head, and gives them back to the budget; the views of the message are
 * dead. */
void http_parser_clear(struct http_parser *parser);

/*
 * Takes bytes up to the end of the request at most; `*used` tells how many. After IS_WHOLE or
 * IS_REFUSED it takes no more.
 */
enum http_progress http_parser_feed(struct http_parser *parser, const char *data, size_t length,
                                    size_t *used) MUST_CHECK;
bool http_parser_has_head(const struct http_parser *parser);
/* Complete once the parser said HAS_HEAD or IS_WHOLE; the body only with IS_WHOLE. */
const struct http_message *http_parser_message(const struct http_parser *parser);
/* After IS_REFUSED: what to answer and, for the log, the words of the rule that was broken. */
enum http_fault http_parser_fault(const struct http_parser *parser);
const char *http_parser_refusal(const struct http_parser *parser);
/* Whether an answer must come without a body, even to a request that was refused. */
bool http_parser_is_head_method(const struct http_parser *parser);

#endif
