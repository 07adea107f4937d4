/* What suits the member who asks, and why. */
#include "service/recommend.h"

#include "api/activity_calls.h"
#include "api/app.h"
#include "api/resources.h"

#define RECOMMENDED_MOST 20

static json_t *reasons_json(const struct call *call, unsigned reasons)
{
    json_t *list = json_array();

    for (int bit = 0; bit < REASONS_COUNT; bit++)
        if (reasons & 1u << bit)
            json_array_append_new(list,
                                  json_pack("{s:s, s:s}", "code", reason_texts[bit].code, "text",
                                            call->language == LANGUAGE_EN ? reason_texts[bit].en
                                                                          : reason_texts[bit].zh));
    return list;
}

static enum answered recommendations_get(struct call *call)
{
    struct recommendation *list;
    struct error error;
    size_t count;
    json_t *items;

    if (!recommend(call->db, call->who.account_id, call->now_us,
                   (int)call->app->programme->utc_offset_minutes, RECOMMENDED_MOST, call->arena,
                   &list, &count, &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++) {
        struct activity activity;
        enum find found =
            activity_find(call->db, list[i].activity_id, call->arena, &activity, &error);

        if (found == FIND_FOUND)
            json_array_append_new(items,
                                  json_pack("{s:o, s:o}", "activity", activity_json(&activity),
                                            "reasons", reasons_json(call, list[i].reasons)));
        if (found == FIND_FAILED) {
            json_decref(items);
            return reply_error(call, &error);
        }
    }
    return reply_json(call, 200, json_pack("{s:o}", "items", items));
}

const struct route recommend_routes[] = {
    {HTTP_GET, "/v1/recommendations", ROLE_MEMBER, ON_QUERY, recommendations_get},
    {0},
};
