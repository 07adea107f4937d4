#include "people/facts.h"

/* --- Of a member ------------------------------------------------------------------------------ */

static const struct fact member_catalogue[] = {
    {"member.age_days", FACT_NUMBER, "days", FACT_OF_MEMBER, FACT_FOR_BOTH, true,
     "会员账户建立的天数", "days since the member's account was made"},
    {0},
};

static void ask_members(struct sql *sql, struct fact_request *request)
{
    static const struct fact_column columns[] = {FACT_COLUMN(member_id), FACT_COLUMN(at_us), {0}};

    sql_add(sql, "SELECT q.i, (q.at_us - m.joined_us) DIV 86400000000 FROM ");
    facts_add_rows(sql, request, columns);
    sql_add(sql, " STRAIGHT_JOIN members m ON m.member_id = q.member_id"
                 " AND m.joined_us <= q.at_us");
    sql_end(sql);
}

const struct fact_loader people_member_facts = {"people_member", member_catalogue, ask_members,
                                                facts_read_numbers};

/* --- Registration within a period ------------------------------------------------------------- */

static const struct fact period_catalogue[] = {
    {"period.registered", FACT_BOOL, "", FACT_OF_MEMBER_PERIOD, FACT_FOR_ASSESSMENT, false,
     "期末前已报到", "whether the member had registered with a community before the period ended"},
    {"period.registered_at", FACT_TIME, "", FACT_OF_MEMBER_PERIOD, FACT_FOR_ASSESSMENT, false,
     "首次报到的时间", "when the member first registered with a community"},
    {"period.registration_due", FACT_TIME, "", FACT_OF_MEMBER_PERIOD, FACT_FOR_ASSESSMENT, false,
     "名单所定的最早报到期限（该日结束）；不在名单上则未知",
     "the end of the earliest due day of the lists that name the member; not known when none does"},
    {"period.registered_late", FACT_BOOL, "", FACT_OF_MEMBER_PERIOD, FACT_FOR_ASSESSMENT, false,
     "晚于期限报到，或期限已过仍未报到；不在名单上则未知",
     "whether the member registered after that, or not at all; not known when no list names them"},
    {"period.exempt", FACT_BOOL, "", FACT_OF_MEMBER_PERIOD, FACT_FOR_ASSESSMENT, false,
     "名单上注明免报到", "whether a list exempts the member from registering"},
    {0},
};

/* Lists whose due day is in the period, and which were made by then. `late` compares with the
 * registration that ticked the member off, or the first one. */
static void ask_periods(struct sql *sql, struct fact_request *request)
{
    static const struct fact_column columns[] = {
        FACT_COLUMN(member_id), FACT_COLUMN(from_us), FACT_COLUMN(until_us),
        FACT_COLUMN(at_us),     FACT_OFFSET,          {0}};

    sql_add(sql, "SELECT i, first_us IS NOT NULL, first_us, due_us,"
                 " CASE WHEN due_us IS NULL THEN NULL WHEN first_us IS NULL THEN due_us <= at_us"
                 "  ELSE first_us >= due_us END, exempt FROM ("
                 "SELECT q.i, q.at_us, (SELECT MIN(r.at_us) FROM registrations r"
                 "  WHERE r.member_id = q.member_id AND r.at_us < q.until_us"
                 "  AND r.at_us <= q.at_us) AS first_us,"
                 " (SELECT (MIN(l.due_day) + 1) * 86400000000 - q.offset_us FROM due_people p"
                 "  JOIN due_lists l ON l.list_id = p.list_id WHERE p.member_id = q.member_id"
                 "  AND l.created_us <= q.at_us"
                 "  AND (l.due_day + 1) * 86400000000 - q.offset_us > q.from_us"
                 "  AND l.due_day * 86400000000 - q.offset_us < q.until_us) AS due_us,"
                 " EXISTS (SELECT 1 FROM members m JOIN due_people p"
                 "  ON p.phone_index = m.phone_index WHERE m.member_id = q.member_id"
                 "  AND p.state = 3 AND p.at_us <= q.at_us) OR"
                 " EXISTS (SELECT 1 FROM due_people p WHERE p.member_id = q.member_id"
                 "  AND p.state = 3 AND p.at_us <= q.at_us) AS exempt FROM ");
    facts_add_rows(sql, request, columns);
    sql_add(sql, ") AS found");
    sql_end(sql);
}

const struct fact_loader people_period_facts = {"people_period", period_catalogue, ask_periods,
                                                facts_read_numbers};
