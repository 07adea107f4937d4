/*
 * api: one file per resource, thin: fields in, domain call, JSON out. routes.c is the table of
 * contents. A call is one request on its way through: made by the dispatcher after routing,
 * authentication and validation, answered exactly once.
 *
 * A handler is straight-line code that ends in one reply_… or call_submit:
 *
 *   static enum answered redemption_create(struct call *call)   ON_LOOP: no database, never blocks
 *   {
 *       const struct redeem_request *input = call->input;
 *       struct reserve *reserve = call_command(call, sizeof *reserve, &command_reserve);
 *
 *       reserve->reward_id = input->reward_id; …
 *       return call_submit(call, &reserve->command, render_redemption);
 *   }
 *
 * ON_QUERY handlers run on a query thread with call->db and may block on the database; they too may
 * end in call_submit (a voucher code is looked up first, then confirmed).
 */
#ifndef LINLI_CALL_H
#define LINLI_CALL_H

#include <jansson.h>

#include "api/problem.h"
#include "api/route.h"
#include "base/arena.h"
#include "base/json_fields.h"
#include "http/server.h"
#include "ledger/teller.h"
#include "people/who.h"
#include "store/find.h"

struct app; /* what the process has: api/app.h */

enum language { LANGUAGE_ZH, LANGUAGE_EN };

struct call {
    struct http_request *request;
    struct arena *arena; /* the request's: freed after the answer */
    const struct app *app;
    const struct route *route;
    struct who who;    /* account_id 0 on routes for ANYONE without a token */
    uint64_t ids[2];   /* the {id}s of the path, in order: always valid ids */
    struct text word;  /* the {word} of the path (a code, a name), percent-decoded */
    const void *input; /* by route->fields; NULL when the route takes no body */
    const void *query; /* by route->query_fields: the query string, read by the same tables */
    enum language language;
    int64_t now_us;
    struct db *db;   /* ON_QUERY, and after call_run_on_query */
    void *context;   /* the handler's own, for its render function */
    bool waited_out; /* run for the last time: call_wait has nothing more to wait for */
};

/* A zeroed command of `size` (whose first member is struct command), with actor, epoch,
 * idempotency key and fingerprint filled in. */
void *call_command(struct call *call, size_t size, const struct command_kind *kind);

/* Hands the command to the teller. A full queue answers 503, a key in flight 409, a refusal its
 * problem; else `render` runs on the loop thread and replies from the outcome alone (and the
 * request), so that a replay in another process gives the same body. */
typedef enum answered call_render(struct call *call, const struct outcome *outcome);
enum answered call_submit(struct call *call, struct command *command, call_render *render);

/* From a handler ON_LOOP that must ask the database after all: it is run again from its start, on a
 * query thread and with call->db. */
enum answered call_run_on_query(struct call *call);

/*
 * Requests that hand the teller several commands, ON_QUERY: each command has a key of its own
 * within the request's, and the request as a whole claims that key before the first of them.
 *
 * call_keep keeps `outcome` durably under `part` of the key (0: the claim), or fills it with what
 * is kept there: the same request came before. False: the call is answered already, since the key
 * was used for another request, is in flight, or nothing can be kept now.
 */
bool call_keep(struct call *call, uint64_t part, struct outcome *outcome) MUST_CHECK;
/* A command of call_command becomes `part` (not 0) of the request, and is run though the client
 * left: others of the request may be decided already. */
void call_take_part(struct command *command, uint64_t part);
/* For those commands: the only way to the teller but call_submit. */
struct teller *call_teller(struct call *call);
/* Whether the teller serves: for who asks whether this server may be sent requests. */
bool call_points_can_move(const struct call *call) MUST_CHECK;

/*
 * Long-polls. A handler ON_QUERY that found nothing new ends in this, and is run again from its
 * start when points of `member_id` (0: of anybody) moved or their inbox got a notice, or for the
 * last time `wait_us` after the call came in:
 *
 *   if (count == 0 && call_wait(call, call->who.account_id, query->wait * SECOND_US))
 *       return ANSWERED;
 *
 * False: it is time to answer with what there is. Too many who wait are answered 503 here.
 */
bool call_wait(struct call *call, uint64_t member_id, int64_t wait_us) MUST_CHECK;

/* Answers: exactly one per call, from whichever thread the handler runs on. */
enum answered reply_json(struct call *call, int status, json_t *body); /* takes the reference */
enum answered reply_created(struct call *call, const char *location, json_t *body);
/* 202: somebody else must answer first; `location` will tell. */
enum answered reply_accepted(struct call *call, const char *location, json_t *body);
enum answered reply_empty(struct call *call); /* 204 */
/* The body is copied. */
enum answered reply_bytes(struct call *call, int status, const char *content_type,
                          struct text body);
/* A page for printing: nothing may be loaded by it or frame it. */
enum answered reply_html(struct call *call, struct text page);
enum answered reply_html_as(struct call *call, int status, struct text page);
/* 200 with an ETag over the body, or 304 when If-None-Match has it. */
enum answered reply_json_cached(struct call *call, json_t *body);
enum answered reply_problem(struct call *call, enum problem problem);
/* With a detail in both languages' place: literal, or from the arena. */
enum answered reply_problem_detail(struct call *call, enum problem problem, const char *zh,
                                   const char *en);
/* 429, and when to try again. */
enum answered reply_too_many(struct call *call, int64_t retry_after_us);
enum answered reply_refusal(struct call *call, const struct outcome *outcome);
enum answered reply_fault(struct call *call, const struct json_fault *fault);
/* The same for what a field table cannot check: reply_bad_field(call, "/phone", "bad_phone", …). */
enum answered reply_bad_field(struct call *call, const char *pointer, const char *code,
                              const char *expected);
/* Something broke: logs the error with the request id and answers 500 (503 when the database is
 * away) without its detail. */
enum answered reply_error(struct call *call, const struct error *error);

/* For a find… function that did not answer FIND_FOUND: 404, or the error. */
enum answered reply_missing(struct call *call, enum find found, const struct error *error);

/* Cursor pagination: `{"items": […], "next": "cursor" or null}`. Tables include PAGE_FIELDS in
 * their query fields; a list without filters uses page_query_fields. A cursor is the last row's
 * key. */
#define PAGE_LIMIT_MOST 100
struct page {
    uint64_t after; /* 0: from the start */
    int64_t limit;  /* 1..100, default 20: read it by page_limit */
};
#define PAGE_FIELDS(input, member)                                                                 \
    {.name = "cursor", .type = JSON_ID, .offset = offsetof(input, member.after)},                  \
    {                                                                                              \
        .name = "limit", .type = JSON_INT, .offset = offsetof(input, member.limit), .min = 1,      \
        .max = 100                                                                                 \
    }
struct page_query {
    struct page page;
};
extern const struct json_field page_query_fields[];
int64_t page_limit(const struct page *page);
/* `next_after` 0: there is no further page. */
json_t *page_json(json_t *items, uint64_t next_after);

#endif
