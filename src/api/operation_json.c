#include "api/operation_json.h"

#include "api/people_json.h"
#include "base/json_fields.h"

static json_t *due_json(const struct operation_view *view)
{
    if (view->state != OPERATION_DEAD)
        return json_null();
    return json_time(view->created_us + DECIDE_WITHIN_US);
}

json_t *operation_json(const struct operation_view *view)
{
    return json_pack(
        "{s:o, s:s, s:s, s:o, s:s, s:o, s:o, s:s, s:s, s:i, s:b, s:b, s:b, s:i, s:s, s:s, s:s, s:o,"
        " s:o, s:o, s:o, s:o}",
        "id", json_id(view->id), "kind", operation_kind_name(view->kind), "state",
        operation_state_name(view->state), "redemption_id", json_id(view->redemption_id),
        "redemption_state", redemption_state_name(view->redemption_state), "points",
        json_points(view->points), "merchant_id", json_id(view->merchant_id), "merchant_name",
        view->merchant_name, "plugin", view->plugin, "attempts", (int)view->attempt, "querying",
        view->querying, "sent", view->sent, "in_hand",
        view->state == OPERATION_WAITING && view->leased, "status", (int)view->status, "fault",
        view->fault, "reason", view->reason, "wanted", intent_name(view->intent), "created_at",
        json_time(view->created_us), "next_attempt_at",
        json_time(view->state == OPERATION_WAITING ? view->due_us : 0), "decide_by", due_json(view),
        "closed_at", json_time(view->closed_us), "decided_by", id_or_null(view->decided_by));
}
