/*
 * The strict rules, in one table: what is refused although some parser would let it pass. llhttp
 * 8.1.0, its strict mode on and its lenient flags off, was probed with each of them; a rule that it
 * holds too stays here, so that another version changes nothing.
 */
#ifndef LINLI_HTTP_STRICT_H
#define LINLI_HTTP_STRICT_H

#include "http/parse.h"

/* When a rule is looked at. */
enum http_stage {
    HTTP_STAGE_REQUEST_START, /* some bytes of the request line are here */
    HTTP_STAGE_REQUEST_LINE,  /* all of it */
    HTTP_STAGE_HEADER_START,  /* some bytes of a header line are here */
    HTTP_STAGE_HEADER_LINE,   /* all of it */
    HTTP_STAGE_HEAD,          /* the head is whole and llhttp took it */
    HTTP_STAGE_CHUNK_SIZE,    /* the line before a chunk's data */
    HTTP_STAGE_CHUNK_END,     /* the line end after it */
    HTTP_STAGE_LAST_LINE,     /* the empty line after the last chunk */
    HTTP_STAGE_BROKEN,        /* llhttp did not follow: always broken */
    HTTP_STAGE_BUDGET,        /* no memory is left for this request: always broken */
    HTTP_STAGE_COUNT
};

struct http_suspect {
    struct text line;    /* with its line end once it is complete */
    size_t header_bytes; /* of the header lines up to and with this one */
    size_t header_count; /* lines before this one */
    int64_t body_room;   /* what the body may still grow by */
    const struct http_message *message;
    const struct http_limits *limits;
};

struct http_rule {
    enum http_stage stage;
    enum http_fault fault;
    const char *refuses;
    bool (*is_broken)(const struct http_suspect *suspect);
};

/* Ordered by stage. Within one, a rule that a shorter piece of the line would break stands before
 * those that need more of it: so the verdict is the same however the bytes are cut. */
extern const struct http_rule http_rules[];
extern const size_t http_rules_count;

/* The first broken rule of a stage, or NULL. */
const struct http_rule *http_strict_judge(enum http_stage stage,
                                          const struct http_suspect *suspect);

/* The parts of a line "METHOD target HTTP/1.1\r\n"; false when it has not exactly these. */
struct http_request_line {
    struct text method, target, version;
};
bool http_request_line_split(struct text line, struct http_request_line *parts);
bool http_method_find(struct text name, enum http_method *method);
/* Cuts an origin-, absolute- or asterisk-form target into the message's views. */
void http_target_split(struct text target, struct http_message *message);
/* 1*16 hex digits and a line end; INT64_MAX when it does not fit. */
int64_t http_chunk_size(struct text line);
bool http_text_is_token(struct text text);
bool http_text_is(struct text text, const char *lower_case); /* without case */

#endif
