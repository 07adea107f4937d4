#include "http/parse.h"

#include <stdlib.h>
#include <string.h>

#include "http/strict.h"
#include "http/wire.h"

#define FREE_HEAD_SIZE     4096 /* what a head may take before it counts against the budget */
#define FREE_BODY_SIZE     4096
#define MOST_LINE_PIECE    4096
#define MOST_CHUNK_LINE    24 /* 15 hex digits and CR LF, with room to see that it is too long */
#define FIRST_CHUNKED_SIZE 1024

/* What the next byte belongs to. */
enum place {
    PLACE_REQUEST_LINE,
    PLACE_HEADER_LINE,
    PLACE_BODY,       /* counted by Content-Length */
    PLACE_CHUNK_SIZE, /* the line before a chunk's data */
    PLACE_CHUNK_DATA,
    PLACE_CHUNK_END, /* the CR LF after it */
    PLACE_LAST_LINE, /* the CR LF after the last chunk */
    PLACE_AFTER,     /* the request is whole */
    PLACE_REFUSED,   /* and stays so */
};

struct http_parser {
    enum place place;
    struct arena *arena;
    const struct http_limits *limits;
    struct http_wire *wire;
    struct http_message message;
    const struct http_rule *broken;
    struct buffer head; /* views into it are made once it is whole */
    size_t line_start;  /* of the line that is coming */
    size_t headers_start;
    size_t header_lines;
    bool skipped_empty_line;
    bool is_head_method;
    int64_t left;    /* of the body, or of the chunk's data */
    int64_t charged; /* to the budget */
    char chunk_line[MOST_CHUNK_LINE];
    size_t chunk_line_length;
};

static void refuse(struct http_parser *parser, const struct http_rule *rule)
{
    parser->broken = rule;
    parser->place = PLACE_REFUSED;
}

/* True when no rule of the stage is broken. */
static bool passes(struct http_parser *parser, enum http_stage stage, struct text line)
{
    struct http_suspect suspect = {
        .line = line,
        .header_bytes = parser->head.length - parser->headers_start,
        .header_count = parser->header_lines,
        .body_room = parser->limits->body - (int64_t)parser->message.body.length,
        .message = &parser->message,
        .limits = parser->limits,
    };
    const struct http_rule *rule = http_strict_judge(stage, &suspect);

    if (rule)
        refuse(parser, rule);
    return !rule;
}

static bool charge(struct http_parser *parser, int64_t bytes)
{
    parser->charged += bytes;
    return http_budget_take(parser->limits->budget, bytes) ||
           passes(parser, HTTP_STAGE_BUDGET, TEXT(""));
}

/* Feeds llhttp what the rules let pass. It must see the request end exactly where we do. */
static bool wire_agrees(struct http_parser *parser, const char *data, size_t length, bool ends)
{
    if (http_wire_feed(parser->wire, data, length) && http_wire_is_whole(parser->wire) == ends)
        return true;
    return passes(parser, HTTP_STAGE_BROKEN, TEXT(""));
}

/* ---- the head ---- */

static bool add_to_head(struct http_parser *parser, const char *data, size_t length)
{
    bool is_small = parser->head.length + length <= FREE_HEAD_SIZE;

    if (!is_small && !charge(parser, (int64_t)length))
        return false;
    buffer_add(&parser->head, data, length);
    return true;
}

static struct text trim(struct text text)
{
    while (text.length > 0 && strchr(" \t", text.data[text.length - 1]))
        text.length--;
    while (text.length > 0 && strchr(" \t", text.data[0])) {
        text.data++;
        text.length--;
    }
    return text;
}

static void note_special(struct http_message *message, struct text name, struct text value)
{
    static const char *const names[HTTP_SPECIAL_COUNT] = {
        [HTTP_SPECIAL_HOST] = "host",
        [HTTP_SPECIAL_CONTENT_LENGTH] = "content-length",
        [HTTP_SPECIAL_TRANSFER_ENCODING] = "transfer-encoding",
        [HTTP_SPECIAL_EXPECT] = "expect",
        [HTTP_SPECIAL_UPGRADE] = "upgrade",
    };

    for (size_t i = 0; i < HTTP_SPECIAL_COUNT; i++)
        if (http_text_is(name, names[i]) && message->special[i].count++ == 0)
            message->special[i].value = value;
}

static void take_target(void *context, struct text target)
{
    struct http_parser *parser = context;

    http_target_split(target, &parser->message);
}

static void take_header(void *context, struct text name, struct text value)
{
    struct http_parser *parser = context;
    struct http_message *message = &parser->message;

    ASSERT(message->header_count < parser->header_lines);
    value = trim(value);
    message->headers[message->header_count++] = (struct http_header){name, value};
    note_special(message, name, value);
}

/* What Content-Length says; the rules refuse what these digits are not. */
static int64_t read_length(struct text digits)
{
    int64_t length = 0;

    for (size_t i = 0; i < digits.length && i < 18; i++)
        length = length * 10 + (digits.data[i] - '0');
    return length;
}

