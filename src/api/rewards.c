/* Rewards: what merchants offer, their terms and their stock. */
#include "market/rewards.h"
#include "market/merchants.h"

#include <inttypes.h>

#include "api/app.h"
#include "api/call.h"
#include "api/people_json.h"
#include "api/resources.h"
#include "api/vouchers.h"
#include "ledger/statement.h"
#include "market/calls.h"
#include "market/shops.h"
#include "market/sponsors.h"

/* A manager sees to the rewards of their own merchant, an administrator to all. */
static bool may_manage(const struct who *who, uint64_t merchant_id)
{
    return who->role == ROLE_ADMINISTRATOR ||
           (who->role == ROLE_MANAGER && who->scope_id == merchant_id);
}

/* What the programme pays for it is between it and the merchant. */
static bool may_see_money(const struct who *who, uint64_t merchant_id)
{
    return who->role == ROLE_AUDITOR || may_manage(who, merchant_id);
}

static json_t *terms_json(const struct reward_terms *terms)
{
    return json_pack("{s:b, s:o, s:o, s:i, s:i, s:I}", "open", terms->state == STOCK_OPEN, "price",
                     json_points(terms->price), "sell_until", json_time(terms->sell_until_us),
                     "limit_count", terms->limit_count, "limit_days", terms->limit_days,
                     "valid_days", (json_int_t)(terms->valid_us / DAY_US));
}

static void add_money(json_t *json, const struct reward *reward)
{
    json_t *terms = json_object_get(json, "terms");

    json_object_set_new(json, "item", json_string(reward->item));
    json_object_set_new(json, "committed_fen", json_integer(reward->committed_fen));
    json_object_set_new(terms, "reimburse_fen", json_integer(reward->terms.reimburse_fen));
    json_object_set_new(terms, "budget_fen", json_integer(reward->terms.budget_fen));
}

static json_t *reward_json(const struct who *who, const struct reward *reward)
{
    json_t *merchant =
        json_pack("{s:o, s:s}", "id", json_id(reward->merchant_id), "name", reward->merchant_name);
    json_t *stock = json_pack("{s:I, s:I, s:I, s:I}", "initial", (json_int_t)reward->initial,
                              "free", (json_int_t)reward->free, "held", (json_int_t)reward->held,
                              "sold", (json_int_t)reward->sold);

    json_t *json = json_pack(
        "{s:o, s:o, s:o, s:o, s:s, s:s, s:o, s:I, s:o, s:o, s:o}", "id", json_id(reward->id),
        "merchant", merchant, "only_in", named_or_null(reward->shop_id, reward->shop_name),
        "sponsor", named_or_null(reward->terms.sponsor_id, reward->sponsor_name), "title",
        reward->title, "description", reward->description, "terms", terms_json(&reward->terms),
        "terms_version", (json_int_t)reward->terms_version, "stock", stock, "created_at",
        json_time(reward->created_us), "discloses", disclosures_json(calls_tells(reward->calls)));

    if (may_see_money(who, reward->merchant_id))
        add_money(json, reward);
    return json;
}

#define PRICE_MOST  100000000    /* hundredths of a point; fen */
#define BUDGET_MOST 100000000000 /* fen */
#define DAYS_MOST   3650

/* --- Making one, and changing its terms ------------------------------------------------------ */

struct terms_input {
    int64_t price, reimburse_fen, limit_count, limit_days, valid_days;
    uint64_t sponsor_id;
    int64_t budget_fen, sell_until_us;
    bool closed;
};

struct reward_input {
    uint64_t merchant_id, shop_id;
    struct text title, description, item;
    struct terms_input terms;
};

struct reward_terms_input {
    int64_t terms_version;
    struct terms_input terms;
};

