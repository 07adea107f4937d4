#include "outbox/caller.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "outbox/addresses.h"

#define QUEUE_MOST    4096
#define CONNECTS_MOST 64 /* kept open for the next calls */
#define METHOD_SIZE   16
#define URL_SIZE      4096
#define TYPE_SIZE     128

struct caller {
    const struct outbox_options *options;
    void (*done)(struct outgoing *call, void *context);
    void *context;
    struct queue *queue;
    CURLM *multi;
    pthread_t thread;
    _Atomic bool stopping;
};

/* What a call has while it is under way. */
struct handle {
    CURL *curl;
    struct outgoing *call;
    struct curl_slist *headers;
    size_t header_bytes;
    bool may_be_private, too_large;
    int64_t began_us;
    char method[METHOD_SIZE], url[URL_SIZE], type[TYPE_SIZE];
};

struct metric caller_metrics[] = {
    {.name = "linli_outbox_call_seconds", .help = "Calls to merchants", .type = METRIC_HISTOGRAM},
    {.name = "linli_outbox_calls_unanswered_total", .help = "Calls to merchants without an answer"},
    {.name = "linli_outbox_calls_refused_total",
     .help = "Calls that the rules on addresses did not let out"},
};
const size_t caller_metrics_count = ARRAY_LENGTH(caller_metrics);
enum { CALL_SECONDS, CALLS_UNANSWERED, CALLS_REFUSED };

/* --- Callbacks of libcurl --------------------------------------------------------------------- */

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct handle *handle = context;
    size_t length = size * count;

    if (handle->call->answer.length + length > CALL_BODY_MOST) {
        handle->too_large = true;
        return 0; /* ends the transfer */
    }
    buffer_add(&handle->call->answer, data, length);
    return length;
}

/* libcurl's type. NOLINTNEXTLINE(readability-non-const-parameter) */
static size_t take_header(char *data, size_t size, size_t count, void *context)
{
    struct handle *handle = context;

    (void)data;
    handle->header_bytes += size * count;
    if (handle->header_bytes <= CALL_HEADER_MOST)
        return size * count;
    handle->too_large = true;
    return 0;
}

/* The name has been looked up; here is where it leads. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    const struct handle *handle = context;

    if (purpose != CURLSOCKTYPE_IPCXN)
        return CURL_SOCKET_BAD;
    if (!handle->may_be_private && !address_is_public(&address->addr)) {
        metric_add(&caller_metrics[CALLS_REFUSED], 1);
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* --- One call --------------------------------------------------------------------------------- */

static void finish(struct caller *caller, struct outgoing *call, int32_t status, bool was_sent,
                   const char *fault)
{
    call->status = status;
    call->was_sent = was_sent;
    call->fault = fault;
    caller->done(call, caller->context);
}

static bool copy_text(struct text text, char *out, size_t size)
{
    if (text.length >= size || (text.length > 0 && memchr(text.data, '\0', text.length)))
        return false;
    if (text.length > 0)
        memcpy(out, text.data, text.length);
    out[text.length] = '\0';
    return true;
}

static bool is_method(const char *method)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

    for (size_t i = 0; i < ARRAY_LENGTH(methods); i++)
        if (strcmp(method, methods[i]) == 0)
            return true;
    return false;
}

const char *outgoing_fault(const struct outgoing *call, struct target *target)
{
    char method[METHOD_SIZE], url[URL_SIZE], type[TYPE_SIZE];
    const char *why;

    if (!copy_text(call->method, method, sizeof method) || !is_method(method))
        return "bad_method";
    if (!copy_text(call->type, type, sizeof type) || strpbrk(type, "\r\n"))
        return "bad_type";
    if (call->body.length > CALL_BODY_MOST)
        return "body_too_large";
    if (!copy_text(call->url, url, sizeof url))
        return "bad_url";
    if (!target_read(call->url, target, &why))
        return why;
    return target_is_listed(target, call->credential.hosts) ? NULL : "host_not_allowed";
}

/* NULL, or what is the matter with it. */
static const char *prepare(const struct caller *caller, struct handle *handle,
                           struct target *target)
{
    const struct outgoing *call = handle->call;
    const char *fault = outgoing_fault(call, target);

    if (fault)
        return fault;
    ASSERT(copy_text(call->method, handle->method, sizeof handle->method) &&
           copy_text(call->url, handle->url, sizeof handle->url) &&
           copy_text(call->type, handle->type, sizeof handle->type));
    handle->may_be_private = target_is_listed(target, caller->options->private_hosts);
    return NULL;
}

static void add_header(struct handle *handle, const char *line)
{
    struct curl_slist *list = curl_slist_append(handle->headers, line);

    ASSERT(list);
    handle->headers = list;
}

static void add_headers(struct handle *handle, const struct target *target)
{
    const struct outgoing *call = handle->call;
    const struct call_to_sign to_sign = {.method = handle->method,
                                         .path = target->path,
                                         .body = call->body,
                                         .time_s = clock_now_us() / SECOND_US};
    struct buffer lines = {0};

    if (handle->type[0] != '\0')
        buffer_printf(&lines, "Content-Type: %s%c", handle->type, 0);
    buffer_printf(&lines, "Idempotency-Key: %s%c", call->key, 0);
    buffer_printf(&lines, "Accept: application/json%c", 0);
    buffer_printf(&lines, "Expect:%c", 0);
    sign_call(&call->credential, &to_sign, &lines);
    for (const char *line = lines.data; line < lines.data + lines.length; line += strlen(line) + 1)
        add_header(handle, line);
    crypto_wipe(lines.data, lines.length);
    buffer_free(&lines);
}