static void fill_message(struct http_parser *parser)
{
    struct http_message *message = &parser->message;
    struct http_request_line parts;

    ASSERT(
        http_request_line_split((struct text){parser->head.data, parser->headers_start}, &parts));
    ASSERT(http_method_find(parts.method, &message->method));
    message->is_old = http_wire_minor_version(parser->wire) == 0;
    message->keeps_alive = http_wire_keeps_alive(parser->wire);
    message->is_chunked = message->special[HTTP_SPECIAL_TRANSFER_ENCODING].count > 0;
    message->content_length = read_length(message->special[HTTP_SPECIAL_CONTENT_LENGTH].value);
    message->expects_continue = !message->is_old && message->special[HTTP_SPECIAL_EXPECT].count > 0;
}

static void begin_body(struct http_parser *parser)
{
    struct http_message *message = &parser->message;
    size_t first = message->is_chunked ? FIRST_CHUNKED_SIZE : (size_t)message->content_length;

    if (first > FREE_BODY_SIZE)
        first = FREE_BODY_SIZE; /* it grows with what really comes, whatever was announced */
    message->body.data = memory_resize(NULL, first + 1, 1);
    message->body.data[0] = '\0';
    message->body.capacity = first + 1;
    parser->left = message->content_length;
    parser->place = message->is_chunked ? PLACE_CHUNK_SIZE : PLACE_BODY;
}

/* llhttp has read the head: the rules judge it first, since they say more about what is wrong. */
static void finish_head(struct http_parser *parser)
{
    struct http_message *message = &parser->message;

    message->headers =
        arena_take(parser->arena, (parser->header_lines + 1) * sizeof(*message->headers));
    bool accepted = http_wire_feed(parser->wire, parser->head.data, parser->head.length);
    if (!http_wire_has_head(parser->wire) || message->header_count != parser->header_lines) {
        passes(parser, HTTP_STAGE_BROKEN, TEXT(""));
        return;
    }
    fill_message(parser);
    if (!passes(parser, HTTP_STAGE_HEAD, TEXT("")))
        return;
    bool has_body = message->is_chunked || message->content_length > 0;
    if (!accepted || http_wire_is_whole(parser->wire) == has_body)
        passes(parser, HTTP_STAGE_BROKEN, TEXT(""));
    else if (has_body)
        begin_body(parser);
    else
        parser->place = PLACE_AFTER;
}

static void end_request_line(struct http_parser *parser, struct text line)
{
    if (line.length == 2 && memcmp(line.data, "\r\n", 2) == 0 && !parser->skipped_empty_line) {
        parser->skipped_empty_line = true; /* 9112 2.2: one, from a client that ended a body so */
        buffer_clear(&parser->head);
        return;
    }
    parser->is_head_method = line.length > 5 && memcmp(line.data, "HEAD ", 5) == 0;
    if (!passes(parser, HTTP_STAGE_REQUEST_LINE, line))
        return;
    parser->headers_start = parser->line_start = parser->head.length;
    parser->place = PLACE_HEADER_LINE;
}

static void end_header_line(struct http_parser *parser, struct text line)
{
    if (!passes(parser, HTTP_STAGE_HEADER_LINE, line))
        return;
    parser->line_start = parser->head.length;
    if (line.length == 2)
        finish_head(parser);
    else
        parser->header_lines++;
}

static size_t feed_head_line(struct http_parser *parser, const char *data, size_t length)
{
    bool in_request_line = parser->place == PLACE_REQUEST_LINE;
    size_t most = length < MOST_LINE_PIECE ? length : MOST_LINE_PIECE;
    const char *line_feed = memchr(data, '\n', most);
    size_t piece = line_feed ? (size_t)(line_feed - data) + 1 : most;

    if (!add_to_head(parser, data, piece))
        return 0;
    struct text line = {parser->head.data + parser->line_start,
                        parser->head.length - parser->line_start};
    if (!passes(parser, in_request_line ? HTTP_STAGE_REQUEST_START : HTTP_STAGE_HEADER_START, line))
        return piece;
    if (line_feed && in_request_line)
        end_request_line(parser, line);
    else if (line_feed)
        end_header_line(parser, line);
    return piece;
}

/* ---- the body ---- */

static void take_body(void *context, struct text data)
{
    struct http_parser *parser = context;

    buffer_add(&parser->message.body, data.data, data.length);
}

/* The next bytes of the body or of a chunk's data; `after` is the place when all have come. */
static size_t feed_data(struct http_parser *parser, const char *data, size_t length,
                        enum place after)
{
    size_t piece = (int64_t)length < parser->left ? length : (size_t)parser->left;
    bool is_small = parser->message.body.length + piece <= FREE_BODY_SIZE;

    if (!is_small && !charge(parser, (int64_t)piece))
        return 0;
    parser->left -= (int64_t)piece;
    bool ends = parser->left == 0 && after == PLACE_AFTER;
    if (wire_agrees(parser, data, piece, ends) && parser->left == 0)
        parser->place = after;
    return piece;
}

