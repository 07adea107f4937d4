#include <errno.h>
#include <event2/buffer.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/log.h"
#include "http/internal.h"
#include "http/strict.h"

#define MOST_SCRATCH (64 * 1024) /* an unusually long head is not kept for ever */

/* ---- the head ---- */

/* Formatted once a second and loop; by hand, because strftime would follow the locale. */
static const char *date_line(struct http_worker *worker)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct timespec now;
    struct tm utc;

    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec == worker->date_second)
        return worker->date;
    worker->date_second = now.tv_sec;
    gmtime_r(&now.tv_sec, &utc);
    snprintf(worker->date, sizeof(worker->date), "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n",
             days[utc.tm_wday], utc.tm_mday, months[utc.tm_mon], (utc.tm_year + 1900) % 10000,
             utc.tm_hour, utc.tm_min, utc.tm_sec);
    return worker->date;
}

static void add_number(struct buffer *out, uint64_t number)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    buffer_add(out, digits + at, sizeof(digits) - at);
}

static void add_header(struct buffer *out, const char *name, struct text value)
{
    buffer_add_text(out, name);
    buffer_add(out, ": ", 2);
    buffer_add(out, value.data, value.length);
    buffer_add(out, "\r\n", 2);
}

static bool has_length(const struct http_response *response)
{
    if (response->status == 204)
        return false; /* 9110 8.6 */
    return response->status != 304 || response->body.length > 0;
}

static void format_head(struct http_worker *worker, const struct http_response *response,
                        const char *connection)
{
    struct buffer *out = &worker->scratch;

    buffer_clear(out);
    buffer_add(out, "HTTP/1.1 ", 9);
    add_number(out, (uint64_t)response->status);
    buffer_add_char(out, ' ');
    buffer_add_text(out, http_status_phrase(response->status));
    buffer_add(out, "\r\n", 2);
    buffer_add_text(out, date_line(worker));
    if (response->content_type)
        add_header(out, "Content-Type",
                   (struct text){response->content_type, strlen(response->content_type)});
    for (size_t i = 0; i < response->header_count; i++) {
        const struct http_header *header = &response->headers[i];
        buffer_add(out, header->name.data, header->name.length);
        add_header(out, "", header->value);
    }
    if (has_length(response)) {
        buffer_add_text(out, "Content-Length: ");
        add_number(out, response->body.length);
        buffer_add(out, "\r\n", 2);
    }
    buffer_add_text(out, connection);
    buffer_add(out, "\r\n", 2);
}