/* The same terms in both bodies: a new reward's and a change's. */
/* clang-format off */
#define TERMS_FIELDS(input)                                                                        \
    {"price", JSON_POINTS, REQUIRED, offsetof(input, terms.price), 1, PRICE_MOST},                 \
    {"reimburse_fen", JSON_INT, OPTIONAL, offsetof(input, terms.reimburse_fen), 0, PRICE_MOST},    \
    {"limit_count", JSON_INT, OPTIONAL, offsetof(input, terms.limit_count), 0, 10000},             \
    {"limit_days", JSON_INT, OPTIONAL, offsetof(input, terms.limit_days), 1, DAYS_MOST},           \
    {"valid_days", JSON_INT, OPTIONAL, offsetof(input, terms.valid_days), 1, DAYS_MOST},           \
    {"sponsor_id", JSON_ID, OPTIONAL, offsetof(input, terms.sponsor_id)},                          \
    {"budget_fen", JSON_INT, OPTIONAL, offsetof(input, terms.budget_fen), 0, BUDGET_MOST},         \
    {"sell_until", JSON_TIME, OPTIONAL, offsetof(input, terms.sell_until_us)},                     \
    {"closed", JSON_FLAG, OPTIONAL, offsetof(input, terms.closed)}
/* clang-format on */

static const struct json_field reward_fields[] = {
    {"merchant_id", JSON_ID, REQUIRED, offsetof(struct reward_input, merchant_id)},
    {"shop_id", JSON_ID, OPTIONAL, offsetof(struct reward_input, shop_id)},
    {"title", JSON_TEXT, REQUIRED, offsetof(struct reward_input, title), .min = 1, .max = 100},
    {"description", JSON_TEXT, OPTIONAL, offsetof(struct reward_input, description), .max = 1000},
    {"item", JSON_TEXT, OPTIONAL, offsetof(struct reward_input, item), .max = 100},
    TERMS_FIELDS(struct reward_input),
    {0},
};

static const struct json_field reward_terms_fields[] = {
    {"terms_version", JSON_INT, REQUIRED, offsetof(struct reward_terms_input, terms_version),
     .min = 1},
    TERMS_FIELDS(struct reward_terms_input),
    {0},
};

#define VALID_DAYS_DEFAULT 30
#define LIMIT_DAYS_DEFAULT 1

static struct reward_terms terms_of(const struct terms_input *input)
{
    return (struct reward_terms){
        .state = input->closed ? STOCK_CLOSED : STOCK_OPEN,
        .price = input->price,
        .reimburse_fen = input->reimburse_fen,
        .limit_count = (int32_t)input->limit_count,
        .limit_days = input->limit_days == 0 ? LIMIT_DAYS_DEFAULT : (int32_t)input->limit_days,
        .valid_us = (input->valid_days == 0 ? VALID_DAYS_DEFAULT : input->valid_days) * DAY_US,
        .sponsor_id = input->sponsor_id,
        .budget_fen = input->budget_fen,
        .sell_until_us = input->sell_until_us,
    };
}

/* Answers with the reward as it is now. */
static enum answered show_reward(struct call *call, int status, uint64_t reward_id)
{
    struct reward reward;
    struct error error;
    enum find found = reward_find(call->db, reward_id, call->arena, &reward, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (status == 201)
        return reply_created(call, arena_printf(call->arena, "/v1/rewards/%" PRIu64, reward_id),
                             reward_json(&call->who, &reward));
    return reply_json(call, status, reward_json(&call->who, &reward));
}

static enum answered reply_no_sponsor(struct call *call, enum find found, const struct error *error)
{
    if (found == FIND_FAILED)
        return reply_error(call, error);
    return reply_bad_field(call, "/sponsor_id", "bad_sponsor", "one of GET /v1/sponsors");
}

static enum find find_sponsor(struct call *call, uint64_t sponsor_id, struct error *error)
{
    struct sponsor sponsor;

    if (sponsor_id == 0)
        return FIND_FOUND;
    return sponsor_find(call->db, sponsor_id, call->arena, &sponsor, error);
}

/* A reward for one shop only names one of its merchant's. */
static enum find find_own_shop(struct call *call, const struct reward *reward, struct error *error)
{
    struct shop shop;
    enum find found;

