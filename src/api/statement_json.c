#include "api/statement_json.h"

#include "api/people_json.h"
#include "api/vouchers.h"
#include "base/json_fields.h"

json_t *statement_json(const struct statement_view *view)
{
    json_t *merchant =
        json_pack("{s:o, s:s}", "id", json_id(view->merchant_id), "name", view->merchant_name);

    return json_pack("{s:o, s:o, s:s, s:o, s:o, s:I, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:s,"
                     " s:I, s:I}",
                     "id", json_id(view->id), "merchant", merchant, "state",
                     statement_state_name(view->state), "from", json_time(view->from_us), "cut_off",
                     json_time(view->cut_off_us), "lines", (json_int_t)view->line_count, "points",
                     json_points(view->points), "reimburse_fen", (json_int_t)view->reimburse_fen,
                     "opened_at", json_time(view->opened_us), "drafted_at",
                     json_time(view->drafted_us), "signed_at", json_time(view->signed_us),
                     "signed_by", id_or_null(view->signed_by), "paid_at", json_time(view->paid_us),
                     "paid_by", id_or_null(view->paid_by), "pay_note", view->pay_note,
                     "corrections_fen", (json_int_t)view->corrections_fen, "payable_fen",
                     (json_int_t)view->reimburse_fen + view->corrections_fen);
}

json_t *statement_line_json(const struct statement_line_view *line)
{
    json_t *reward =
        json_pack("{s:o, s:s}", "id", json_id(line->reward_id), "title", line->reward_title);
    json_t *clerk =
        json_pack("{s:o, s:s?}", "id", json_id(line->confirmed_by), "name", line->clerk_name);
    json_t *shop = named_or_null(line->shop_id, line->shop_name);

    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:s?, s:o, s:I}", "redemption_id",
                     json_id(line->redemption_id), "confirmed_at", json_time(line->confirmed_us),
                     "confirmed_by", clerk, "shop", shop, "reward", reward, "sponsor",
                     line->sponsor_name, "points", json_points(line->points), "reimburse_fen",
                     (json_int_t)line->reimburse_fen);
}

json_t *statement_total_json(const struct statement_total *total)
{
    return json_pack("{s:o, s:I, s:I, s:o, s:I}", "sponsor",
                     named_or_null(total->sponsor_id, total->sponsor_name), "statements",
                     (json_int_t)total->statements, "lines", (json_int_t)total->lines, "points",
                     json_points(total->points), "reimburse_fen", (json_int_t)total->reimburse_fen);
}