/* Framing and Date are ours; a line end in a value would let whoever wrote it add headers. */
static bool is_fit_to_send(const struct http_header *header)
{
    static const char *const ours[] = {"connection", "content-length", "content-type", "date",
                                       "transfer-encoding"};

    for (size_t i = 0; i < ARRAY_LENGTH(ours); i++)
        if (http_text_is(header->name, ours[i]))
            return false;
    for (size_t i = 0; i < header->value.length; i++) {
        unsigned char c = (unsigned char)header->value.data[i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return http_text_is_token(header->name);
}

static bool are_fit_to_send(const struct http_response *response)
{
    for (size_t i = 0; i < response->header_count; i++)
        if (!is_fit_to_send(&response->headers[i])) {
            LOG(ERROR, "http.bad_answer_header", LOG_INT("status", response->status),
                LOG_INT("header", i));
            return false;
        }
    return true;
}

/* ---- sending ---- */

static void free_reference(const void *data, size_t length, void *owned)
{
    (void)data;
    (void)length;
    free(owned);
}

/* What the socket takes at once needs no copy and no round through the event loop. -1: broken. */
static ssize_t send_at_once(const struct http_connection *connection, struct text head,
                            struct text body)
{
    struct iovec pieces[] = {{(void *)(uintptr_t)head.data, head.length},
                             {(void *)(uintptr_t)body.data, body.length}};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = body.length > 0 ? 2 : 1};

    if (connection->is_tls || http_connection_unsent(connection) > 0)
        return 0;
    ssize_t sent = sendmsg(connection->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return 0;
    return sent;
}

/* The first `sent` bytes of head and body are gone; the rest waits in the bufferevent. */
static void send_later(struct http_connection *connection, struct text head, struct text body,
                       char *owned, size_t sent)
{
    struct evbuffer *output = bufferevent_get_output(connection->bufferevent);
    size_t of_head = sent < head.length ? sent : head.length, of_body = sent - of_head;
    size_t left = body.length - of_body;

    if (of_head < head.length)
        ASSERT(evbuffer_add(output, head.data + of_head, head.length - of_head) == 0);
    if (left > 0 && owned) {
        ASSERT(evbuffer_add_reference(output, body.data + of_body, left, free_reference, owned) ==
               0);
        owned = NULL;
    } else if (left > 0) {
        ASSERT(evbuffer_add(output, body.data + of_body, left) == 0);
    }
    free(owned);
    http_connection_watch_output(connection, head.length - of_head + left);
}

static void send_pieces(struct http_connection *connection, struct text head, struct text body,
                        char *owned)
{
    ssize_t sent = send_at_once(connection, head, body);

    if (sent < 0) {
        free(owned);
        http_connection_close(connection, HTTP_CLOSE_CLIENT_RESET);
    } else if ((size_t)sent < head.length + body.length) {
        send_later(connection, head, body, owned, (size_t)sent);
    } else {
        free(owned);
    }
}

static bool is_last(const struct http_connection *connection, const struct http_request *request,
                    const struct http_response *response)
{
    return response->close || !http_request_message(request)->keeps_alive ||
           connection->worker->is_draining ||
           connection->answered >= connection->worker->server->options->max_requests_per_connection;
}

static enum http_close_reason end_reason(const struct http_connection *connection,
                                         const struct http_request *request)
{
    if (request->state == HTTP_REQUEST_FAULTY)
        return request->end_reason;
    return connection->worker->is_draining ? HTTP_CLOSE_DRAINED : HTTP_CLOSE_LAST_ANSWER;
}

void http_send_answer(struct http_connection *connection, const struct http_request *request,
                      const struct http_response *response)
{
    struct http_worker *worker = connection->worker;
    const char *keep_alive =
        http_request_message(request)->is_old ? "Connection: keep-alive\r\n" : "";
    struct text body = response->body;

    ASSERT(response->status >= 200 && response->status <= 599);
    if (!are_fit_to_send(response)) {
        free(response->body_owned);
        http_send_fault(connection, request, HTTP_FAULT_INTERNAL, true);
        return;
    }
    connection->answered++;
    bool last = is_last(connection, request, response);
    format_head(worker, response, last ? "Connection: close\r\n" : keep_alive);
    http_metrics_count_answer(response->status);
    if (http_parser_is_head_method(request->parser) || response->status == 204 ||
        response->status == 304)
        body.length = 0;
    send_pieces(connection, (struct text){worker->scratch.data, worker->scratch.length}, body,
                response->body_owned);
    if (worker->scratch.capacity > MOST_SCRATCH)
        buffer_free(&worker->scratch);
    if (last)
        http_connection_finish(connection, end_reason(connection, request));
}

void http_send_fault(struct http_connection *connection, const struct http_request *request,
                     enum http_fault fault, bool close)
{
    static const struct http_header retry = {{"Retry-After", 11}, {"1", 1}};
    const struct http_fault_answer *answer = http_fault_answer(fault);

    http_metrics_count_fault(fault);
    http_send_answer(connection, request,
                     &(struct http_response){
                         .status = answer->status,
                         .content_type = HTTP_FAULT_TYPE,
                         .body = answer->body,
                         .headers = &retry,
                         .header_count = answer->retry ? 1 : 0,
                         .close = close,
                     });
}

void http_send_continue(struct http_connection *connection)
{
    http_metrics_count_answer(100);
    send_pieces(connection, TEXT("HTTP/1.1 100 Continue\r\n\r\n"), TEXT(""), NULL);
}
