/*
 * Any bytes as a connection's input: request after request is parsed, once with all bytes at once
 * and once in pieces. Both must see the same requests and the same end, each within its limits.
 * The first two bytes choose how the pieces are cut.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "http/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct http_budget budget = {.most = 1 << 20};
static const struct http_limits limits = {
    .request_line = 256, .header_bytes = 1024, .headers = 16, .body = 512, .budget = &budget};

struct input {
    struct text bytes;
    uint32_t cut; /* 0: all at once */
};

static size_t next_piece(struct input *input, size_t left)
{
    if (input->cut == 0)
        return left;
    input->cut = input->cut * UINT32_C(1664525) + UINT32_C(1013904223);
    size_t length = 1 + (input->cut >> 16) % ((input->cut >> 8) % 32 + 1);
    return length < left ? length : left;
}

static void check_message(const struct http_message *message)
{
    ASSERT(message->header_count <= limits.headers);
    ASSERT(message->path.length > 0 && message->target.length <= limits.request_line);
    ASSERT((int64_t)message->body.length <= limits.body);
    ASSERT(message->is_chunked || (int64_t)message->body.length == message->content_length);
    for (size_t i = 0; i < message->header_count; i++)
        ASSERT(message->headers[i].name.length > 0);
}

static void note_message(struct buffer *seen, const struct http_message *message)
{
    buffer_printf(seen, "%s %.*s ? %.*s keep %d length %zu\n", http_method_name(message->method),
                  TEXT_ARGS(message->path), TEXT_ARGS(message->query), (int)message->keeps_alive,
                  message->body.length);
    for (size_t i = 0; i < message->header_count; i++)
        buffer_printf(seen, "%.*s: %.*s\n", TEXT_ARGS(message->headers[i].name),
                      TEXT_ARGS(message->headers[i].value));
    buffer_add(seen, message->body.data, message->body.length);
}

/* One request from `at` on. */
static enum http_progress read_request(struct http_parser *parser, struct input *input, size_t *at)
{
    enum http_progress progress = HTTP_NEEDS_MORE;
    size_t used;

    while (*at < input->bytes.length && progress < HTTP_IS_WHOLE) {
        size_t length = next_piece(input, input->bytes.length - *at);
        char *piece = malloc(length); /* its own, so that ASan sees a read beyond it */
        memcpy(piece, input->bytes.data + *at, length);
        progress = http_parser_feed(parser, piece, length, &used);
        free(piece);
        ASSERT(used <= length && (progress >= HTTP_IS_WHOLE || used > 0));
        *at += used;
    }
    return progress;
}

static void read_all(struct input input, struct buffer *seen)
{
    struct http_parser *parser = http_parser_new();
    struct arena *arena = arena_new();
    enum http_progress progress = HTTP_IS_WHOLE;

    for (size_t at = 0; at < input.bytes.length && progress == HTTP_IS_WHOLE;) {
        http_parser_start(parser, arena, &limits);
        progress = read_request(parser, &input, &at);
        if (progress == HTTP_IS_WHOLE) {
            check_message(http_parser_message(parser));
            note_message(seen, http_parser_message(parser));
            buffer_printf(seen, "ends at %zu\n", at);
        } else if (progress == HTTP_IS_REFUSED) {
            buffer_printf(seen, "refused: %s\n", http_parser_refusal(parser));
        }
        arena_reset(arena);
    }
    http_parser_free(parser);
    arena_free(arena);
    ASSERT(atomic_load(&budget.used) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer at_once = {0}, in_pieces = {0};

    if (size < 3)
        return 0;
    struct text bytes = {(const char *)data + 2, size - 2};
    read_all((struct input){bytes, 0}, &at_once);
    read_all((struct input){bytes, 1 + (uint32_t)data[0] * 256 + data[1]}, &in_pieces);
    ASSERT(at_once.length == in_pieces.length);
    ASSERT(at_once.length == 0 || memcmp(at_once.data, in_pieces.data, at_once.length) == 0);
    buffer_free(&at_once);
    buffer_free(&in_pieces);
    return 0;
}