    if (reward->shop_id == 0)
        return FIND_FOUND;
    found = shop_find(call->db, reward->shop_id, call->arena, &shop, error);
    return found == FIND_FOUND && shop.merchant_id != reward->merchant_id ? FIND_NOTHING : found;
}

static enum answered reward_post(struct call *call)
{
    const struct reward_input *input = call->input;
    struct merchant merchant;
    struct error error;
    enum find found = merchant_find(call->db, input->merchant_id, call->arena, &merchant, &error);
    struct reward reward = {
        .id = id_next(call->app->ids),
        .merchant_id = input->merchant_id,
        .shop_id = input->shop_id,
        .title = arena_copy(call->arena, input->title.data, input->title.length),
        .description = arena_copy(call->arena, input->description.data, input->description.length),
        .item = arena_copy(call->arena, input->item.data, input->item.length),
        .terms = terms_of(&input->terms),
        .created_us = call->now_us,
    };

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!may_manage(&call->who, merchant.id))
        return reply_problem(call, PROBLEM_NOT_FOUND);
    found = find_own_shop(call, &reward, &error);
    if (found != FIND_FOUND)
        return reply_no_shop(call, found, &error);
    found = find_sponsor(call, reward.terms.sponsor_id, &error);
    if (found != FIND_FOUND)
        return reply_no_sponsor(call, found, &error);
    if (!reward_create(call->db, &reward, &error))
        return reply_error(call, &error);
    return show_reward(call, 201, reward.id);
}

static enum answered reward_terms_put(struct call *call)
{
    const struct reward_terms_input *input = call->input;
    struct reward_terms terms = terms_of(&input->terms);
    struct reward reward;
    struct error error;
    enum find found = reward_find(call->db, call->ids[0], call->arena, &reward, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!may_manage(&call->who, reward.merchant_id))
        return reply_problem(call, PROBLEM_NOT_FOUND);
    found = find_sponsor(call, terms.sponsor_id, &error);
    if (found != FIND_FOUND)
        return reply_no_sponsor(call, found, &error);
    found = reward_change_terms(call->db, &reward, (uint32_t)input->terms_version, &terms, &error);
    if (found == FIND_FAILED)
        return reply_error(call, &error);
    if (found == FIND_NOTHING)
        return reply_problem_detail(call, PROBLEM_CONFLICT, "条款已被他人修改，请刷新后再改",
                                    "Somebody else changed the terms: load them again first");
    return show_reward(call, 200, reward.id);
}

/* --- Stock ----------------------------------------------------------------------------------- */

struct stock_input {
    int64_t pieces;
};

static const struct json_field stock_fields[] = {
    {"pieces", JSON_INT, REQUIRED, offsetof(struct stock_input, pieces), .min = -1000000,
     .max = 1000000},
    {0},
};

static enum answered render_stock(struct call *call, const struct outcome *outcome)
{
    return reply_json(call, 200,
                      json_pack("{s:o, s:I}", "reward_id", json_id(outcome->ref), "free",
                                (json_int_t)outcome->points));
}

static enum answered reward_stock_post(struct call *call)
{
    const struct stock_input *input = call->input;
    struct restock *restock = call_command(call, sizeof *restock, &command_restock);
    struct reward reward;
    struct error error;
    enum find found = reward_find(call->db, call->ids[0], call->arena, &reward, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!may_manage(&call->who, reward.merchant_id))
        return reply_problem(call, PROBLEM_NOT_FOUND);
    restock->reward_id = reward.id;
    restock->pieces = (int32_t)input->pieces;
    return call_submit(call, &restock->command, render_stock);
}

/* --- The catalogue --------------------------------------------------------------------------- */

struct rewards_query {
    uint64_t merchant_id;
    bool with_closed, affordable, sector_seen;
    struct text words;
    int sector;
    int64_t price_least, price_most;
    struct page page;
};