static void set_bounds(struct handle *handle, const struct outbox_options *options)
{
    CURL *curl = handle->curl;

    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(options->timeout_us / 1000));
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)(options->connect_timeout_us / 1000));
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    if (options->ca_file[0] != '\0')
        curl_easy_setopt(curl, CURLOPT_CAINFO, options->ca_file);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, handle);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, handle);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, handle);
}

static void set_request(struct handle *handle)
{
    CURL *curl = handle->curl;
    const struct outgoing *call = handle->call;
    bool has_body = call->body.length > 0 || strcmp(handle->method, "GET") != 0;

    curl_easy_setopt(curl, CURLOPT_URL, handle->url);
    if (has_body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)call->body.length);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body.length > 0 ? call->body.data : "");
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, handle->method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, handle->headers);
    curl_easy_setopt(curl, CURLOPT_PRIVATE, handle);
}

static void free_handle(struct handle *handle)
{
    curl_easy_cleanup(handle->curl);
    for (struct curl_slist *line = handle->headers; line; line = line->next)
        crypto_wipe(line->data, strlen(line->data));
    curl_slist_free_all(handle->headers);
    free(handle);
}

static void begin_call(struct caller *caller, struct outgoing *call)
{
    struct handle *handle = memory_new(sizeof *handle);
    struct target target;
    const char *fault;

    handle->call = call;
    call->handle = handle;
    fault = prepare(caller, handle, &target);
    if (fault) {
        free_handle(handle);
        metric_add(&caller_metrics[CALLS_REFUSED], 1);
        finish(caller, call, CALL_NO_ANSWER, false, fault);
        return;
    }
    handle->curl = curl_easy_init();
    ASSERT(handle->curl);
    handle->began_us = clock_monotonic_us();
    add_headers(handle, &target);
    set_bounds(handle, caller->options);
    set_request(handle);
    curl_multi_add_handle(caller->multi, handle->curl);
}

/* --- How it ended ----------------------------------------------------------------------------- */

static const char *fault_of(const struct handle *handle, CURLcode code, long status)
{
    if (handle->too_large)
        return "answer_too_large";
    switch (code) {
    case CURLE_OK: return status / 100 == 3 ? "redirect" : NULL;
    case CURLE_OPERATION_TIMEDOUT: return "timeout";
    case CURLE_COULDNT_RESOLVE_HOST: return "unknown_host";
    case CURLE_COULDNT_CONNECT: return "no_connection";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION: return "tls";
    default: return "broken_off";
    }
}

/* Headers that were begun to be sent count: the other side may have read them all. */
static bool was_sent(CURL *curl, CURLcode code)
{
    long request_bytes = 0;

    curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &request_bytes);
    return code == CURLE_OK || request_bytes > 0;
}

static void end_call(struct caller *caller, struct handle *handle, CURLcode code)
{
    struct outgoing *call = handle->call;
    bool sent = was_sent(handle->curl, code);
    long status = 0;
    const char *fault;

    curl_easy_getinfo(handle->curl, CURLINFO_RESPONSE_CODE, &status);
    fault = fault_of(handle, code, status);
    call->took_us = clock_monotonic_us() - handle->began_us;
    metric_observe_us(&caller_metrics[CALL_SECONDS], call->took_us);
    if (fault)
        metric_add(&caller_metrics[CALLS_UNANSWERED], 1);
    curl_multi_remove_handle(caller->multi, handle->curl);
    free_handle(handle);
    call->handle = NULL;
    finish(caller, call, fault ? CALL_NO_ANSWER : (int32_t)status, sent, fault);
}

static void end_finished(struct caller *caller)
{
    const CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(caller->multi, &left)) != NULL) {
        char *handle = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &handle);
        end_call(caller, (struct handle *)(void *)handle, message->data.result);
    }
}

/* --- The thread ------------------------------------------------------------------------------- */

static void take_queue(struct caller *caller)
{
    struct queue_item *next;

    for (struct queue_item *item = queue_take_all(caller->queue, 0); item; item = next) {
        next = item->next;
        begin_call(caller, CONTAINER_OF(item, struct outgoing, item));
    }
}

static void *run(void *context)
{
    struct caller *caller = context;
    int under_way = 0;

    while (!atomic_load(&caller->stopping) || under_way > 0 || queue_length(caller->queue) > 0) {
        take_queue(caller);
        curl_multi_perform(caller->multi, &under_way);
        end_finished(caller);
        curl_multi_poll(caller->multi, NULL, 0, under_way > 0 ? 200 : 1000, NULL);
    }
    return NULL;
}

struct caller *caller_start(const struct outbox_options *options,
                            void (*done)(struct outgoing *call, void *context), void *context)
{
    struct caller *caller = memory_new(sizeof *caller);

    caller->options = options;
    caller->done = done;
    caller->context = context;
    caller->queue = queue_new(QUEUE_MOST);
    caller->multi = curl_multi_init();
    ASSERT(caller->multi);
    curl_multi_setopt(caller->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTS_MOST);
    ASSERT(pthread_create(&caller->thread, NULL, run, caller) == 0);
    return caller;
}

void caller_submit(struct caller *caller, struct outgoing *call)
{
    ASSERT(queue_push(caller->queue, &call->item)); /* dispatch has fewer in hand */
    curl_multi_wakeup(caller->multi);
}

void caller_stop(struct caller *caller)
{
    if (caller == NULL)
        return;
    atomic_store(&caller->stopping, true);
    curl_multi_wakeup(caller->multi);
    pthread_join(caller->thread, NULL);
    curl_multi_cleanup(caller->multi);
    queue_close(caller->queue);
    queue_free(caller->queue);
    free(caller);
}
