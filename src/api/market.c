/* The market as a whole: what is out in points, and who stands for it. */
#include "api/call.h"
#include "api/resources.h"
#include "market/outstanding.h"

static json_t *promise_json(int64_t pieces, int64_t points, int64_t fen)
{
    return json_pack("{s:I, s:o, s:I}", "pieces", (json_int_t)pieces, "points", json_points(points),
                     "reimburse_fen", (json_int_t)fen);
}

/* `uncovered`: what members have and no merchant stands for; negative when merchants offer more. */
static json_t *outstanding_json(const struct outstanding *figure, int64_t now_us)
{
    int64_t out = figure->spendable + figure->held;
    int64_t promised = figure->offered + figure->vouchers;
    json_t *points = json_pack("{s:o, s:o, s:o}", "spendable", json_points(figure->spendable),
                               "held", json_points(figure->held), "total", json_points(out));
    json_t *commitments = json_pack(
        "{s:o, s:o, s:o}", "offered",
        promise_json(figure->offered_pieces, figure->offered, figure->offered_fen), "vouchers",
        promise_json(figure->voucher_pieces, figure->vouchers, figure->vouchers_fen), "total",
        json_points(promised));

    return json_pack("{s:o, s:o, s:o, s:o, s:I, s:I}", "at", json_time(now_us), "outstanding",
                     points, "commitments", commitments, "uncovered", json_points(out - promised),
                     "unsettled_fen", (json_int_t)figure->unsettled_fen, "unpaid_fen",
                     (json_int_t)figure->unpaid_fen);
}

static enum answered outstanding_get(struct call *call)
{
    struct outstanding figure;
    struct error error;

    if (!outstanding_read(call->db, call->now_us, &figure, &error))
        return reply_error(call, &error);
    return reply_json(call, 200, outstanding_json(&figure, call->now_us));
}

const struct route market_routes[] = {
    {HTTP_GET, "/v1/market/outstanding", ROLE_AUDITOR | ROLE_ADMINISTRATOR, ON_QUERY,
     outstanding_get},
    {0},
};
