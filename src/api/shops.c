/* Shops of a merchant, with their opening hours: kept by its manager, read by anybody. */
#include "market/shops.h"

#include "api/app.h"
#include "api/call.h"
#include "api/resources.h"
#include "market/merchants.h"

static json_t *hours_json(const struct shop *shop)
{
    json_t *items = json_array();
    char opens[6], closes[6];

    for (size_t i = 0; i < shop->hour_count; i++) {
        shop_minute_format(shop->hours[i].opens, opens);
        shop_minute_format(shop->hours[i].closes, closes);
        json_array_append_new(items, json_pack("{s:i, s:s, s:s}", "weekday", shop->hours[i].weekday,
                                               "opens", opens, "closes", closes));
    }
    return items;
}

static json_t *shop_json(const struct call *call, const struct shop *shop)
{
    bool open_now = shop_is_open(shop, call->now_us, (int)call->app->programme->utc_offset_minutes);

    return json_pack("{s:o, s:o, s:s, s:s, s:s, s:b, s:b, s:o, s:o}", "id", json_id(shop->id),
                     "merchant_id", json_id(shop->merchant_id), "name", shop->name, "address",
                     shop->address, "phone", shop->phone, "closed", shop->state == SHOP_CLOSED,
                     "open_now", open_now, "hours", hours_json(shop), "created_at",
                     json_time(shop->created_us));
}

/* --- Making and changing ---------------------------------------------------------------------- */

struct hours_input {
    int64_t weekday;
    struct text opens, closes;
};

static const struct json_field hours_fields[] = {
    {"weekday", JSON_INT, REQUIRED, offsetof(struct hours_input, weekday), .min = 1, .max = 7},
    {"opens", JSON_TEXT, REQUIRED, offsetof(struct hours_input, opens), .min = 5, .max = 5},
    {"closes", JSON_TEXT, REQUIRED, offsetof(struct hours_input, closes), .min = 5, .max = 5},
    {0},
};

struct shop_input {
    struct text name, address, phone;
    bool closed;
    struct json_list hours;
};

static const struct json_field shop_fields[] = {
    {"name", JSON_TEXT, REQUIRED, offsetof(struct shop_input, name), .min = 1, .max = 100},
    {"address", JSON_TEXT, REQUIRED, offsetof(struct shop_input, address), .min = 1, .max = 200},
    {"phone", JSON_TEXT, OPTIONAL, offsetof(struct shop_input, phone), .max = 30},
    {"closed", JSON_FLAG, OPTIONAL, offsetof(struct shop_input, closed)},
    {"hours", JSON_OBJECTS, OPTIONAL, offsetof(struct shop_input, hours), .max = SHOP_HOURS_MOST,
     .table = hours_fields, .size = sizeof(struct hours_input)},
    {0},
};

static char *copy(const struct call *call, struct text text)
{
    return arena_copy(call->arena, text.data, text.length);
}

/* False: hours that are none, or that overlap. */
static bool read_input(const struct call *call, struct shop *shop)
{
    const struct shop_input *input = call->input;
    const struct hours_input *hours = input->hours.items;

    shop->state = input->closed ? SHOP_CLOSED : SHOP_OPEN;
    shop->name = copy(call, input->name);
    shop->address = copy(call, input->address);
    shop->phone = copy(call, input->phone);
    shop->hour_count = input->hours.count;
    shop->hours = arena_take(call->arena, SHOP_HOURS_MOST * sizeof *shop->hours);
    for (size_t i = 0; i < shop->hour_count; i++) {
        shop->hours[i].weekday = (int)hours[i].weekday;
        if (!shop_minute_parse(hours[i].opens, &shop->hours[i].opens) ||
            !shop_minute_parse(hours[i].closes, &shop->hours[i].closes))
            return false;
    }
    return shop_hours_arrange(shop->hours, shop->hour_count);
}

static bool may_manage(const struct who *who, uint64_t merchant_id)
{
    return who->role == ROLE_ADMINISTRATOR || who->scope_id == merchant_id;
}

static enum answered reply_bad_hours(struct call *call)
{
    return reply_bad_field(call, "/hours", "bad_hours", "09:00 to 21:00, without overlap");
}

static enum answered shop_post(struct call *call)
{
    struct shop shop = {.merchant_id = call->ids[0], .created_us = call->now_us};
    struct merchant merchant;
    struct error error;
    enum find found;

    if (!may_manage(&call->who, call->ids[0]))
        return reply_problem(call, PROBLEM_NOT_FOUND);
    found = merchant_find(call->db, call->ids[0], call->arena, &merchant, &error);
    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!read_input(call, &shop))
        return reply_bad_hours(call);
    shop.id = id_next(call->app->ids);
    if (!shop_create(call->db, &shop, &error))
        return reply_error(call, &error);
    return reply_created(call,
                         arena_printf(call->arena, "/v1/shops/%llu", (unsigned long long)shop.id),
                         shop_json(call, &shop));
}

static enum answered shop_put(struct call *call)
{
    struct shop shop;
    struct error error;
    enum find found = shop_find(call->db, call->ids[0], call->arena, &shop, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!may_manage(&call->who, shop.merchant_id))
        return reply_problem(call, PROBLEM_NOT_FOUND);
    if (!read_input(call, &shop))
        return reply_bad_hours(call);
    found = shop_change(call->db, &shop, &error);
    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return reply_json(call, 200, shop_json(call, &shop));
}

/* --- Looking ---------------------------------------------------------------------------------- */

static enum answered shop_get(struct call *call)
{
    struct shop shop;
    struct error error;
    enum find found = shop_find(call->db, call->ids[0], call->arena, &shop, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return reply_json(call, 200, shop_json(call, &shop));
}

struct shops_query {
    bool with_closed;
};

static const struct json_field shops_query_fields[] = {
    {"with_closed", JSON_FLAG, OPTIONAL, offsetof(struct shops_query, with_closed)},
    {0},
};

static enum answered shops_get(struct call *call)
{
    const struct shops_query *query = call->query;
    struct merchant merchant;
    struct shop *shops;
    struct error error;
    size_t count;
    json_t *items;
    enum find found = merchant_find(call->db, call->ids[0], call->arena, &merchant, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!shop_list(call->db, call->ids[0], query->with_closed, call->arena, &shops, &count, &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, shop_json(call, &shops[i]));
    return reply_json_cached(call, page_json(items, 0));
}

#define KEEP_THEM (ROLE_MANAGER | ROLE_ADMINISTRATOR)

const struct route shop_routes[] = {
    {HTTP_GET, "/v1/merchants/{id}/shops", ANYONE, ON_QUERY, shops_get,
     .query_fields = shops_query_fields, .query_size = sizeof(struct shops_query)},
    {HTTP_POST, "/v1/merchants/{id}/shops", KEEP_THEM, ON_QUERY, shop_post, .fields = shop_fields,
     .input_size = sizeof(struct shop_input)},
    {HTTP_GET, "/v1/shops/{id}", ANYONE, ON_QUERY, shop_get},
    {HTTP_PUT, "/v1/shops/{id}", KEEP_THEM, ON_QUERY, shop_put, .fields = shop_fields,
     .input_size = sizeof(struct shop_input)},
    {0},
};
