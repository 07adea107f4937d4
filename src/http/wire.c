#include "http/wire.h"

#include <llhttp.h>
#include <stdlib.h>

struct http_wire {
    llhttp_t llhttp; /* its `data` points back here */
    const struct http_wire_sink *sink;
    void *context;
    struct text name, value; /* of the header that is being read */
    bool has_head, is_whole, keeps_alive;
};

/* A head is fed whole, so a view grows only where llhttp itself cut it in two. */
static void extend(struct text *view, const char *at, size_t length)
{
    if (view->data && view->data + view->length == at)
        view->length += length;
    else
        *view = (struct text){at, length};
}

static int on_target(llhttp_t *llhttp, const char *at, size_t length)
{
    struct http_wire *wire = llhttp->data;

    wire->sink->target(wire->context, (struct text){at, length});
    return 0;
}

static int on_name(llhttp_t *llhttp, const char *at, size_t length)
{
    struct http_wire *wire = llhttp->data;

    extend(&wire->name, at, length);
    return 0;
}

static int on_value(llhttp_t *llhttp, const char *at, size_t length)
{
    struct http_wire *wire = llhttp->data;

    extend(&wire->value, at, length);
    return 0;
}

static int on_header_end(llhttp_t *llhttp)
{
    struct http_wire *wire = llhttp->data;

    if (wire->has_head)
        return HPE_USER; /* a trailer */
    wire->sink->header(wire->context, wire->name, wire->value);
    wire->name = wire->value = (struct text){0};
    return 0;
}

static int on_head_end(llhttp_t *llhttp)
{
    struct http_wire *wire = llhttp->data;

    wire->has_head = true;
    wire->keeps_alive = llhttp_should_keep_alive(llhttp);
    return 0;
}

static int on_body(llhttp_t *llhttp, const char *at, size_t length)
{
    struct http_wire *wire = llhttp->data;

    wire->sink->body(wire->context, (struct text){at, length});
    return 0;
}

static int on_end(llhttp_t *llhttp)
{
    struct http_wire *wire = llhttp->data;

    wire->is_whole = true;
    return HPE_PAUSED; /* what follows is the next request's */
}

static const llhttp_settings_t settings = {
    .on_url = on_target,
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_header_value_complete = on_header_end,
    .on_headers_complete = on_head_end,
    .on_body = on_body,
    .on_message_complete = on_end,
};

struct http_wire *http_wire_new(const struct http_wire_sink *sink, void *context)
{
    struct http_wire *wire = memory_new(sizeof(*wire));

    wire->sink = sink;
    wire->context = context;
    http_wire_start(wire);
    return wire;
}

void http_wire_free(struct http_wire *wire)
{
    free(wire);
}

void http_wire_start(struct http_wire *wire)
{
    llhttp_init(&wire->llhttp, HTTP_REQUEST, &settings); /* every lenient flag is off */
    wire->llhttp.data = wire;
    wire->name = wire->value = (struct text){0};
    wire->has_head = wire->is_whole = wire->keeps_alive = false;
}

bool http_wire_feed(struct http_wire *wire, const char *data, size_t length)
{
    llhttp_errno_t result = llhttp_execute(&wire->llhttp, data, length);

    if (result == HPE_OK)
        return true;
    return result == HPE_PAUSED && wire->is_whole &&
           llhttp_get_error_pos(&wire->llhttp) == data + length;
}

bool http_wire_has_head(const struct http_wire *wire)
{
    return wire->has_head;
}

bool http_wire_is_whole(const struct http_wire *wire)
{
    return wire->is_whole;
}

int http_wire_minor_version(const struct http_wire *wire)
{
    return wire->llhttp.http_minor;
}

bool http_wire_keeps_alive(const struct http_wire *wire)
{
    return wire->keeps_alive;
}
