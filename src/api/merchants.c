/* Merchants: the shops themselves; who works there is in staff.c. */
#include "market/merchants.h"

#include "api/app.h"
#include "api/call.h"
#include "api/resources.h"
#include "jobs/vouchers_return.h"
#include "people/audit.h"

static json_t *merchant_json(const struct merchant *merchant)
{
    return json_pack("{s:o, s:s, s:s, s:s, s:b, s:o}", "id", json_id(merchant->id), "name",
                     merchant->name, "sector", merchant_sector_name(merchant->sector), "address",
                     merchant->address, "open", merchant->state == MERCHANT_OPEN, "created_at",
                     json_time(merchant->created_us));
}

struct merchant_input {
    struct text name, address;
    int sector;
};

static const struct json_field merchant_fields[] = {
    {"name", JSON_TEXT, REQUIRED, offsetof(struct merchant_input, name), .min = 1, .max = 100},
    {"sector", JSON_CHOICE, REQUIRED, offsetof(struct merchant_input, sector),
     .choices = MERCHANT_SECTORS},
    {"address", JSON_TEXT, OPTIONAL, offsetof(struct merchant_input, address), .max = 200},
    {0},
};

static enum answered merchant_post(struct call *call)
{
    const struct merchant_input *input = call->input;
    struct merchant merchant = {
        .id = id_next(call->app->ids),
        .name = arena_copy(call->arena, input->name.data, input->name.length),
        .address = arena_copy(call->arena, input->address.data, input->address.length),
        .sector = input->sector,
        .created_us = call->now_us,
    };
    struct error error;

    if (!merchant_create(call->db, &merchant, &error))
        return reply_error(call, &error);
    return reply_created(
        call, arena_printf(call->arena, "/v1/merchants/%llu", (unsigned long long)merchant.id),
        merchant_json(&merchant));
}

static enum answered merchant_get(struct call *call)
{
    struct merchant merchant;
    struct error error;
    enum find found = merchant_find(call->db, call->ids[0], call->arena, &merchant, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return reply_json(call, 200, merchant_json(&merchant));
}

static enum answered merchants_get(struct call *call)
{
    const struct page *page = &((const struct page_query *)call->query)->page;
    int64_t limit = page_limit(page);
    struct merchant *merchants;
    struct error error;
    size_t count;
    json_t *items;

    if (!merchant_list(call->db, page->after, limit, call->arena, &merchants, &count, &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, merchant_json(&merchants[i]));
    return reply_json_cached(
        call, page_json(items, (int64_t)count == limit ? merchants[count - 1].id : 0));
}

/* --- Leaving ---------------------------------------------------------------------------------- */

struct why_input {
    struct text why;
};

static const struct json_field why_fields[] = {
    {"why", JSON_TEXT, REQUIRED, offsetof(struct why_input, why), .min = 4, .max = 400},
    {0},
};

static enum answered take_step(struct call *call,
                               enum find (*step_to)(struct db *, const struct merchant_step *,
                                                    struct error *))
{
    const struct why_input *input = call->input;
    const struct merchant_step step = {.merchant_id = call->ids[0],
                                       .actor = call->who.account_id,
                                       .now_us = call->now_us,
                                       .why = input->why};
    struct error error;
    enum find found = step_to(call->db, &step, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return merchant_get(call);
}

static enum answered merchant_leave_post(struct call *call)
{
    return take_step(call, merchant_leave);
}

static enum answered merchant_rejoin_post(struct call *call)
{
    return take_step(call, merchant_rejoin);
}

static bool return_vouchers(struct call *call, int64_t issued_until_us, struct outcome *returned,
                            struct error *error)
{
    const struct why_input *input = call->input;
    const struct audit audit = {.actor = call->who.account_id,
                                .action = "merchant.return_vouchers",
                                .object_id = call->ids[0],
                                .why = input->why};
    struct voucher_return work = {.db = call->db,
                                  .teller = call_teller(call),
                                  .arena = call->arena,
                                  .ids = call->app->ids,
                                  .merchant_id = call->ids[0],
                                  .actor = call->who.account_id,
                                  .actor_epoch = call->who.epoch,
                                  .now_us = call->now_us,
                                  .issued_until_us = issued_until_us,
                                  .slices_most = 10};

    if (!audit_append(call->db, &audit, call->now_us, error) || !vouchers_return(&work, error))
        return false;
    *returned =
        (struct outcome){.ref = (uint64_t)work.returned, .points = work.points, .extra = work.more};
    return true;
}

static json_t *returned_json(uint64_t merchant_id, const struct outcome *returned)
{
    return json_pack("{s:o, s:I, s:o, s:b}", "merchant_id", json_id(merchant_id), "returned",
                     (json_int_t)returned->ref, "points", json_points(returned->points), "more",
                     returned->extra != 0);
}

/* The request's key is claimed first, and its answer kept at its end: asked again after a crash, it
 * goes on with what was open when it was first asked; after its end, it only says what came of it.
 */
enum { CLAIM, RETURNED };

static enum answered vouchers_return_post(struct call *call)
{
    struct outcome claim = {0}, returned;
    struct merchant merchant;
    struct error error;
    enum find found = merchant_find(call->db, call->ids[0], call->arena, &merchant, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (merchant.state != MERCHANT_LEFT)
        return reply_problem_detail(call, PROBLEM_CONFLICT, "商家尚未退出",
                                    "The merchant has not left");
    if (!call_keep(call, CLAIM, &claim))
        return ANSWERED;
    if (!return_vouchers(call, claim.at_us, &returned, &error))
        return reply_error(call, &error);
    if (!call_keep(call, RETURNED, &returned))
        return ANSWERED;
    return reply_json(call, 200, returned_json(merchant.id, &returned));
}

const struct route merchant_routes[] = {
    {HTTP_GET, "/v1/merchants", ANYONE, ON_QUERY, merchants_get, .query_fields = page_query_fields,
     .query_size = sizeof(struct page_query)},
    {HTTP_POST, "/v1/merchants", ROLE_ADMINISTRATOR, ON_QUERY, merchant_post,
     .fields = merchant_fields, .input_size = sizeof(struct merchant_input)},
    {HTTP_GET, "/v1/merchants/{id}", ANYONE, ON_QUERY, merchant_get},
    {HTTP_POST, "/v1/merchants/{id}/leave", ROLE_ADMINISTRATOR, ON_QUERY, merchant_leave_post,
     .fields = why_fields, .input_size = sizeof(struct why_input)},
    {HTTP_POST, "/v1/merchants/{id}/rejoin", ROLE_ADMINISTRATOR, ON_QUERY, merchant_rejoin_post,
     .fields = why_fields, .input_size = sizeof(struct why_input)},
    {HTTP_POST, "/v1/merchants/{id}/return-vouchers", ROLE_ADMINISTRATOR, ON_QUERY,
     vouchers_return_post, .fields = why_fields, .input_size = sizeof(struct why_input),
     .idempotent = true},
    {0},
};
