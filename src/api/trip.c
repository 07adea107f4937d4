#include "api/trip.h"

#include <string.h>

#include "api/api_metrics.h"
#include "base/clock.h"
#include "base/log.h"

#define SLOW_US SECOND_US

void trip_header(struct trip *trip, const char *name, const char *value)
{
    struct http_response *response = &trip->response;

    ASSERT(response->header_count < TRIP_HEADERS_MOST);
    trip->headers[response->header_count++] = (struct http_header){
        {name, strlen(name)},
        {value, strlen(value)},
    };
    response->headers = trip->headers;
}

/* One line a call. The route's path, not the caller's: that may hold a voucher's code. */
static void write_log(const struct trip *trip, int64_t took_us)
{
    const struct call *call = &trip->call;
    int status = trip->response.status;
    bool waited = trip->wait_until_us != 0;
    bool noteworthy = status >= 500 || (took_us > SLOW_US && !waited);

    LOG_WITH(noteworthy ? LOG_INFO : LOG_DEBUG, "api.call", LOG_STR("request_id", trip->request_id),
             LOG_STR("method", http_method_name(http_request_method(call->request))),
             LOG_STR("route", call->route ? call->route->path : "none"), LOG_INT("status", status),
             LOG_INT("us", took_us), LOG_INT("account", call->who.account_id), {0});
}

static void count(const struct trip *trip, int64_t took_us)
{
    int class = trip->response.status / 100;

    api_count(API_IN_HAND, -1);
    if (class >= 2 && class <= 5)
        api_count(API_ANSWERED_2XX + (enum api_metric)(class - 2), 1);
    if (trip->wait_until_us == 0)
        metric_observe_us(&api_metrics[API_CALL_TIME], took_us);
}

/* The trip ends with the request. */
static void send(struct trip *trip)
{
    int64_t took_us = clock_monotonic_us() - trip->started_us;

    count(trip, took_us);
    write_log(trip, took_us);
    http_respond(trip->call.request, &trip->response);
}

static void send_posted(struct loop_item *item)
{
    send(CONTAINER_OF(item, struct trip, posted));
}

void trip_answer(struct trip *trip)
{
    struct loop *loop = http_request_loop(trip->call.request);

    ASSERT(trip->place != TRIP_ANSWERED);
    trip->place = TRIP_ANSWERED;
    if (loop_is_current(loop)) {
        send(trip);
        return;
    }
    trip->posted.run = send_posted;
    loop_post(loop, &trip->posted);
}

static void free_posted(struct loop_item *item)
{
    struct trip *trip = CONTAINER_OF(item, struct trip, posted);

    api_count(API_IN_HAND, -1);
    api_count(API_GONE, 1);
    http_respond(trip->call.request, &(struct http_response){.status = 503, .close = true});
}

void trip_drop(struct trip *trip)
{
    ASSERT(trip->place != TRIP_ANSWERED);
    trip->place = TRIP_ANSWERED;
    trip->posted.run = free_posted;
    loop_post(http_request_loop(trip->call.request), &trip->posted);
}
