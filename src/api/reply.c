#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/headers.h"
#include "api/people_json.h"
#include "api/trip.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/utf8.h"

#define PROBLEM_TYPE "urn:linli:problem:"

/* --- every answer --- */

/* Starts the response. What a token was needed for is nobody else's to keep. */
static void begin(struct trip *trip, int status, const char *content_type)
{
    const struct call *call = &trip->call;

    trip->response.status = status;
    trip->response.content_type = content_type;
    trip_header(trip, "X-Request-Id", trip->request_id);
    trip_header(trip, "X-Content-Type-Options", "nosniff");
    trip_header(trip, "Vary", "Accept-Language, Authorization");
    if (trip->command && trip->command->replayed)
        trip_header(trip, "Idempotency-Replayed", "true");
    if (content_type)
        trip_header(trip, "Content-Language", language_tag(call->language));
}

static enum answered end(struct trip *trip)
{
    trip_header(trip, "Cache-Control", "no-store");
    trip_answer(trip);
    return ANSWERED;
}

/* Members keep the order in which a handler set them: the same outcome gives the same bytes. */
static void take_body(struct trip *trip, json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT);

    ASSERT(text);
    json_decref(body);
    trip->response.body_owned = text;
    trip->response.body = (struct text){text, strlen(text)};
}

enum answered reply_json(struct call *call, int status, json_t *body)
{
    struct trip *trip = trip_of(call);

    begin(trip, status, "application/json");
    take_body(trip, body);
    return end(trip);
}

enum answered reply_created(struct call *call, const char *location, json_t *body)
{
    trip_header(trip_of(call), "Location", location);
    return reply_json(call, 201, body);
}

enum answered reply_accepted(struct call *call, const char *location, json_t *body)
{
    trip_header(trip_of(call), "Location", location);
    return reply_json(call, 202, body);
}

enum answered reply_empty(struct call *call)
{
    struct trip *trip = trip_of(call);

    begin(trip, 204, NULL);
    return end(trip);
}

enum answered reply_bytes(struct call *call, int status, const char *content_type, struct text body)
{
    struct trip *trip = trip_of(call);

    begin(trip, status, content_type);
    trip->response.body =
        (struct text){arena_copy(call->arena, body.data, body.length), body.length};
    return end(trip);
}

enum answered reply_html_as(struct call *call, int status, struct text page)
{
    trip_header(trip_of(call), "Content-Security-Policy",
                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
    return reply_bytes(call, status, "text/html; charset=utf-8", page);
}

enum answered reply_html(struct call *call, struct text page)
{
    return reply_html_as(call, 200, page);
}

enum answered reply_json_cached(struct call *call, json_t *body)
{
    struct trip *trip = trip_of(call);
    struct text known = http_request_header(call->request, "if-none-match");
    uint8_t hash[HASH_SIZE];
    const char *tag;

    begin(trip, 200, "application/json");
    take_body(trip, body);
    crypto_sha256(trip->response.body.data, trip->response.body.length, hash);
    tag = arena_printf(call->arena, "\"%s\"", base64url_encode(call->arena, hash, 15));
    if (entity_tag_matches(known, tag))
        trip->response.status = 304;
    trip_header(trip, "ETag", tag);
    trip_header(trip, "Cache-Control", call->who.account_id ? "private, no-cache" : "no-cache");
    trip_answer(trip);
    return ANSWERED;
}

/* --- problems --- */

struct problem_answer {
    int status;
    const char *code, *title;
    const char *detail; /* or NULL */
    json_t *further;    /* an object whose members are added, or NULL; its reference is taken */
};

/* RFC 6750 section 3.1: no error code for who sent no token at all. */
static const char *challenge(const struct call *call)
{
    if (http_request_header(call->request, "authorization").length > 0)
        return "Bearer realm=\"linli\", error=\"invalid_token\"";
    return "Bearer realm=\"linli\"";
}

static enum answered answer_problem(struct call *call, const struct problem_answer *problem)
{
    struct trip *trip = trip_of(call);
    const char *type = arena_printf(call->arena, PROBLEM_TYPE "%s", problem->code);
    json_t *body =
        json_pack("{s:s, s:s, s:i, s:s, s:s*}", "type", type, "title", problem->title, "status",
                  problem->status, "code", problem->code, "detail", problem->detail);

