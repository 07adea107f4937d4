/* Demand: which activities people want, for those who plan the next ones. */
#include "service/demand.h"

#include "api/app.h"
#include "api/figure_calls.h"
#include "api/people_json.h"
#include "api/resources.h"

#define LISTED 20

struct demand_query {
    struct period_input period;
    int64_t most; /* 0: LISTED */
};

static const struct json_field demand_query_fields[] = {
    PERIOD_FIELDS(struct demand_query, period),
    {"most", JSON_INT, OPTIONAL, offsetof(struct demand_query, most), .min = 1, .max = 100},
    {0},
};

/* Rounded; of nobody there is no share. */
static json_t *percent_json(int64_t part, int64_t whole)
{
    return whole == 0 ? json_null() : json_integer((part * 200 + whole) / (whole * 2));
}

static json_t *activity_demand_json(const struct demand *demand)
{
    bool told = demand->came != DEMAND_UNTOLD;
    json_t *body =
        json_pack("{s:o, s:o, s:s, s:s, s:o, s:I, s:I, s:I}", "activity_id",
                  json_id(demand->activity_id), "unit_id", json_id(demand->unit_id), "category",
                  demand->category_code, "title", demand->title, "starts_at",
                  json_time(demand->starts_us), "places", (json_int_t)demand->places, "signed_up",
                  (json_int_t)demand->signed_up, "waiting", (json_int_t)demand->waiting);

    json_object_set_new(body, "full_after_minutes",
                        demand->full_after_us > 0 ? json_integer(demand->full_after_us / MINUTE_US)
                                                  : json_null());
    json_object_set_new(body, "came", told ? json_integer(demand->came) : json_null());
    json_object_set_new(body, "came_percent",
                        told ? percent_json(demand->came, demand->signed_up) : json_null());
    return body;
}

static json_t *categories_json(const struct demand *list, size_t count)
{
    struct category_demand sums[CATEGORIES_MOST];
    size_t found = demand_by_category(list, count, sums);
    json_t *items = json_array();

    for (size_t i = 0; i < found; i++)
        json_array_append_new(
            items, json_pack("{s:s, s:I, s:I, s:I, s:I, s:o}", "category", sums[i].category_code,
                             "activities", (json_int_t)sums[i].activities, "places",
                             (json_int_t)sums[i].places, "signed_up", (json_int_t)sums[i].signed_up,
                             "waiting", (json_int_t)sums[i].waiting, "came_percent",
                             percent_json(sums[i].came, sums[i].told_signed_up)));
    return items;
}

static enum answered demand_get(struct call *call)
{
    const struct demand_query *query = call->query;
    size_t most = query->most == 0 ? LISTED : (size_t)query->most, count;
    struct demand *list;
    struct figures_of of;
    struct unit unit;
    struct error error;
    enum find found = figures_find_unit(call, &unit, &error);
    json_t *items;

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!figures_period(call, &query->period, &unit, &of))
        return ANSWERED;
    if (!demand_read(call->db, &of, call->arena, &list, &count, &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count && i < most; i++)
        json_array_append_new(items, activity_demand_json(&list[i]));
    return reply_json(call, 200,
                      json_pack("{s:I, s:o, s:o}", "activities", (json_int_t)count, "categories",
                                categories_json(list, count), "most_wanted", items));
}

const struct route demand_routes[] = {
    {HTTP_GET, "/v1/units/{id}/demand", STAFF, ON_QUERY, demand_get,
     .query_fields = demand_query_fields, .query_size = sizeof(struct demand_query)},
    {0},
};
