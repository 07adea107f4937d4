#include "api/dispatch.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "api/api_metrics.h"
#include "api/headers.h"
#include "api/input.h"
#include "api/query_pool.h"
#include "api/trip.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "people/revocations.h"
#include "people/tokens.h"

/* Each step answers the call itself when it returns false. */

static bool refuse(struct trip *trip, enum problem problem)
{
    reply_problem(&trip->call, problem);
    return false;
}

/* --- the trip begins --- */

/* The caller's own id when it may be logged; else ours: a start's random number and a count. */
static void name_request(struct trip *trip)
{
    static _Atomic uint64_t next;
    struct text given = http_request_header(trip->call.request, "x-request-id");
    uint64_t number;

    if (request_id_is_sane(given)) {
        memcpy(trip->request_id, given.data, given.length);
        return;
    }
    number = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed);
    snprintf(trip->request_id, sizeof trip->request_id, "%08x-%08llx",
             (unsigned)trip->call.app->instance_id, (unsigned long long)number);
}

static struct trip *begin(struct http_request *request, const struct app *app)
{
    struct arena *arena = http_request_arena(request);
    struct trip *trip = arena_take(arena, sizeof *trip);

    trip->place = TRIP_ON_LOOP;
    trip->started_us = clock_monotonic_us();
    trip->call = (struct call){
        .request = request,
        .arena = arena,
        .app = app,
        .language = language_choose(http_request_header(request, "accept-language")),
        .now_us = clock_now_us(),
    };
    name_request(trip);
    api_count(API_IN_HAND, 1);
    return trip;
}

/* --- what is asked --- */

/* "GET, HEAD, POST, OPTIONS" */
static const char *methods_text(struct arena *arena, unsigned methods)
{
    const char *text = "";

    methods |= 1U << HTTP_OPTIONS;
    for (enum http_method method = HTTP_GET; method <= HTTP_OPTIONS; method++) {
        if (methods & 1U << method)
            text = arena_printf(arena, "%s%s%s", text, *text ? ", " : "", http_method_name(method));
    }
    return text;
}

static bool find_route(struct trip *trip)
{
    struct call *call = &trip->call;
    enum http_method method = http_request_method(call->request);
    unsigned allowed;

    call->route = route_find(method, http_request_path(call->request), call->arena, call->ids,
                             &call->word, &allowed);
    if (call->route)
        return true;
    if (!allowed)
        return refuse(trip, PROBLEM_NOT_FOUND);
    trip_header(trip, "Allow", methods_text(call->arena, allowed));
    if (method != HTTP_OPTIONS)
        return refuse(trip, PROBLEM_METHOD_NOT_ALLOWED);
    reply_empty(call);
    return false;
}

/* --- who asks --- */

static enum token_verdict read_token(struct call *call)
{
    struct text token = bearer_token(http_request_header(call->request, "authorization"));
    enum token_verdict verdict;

    if (!token.data)
        return TOKEN_FORGED;
    verdict = access_token_read(call->app->keyring, token, call->now_us, &call->who);
    if (verdict == TOKEN_GOOD && who_is_revoked(call->app->revocations, &call->who))
        return TOKEN_FORGED;
    return verdict;
}

/* A token that is no good is no obstacle where none is needed: the refresh comes with one. */
static bool authenticate(struct trip *trip)
{
    struct call *call = &trip->call;
    enum token_verdict verdict = read_token(call);

    if (verdict != TOKEN_GOOD)
        call->who = (struct who){0};
    if (call->route->who == ANYONE)
        return true;
    if (verdict == TOKEN_EXPIRED)
        return refuse(trip, PROBLEM_TOKEN_EXPIRED);
    if (verdict != TOKEN_GOOD)
        return refuse(trip, PROBLEM_UNAUTHENTICATED);
    if (!(call->route->who & call->who.role))
        return refuse(trip, PROBLEM_FORBIDDEN);
    return true;
}

/* --- its key --- */