    ASSERT(body);
    if (problem->further) {
        json_object_update(body, problem->further);
        json_decref(problem->further);
    }
    begin(trip, problem->status, "application/problem+json");
    if (problem->status == 401)
        trip_header(trip, "WWW-Authenticate", challenge(call));
    if (problem->status == 503)
        trip_header(trip, "Retry-After", "1");
    take_body(trip, body);
    return end(trip);
}

static const char *in_language(const struct call *call, const char *zh, const char *en)
{
    return call->language == LANGUAGE_EN ? en : zh;
}

static enum answered answer_listed(struct call *call, enum problem problem, const char *detail,
                                   json_t *further)
{
    const struct problem_text *text = problem_text(problem);

    return answer_problem(call, &(struct problem_answer){
                                    .status = text->status,
                                    .code = text->code,
                                    .title = in_language(call, text->zh, text->en),
                                    .detail = detail,
                                    .further = further,
                                });
}

enum answered reply_problem(struct call *call, enum problem problem)
{
    return answer_listed(call, problem, NULL, NULL);
}

enum answered reply_problem_detail(struct call *call, enum problem problem, const char *zh,
                                   const char *en)
{
    return answer_listed(call, problem, in_language(call, zh, en), NULL);
}

enum answered reply_too_many(struct call *call, int64_t retry_after_us)
{
    long long seconds = retry_after_us <= 0 ? 1 : (retry_after_us + SECOND_US - 1) / SECOND_US;

    trip_header(trip_of(call), "Retry-After", arena_printf(call->arena, "%lld", seconds));
    return answer_listed(call, PROBLEM_TOO_MANY, NULL, NULL);
}

enum answered reply_refusal(struct call *call, const struct outcome *outcome)
{
    const struct refusal_text *text = refusal_text(outcome->refusal);
    json_t *further = NULL;

    if (outcome->refusal == REFUSED_NOT_ENOUGH_POINTS && outcome->points > 0)
        further = json_pack("{s:o, s:o}", "lacking", json_points(outcome->points), "available",
                            json_points(outcome->available));
    if (outcome->refusal == REFUSED_VOUCHER_USED && outcome->until_us > 0)
        further = json_pack("{s:o, s:o}", "used_at", json_time(outcome->until_us), "shop_id",
                            outcome->ref == 0 ? json_null() : json_id(outcome->ref));
    if (outcome->refusal == REFUSED_DENIED && outcome->ref != 0)
        further = json_pack("{s:o}", "decision_id", json_id(outcome->ref));
    if (outcome->refusal == REFUSED_MUST_AGREE)
        further = json_pack("{s:o}", "discloses", disclosures_json(outcome->extra));
    return answer_problem(call, &(struct problem_answer){
                                    .status = text->status,
                                    .code = text->code,
                                    .title = in_language(call, text->zh, text->en),
                                    .further = further,
                                });
}

enum answered reply_fault(struct call *call, const struct json_fault *fault)
{
    json_t *further = json_pack("{s:[{s:s, s:s, s:s}]}", "fields", "pointer", fault->pointer,
                                "code", fault->code, "expected", fault->expected);

    ASSERT(further);
    return answer_listed(call, PROBLEM_BAD_FIELD, NULL, further);
}

/* JSON has no room for half a character. */
static void copy_whole(char *out, size_t size, const char *text)
{
    size_t length = strlen(text);

    if (length >= size)
        length = utf8_cut(text, size - 1);
    memcpy(out, text, length);
    out[length] = '\0';
}

enum answered reply_bad_field(struct call *call, const char *pointer, const char *code,
                              const char *expected)
{
    struct json_fault fault = {.code = code};

    copy_whole(fault.pointer, sizeof fault.pointer, pointer);
    copy_whole(fault.expected, sizeof fault.expected, expected);
    return reply_fault(call, &fault);
}

/* The database is away or too contended: worth another try, unlike what is broken. */
static bool is_passing(const struct error *error)
{
    static const char *const passing[] = {"store.lost", "store.retry", "store.unknown"};

    for (size_t i = 0; i < ARRAY_LENGTH(passing); i++) {
        if (error->code && strcmp(error->code, passing[i]) == 0)
            return true;
    }
    return false;
}

enum answered reply_error(struct call *call, const struct error *error)
{
    LOG(ERROR, "api.failed", LOG_STR("request_id", trip_of(call)->request_id),
        LOG_STR("code", error->code), LOG_STR("detail", error->detail));
    return reply_problem(call, is_passing(error) ? PROBLEM_BUSY : PROBLEM_INTERNAL);
}