static void end_chunk_size(struct http_parser *parser, struct text line)
{
    if (!passes(parser, HTTP_STAGE_CHUNK_SIZE, line) ||
        !wire_agrees(parser, line.data, line.length, false))
        return;
    parser->left = http_chunk_size(line);
    parser->place = parser->left == 0 ? PLACE_LAST_LINE : PLACE_CHUNK_DATA;
}

static void end_chunk(struct http_parser *parser, struct text line)
{
    if (passes(parser, HTTP_STAGE_CHUNK_END, line) &&
        wire_agrees(parser, line.data, line.length, false))
        parser->place = PLACE_CHUNK_SIZE;
}

static void end_chunks(struct http_parser *parser, struct text line)
{
    if (passes(parser, HTTP_STAGE_LAST_LINE, line) &&
        wire_agrees(parser, line.data, line.length, true))
        parser->place = PLACE_AFTER;
}

/* The short lines around chunks: judged when they end or have grown too long. */
static size_t feed_chunk_line(struct http_parser *parser, const char *data, size_t length)
{
    size_t used = 0;
    bool ended = false;

    while (!ended && used < length) {
        char c = data[used++];
        parser->chunk_line[parser->chunk_line_length++] = c;
        ended = c == '\n' || parser->chunk_line_length == MOST_CHUNK_LINE;
    }
    if (!ended)
        return used;
    struct text line = {parser->chunk_line, parser->chunk_line_length};
    parser->chunk_line_length = 0;
    if (parser->place == PLACE_CHUNK_SIZE)
        end_chunk_size(parser, line);
    else if (parser->place == PLACE_CHUNK_END)
        end_chunk(parser, line);
    else
        end_chunks(parser, line);
    return used;
}

/* ---- the parser ---- */

struct http_parser *http_parser_new(void)
{
    static const struct http_wire_sink sink = {take_target, take_header, take_body};
    struct http_parser *parser = memory_new(sizeof(*parser));

    parser->wire = http_wire_new(&sink, parser);
    return parser;
}

void http_parser_free(struct http_parser *parser)
{
    if (!parser)
        return;
    http_parser_clear(parser);
    buffer_free(&parser->head);
    http_wire_free(parser->wire);
    free(parser);
}

void http_parser_start(struct http_parser *parser, struct arena *arena,
                       const struct http_limits *limits)
{
    http_parser_clear(parser);
    *parser = (struct http_parser){
        .wire = parser->wire, .head = parser->head, .arena = arena, .limits = limits};
    http_wire_start(parser->wire);
}

void http_parser_clear(struct http_parser *parser)
{
    buffer_free(&parser->message.body);
    if (parser->head.capacity > FREE_HEAD_SIZE)
        buffer_free(&parser->head);
    else
        buffer_clear(&parser->head); /* for the next request */
    if (parser->charged > 0)
        http_budget_give(parser->limits->budget, parser->charged);
    parser->charged = 0;
}

static size_t feed_some(struct http_parser *parser, const char *data, size_t length)
{
    switch (parser->place) {
    case PLACE_REQUEST_LINE:
    case PLACE_HEADER_LINE: return feed_head_line(parser, data, length);
    case PLACE_BODY: return feed_data(parser, data, length, PLACE_AFTER);
    case PLACE_CHUNK_DATA: return feed_data(parser, data, length, PLACE_CHUNK_END);
    case PLACE_CHUNK_SIZE:
    case PLACE_CHUNK_END:
    case PLACE_LAST_LINE: return feed_chunk_line(parser, data, length);
    case PLACE_AFTER:
    case PLACE_REFUSED: break;
    }
    return 0;
}

enum http_progress http_parser_feed(struct http_parser *parser, const char *data, size_t length,
                                    size_t *used)
{
    bool was_in_head = parser->place <= PLACE_HEADER_LINE;
    enum http_progress progress = HTTP_NEEDS_MORE;

    *used = 0;
    while (*used < length && parser->place < PLACE_AFTER) {
        *used += feed_some(parser, data + *used, length - *used);
        if (was_in_head && parser->place > PLACE_HEADER_LINE && parser->place < PLACE_AFTER)
            return HTTP_HAS_HEAD;
    }
    if (parser->place == PLACE_AFTER)
        progress = HTTP_IS_WHOLE;
    else if (parser->place == PLACE_REFUSED)
        progress = HTTP_IS_REFUSED;
    return progress;
}

bool http_parser_has_head(const struct http_parser *parser)
{
    return parser->place > PLACE_HEADER_LINE && parser->place != PLACE_REFUSED;
}

const struct http_message *http_parser_message(const struct http_parser *parser)
{
    return &parser->message;
}

enum http_fault http_parser_fault(const struct http_parser *parser)
{
    ASSERT(parser->broken);
    return parser->broken->fault;
}

const char *http_parser_refusal(const struct http_parser *parser)
{
    ASSERT(parser->broken);
    return parser->broken->refuses;
}

bool http_parser_is_head_method(const struct http_parser *parser)
{
    return parser->is_head_method;
}