/* Keys are their account's own: another may use the same text. */
static void hash_key(struct trip *trip, const char *key, size_t length)
{
    struct buffer named = {0};
    uint8_t hash[HASH_SIZE];

    buffer_add_u64(&named, trip->call.who.account_id);
    buffer_add(&named, key, length);
    crypto_sha256(named.data, named.length, hash);
    buffer_free(&named);
    memcpy(trip->request_key, hash, sizeof trip->request_key);
    trip->has_key = true;
}

/* What a key was used for: the same key with another request is a mistake to be told (422). */
static void take_fingerprint(struct trip *trip)
{
    struct http_request *request = trip->call.request;
    struct text path = http_request_path(request), body = http_request_body(request);
    struct buffer whole = {0};
    uint8_t hash[HASH_SIZE];

    buffer_printf(&whole, "%s %.*s\n", http_method_name(http_request_method(request)),
                  TEXT_ARGS(path));
    buffer_add(&whole, body.data, body.length);
    crypto_sha256(whole.data, whole.length, hash);
    buffer_free(&whole);
    memcpy(trip->fingerprint, hash, sizeof trip->fingerprint);
}

static bool read_key(struct trip *trip)
{
    struct http_request *request = trip->call.request;
    struct text header = http_request_header(request, "idempotency-key");
    char key[IDEMPOTENCY_KEY_MOST];
    size_t length;

    if (!trip->call.route->idempotent)
        return true;
    if (!header.data)
        return refuse(trip, PROBLEM_KEY_MISSING);
    if (http_request_header_repeated(request, "idempotency-key") ||
        !idempotency_key_read(header, key, &length))
        return refuse(trip, PROBLEM_KEY_BAD);
    hash_key(trip, key, length);
    take_fingerprint(trip);
    return true;
}

/* --- its input --- */

static bool read_query(struct trip *trip)
{
    struct call *call = &trip->call;
    void *query = arena_take(call->arena, call->route->query_size + 1);
    struct json_fault fault;

    call->query = query;
    if (query_string_read(call->route->query_fields, http_request_query(call->request), call->arena,
                          query, &fault))
        return true;
    reply_fault(call, &fault);
    return false;
}

/* A route without fields takes an empty object, which many clients send for nothing. */
static bool read_fields(struct trip *trip, json_t *body)
{
    static const struct json_field none[] = {{0}};
    struct call *call = &trip->call;
    const struct json_field *fields = call->route->fields ? call->route->fields : none;
    void *input = arena_take(call->arena, call->route->input_size + 1);
    struct json_fault fault;

    call->input = input;
    if (json_fields_read(fields, body, call->arena, input, &fault))
        return true;
    reply_fault(call, &fault);
    return false;
}

static bool is_csv(struct trip *trip)
{
    struct call *call = &trip->call;

    if (media_type_is_csv(http_request_header(call->request, "content-type")))
        return true;
    reply_problem_detail(call, PROBLEM_BAD_MEDIA_TYPE, "此处请使用 text/csv", "Send text/csv here");
    return false;
}

static bool read_body(struct trip *trip)
{
    struct call *call = &trip->call;
    struct text body = http_request_body(call->request);
    struct error error;
    json_t *parsed;
    bool read;

    if (call->route->takes_csv)
        return is_csv(trip);
    if (body.length == 0 && !call->route->fields)
        return true;
    if (body.length > 0 && !media_type_is_json(http_request_header(call->request, "content-type")))
        return refuse(trip, PROBLEM_BAD_MEDIA_TYPE);
    parsed = body_parse(body, &error);
    if (!parsed) {
        const char *detail = arena_printf(call->arena, "%s", error.detail);

        reply_problem_detail(call, PROBLEM_BAD_JSON, detail, detail);
        return false;
    }
    read = read_fields(trip, parsed);
    json_decref(parsed);
    return read;
}

/* --- the way itself --- */

void dispatch_request(struct http_request *request, void *context)
{
    const struct app *app = context;
    struct trip *trip = begin(request, app);

    if (!find_route(trip) || !authenticate(trip) || !read_key(trip) || !read_query(trip) ||
        !read_body(trip))
        return;
    if (trip->call.route->runs_on == ON_QUERY)
        query_pool_run(app->queries, trip);
    else
        trip->call.route->handler(&trip->call);
}