static const struct json_field rewards_query_fields[] = {
    {.name = "merchant_id", .type = JSON_ID, .offset = offsetof(struct rewards_query, merchant_id)},
    {"with_closed", JSON_FLAG, OPTIONAL, offsetof(struct rewards_query, with_closed)},
    {"q", JSON_TEXT, OPTIONAL, offsetof(struct rewards_query, words), .max = 50},
    {"sector", JSON_CHOICE, OPTIONAL, offsetof(struct rewards_query, sector),
     .choices = MERCHANT_SECTORS, .seen = offsetof(struct rewards_query, sector_seen)},
    {"price_min", JSON_POINTS, OPTIONAL, offsetof(struct rewards_query, price_least)},
    {"price_max", JSON_POINTS, OPTIONAL, offsetof(struct rewards_query, price_most), .min = 1,
     .max = PRICE_MOST},
    {"affordable", JSON_FLAG, OPTIONAL, offsetof(struct rewards_query, affordable)},
    PAGE_FIELDS(struct rewards_query, page),
    {0},
};

/* No dearer than what the member could pay now. */
static bool bound_by_wallet(struct call *call, struct reward_filter *filter, struct error *error)
{
    struct wallet_view view = {0};
    enum find found =
        wallet_view_read(call->db, call->who.account_id, call->now_us, call->arena, &view, error);

    if (found == FIND_FAILED)
        return false;
    if (view.spendable < filter->price_most)
        filter->price_most = view.spendable;
    return true;
}

static enum answered rewards_get(struct call *call)
{
    const struct rewards_query *query = call->query;
    struct reward_filter filter = {
        .merchant_id = query->merchant_id,
        .with_closed = query->with_closed,
        .words = query->words,
        .sector = query->sector_seen ? query->sector : -1,
        .price_least = query->price_least,
        .price_most = query->price_most > 0 ? query->price_most : PRICE_MOST,
        .now_us = call->now_us,
    };
    int64_t limit = page_limit(&query->page);
    struct reward *rewards;
    struct error error;
    size_t count;
    json_t *items;

    if (query->affordable && call->who.role != ROLE_MEMBER)
        return reply_bad_field(call, "/affordable", "not_a_member", "only with a member's token");
    if (query->affordable && !bound_by_wallet(call, &filter, &error))
        return reply_error(call, &error);
    if (!reward_list(call->db, &filter, query->page.after, limit, call->arena, &rewards, &count,
                     &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, reward_json(&call->who, &rewards[i]));
    return reply_json_cached(call,
                             page_json(items, (int64_t)count == limit ? rewards[count - 1].id : 0));
}

static enum answered reward_get(struct call *call)
{
    return show_reward(call, 200, call->ids[0]);
}

const struct route reward_routes[] = {
    {HTTP_GET, "/v1/rewards", ANYONE, ON_QUERY, rewards_get, .query_fields = rewards_query_fields,
     .query_size = sizeof(struct rewards_query)},
    {HTTP_POST, "/v1/rewards", ROLE_MANAGER | ROLE_ADMINISTRATOR, ON_QUERY, reward_post,
     .fields = reward_fields, .input_size = sizeof(struct reward_input)},
    {HTTP_GET, "/v1/rewards/{id}", ANYONE, ON_QUERY, reward_get},
    {HTTP_PUT, "/v1/rewards/{id}/terms", ROLE_MANAGER | ROLE_ADMINISTRATOR, ON_QUERY,
     reward_terms_put, .fields = reward_terms_fields,
     .input_size = sizeof(struct reward_terms_input)},
    {HTTP_POST, "/v1/rewards/{id}/stock", ROLE_MANAGER | ROLE_ADMINISTRATOR, ON_QUERY,
     reward_stock_post, .fields = stock_fields, .input_size = sizeof(struct stock_input),
     .idempotent = true},
    {0},
};
