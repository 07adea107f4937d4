/*
 * Facts over a period, for assessments. What counts are records approved by `at_us` of service that
 * began within the period. Nothing here reads redemptions: a test holds that.
 */
#include "service/facts.h"

/* --- Of a member ------------------------------------------------------------------------------ */

static const struct fact period_catalogue[] = {
    {"period.activities", FACT_NUMBER, "", FACT_OF_MEMBER_PERIOD, FACT_FOR_ASSESSMENT, false,
     "期内参加的活动数", "activities with an approved record in the period"},
    {"period.minutes", FACT_NUMBER, "minutes", FACT_OF_MEMBER_PERIOD, FACT_FOR_ASSESSMENT, false,
     "期内的服务分钟数", "minutes of approved records in the period"},
    {"period.categories", FACT_NUMBER, "", FACT_OF_MEMBER_PERIOD, FACT_FOR_ASSESSMENT, false,
     "期内参加的服务事项种类数", "different categories among those activities"},
    {"period.records_grade_a", FACT_NUMBER, "", FACT_OF_MEMBER_PERIOD, FACT_FOR_ASSESSMENT, false,
     "期内A级记录数", "approved records of grade A in the period"},
    {"period.records_grade_b", FACT_NUMBER, "", FACT_OF_MEMBER_PERIOD, FACT_FOR_ASSESSMENT, false,
     "期内B级记录数", "approved records of grade B in the period"},
    {"period.records_grade_c", FACT_NUMBER, "", FACT_OF_MEMBER_PERIOD, FACT_FOR_ASSESSMENT, false,
     "期内C级记录数", "approved records of grade C in the period"},
    {"period.records_grade_d", FACT_NUMBER, "", FACT_OF_MEMBER_PERIOD, FACT_FOR_ASSESSMENT, false,
     "期内补录（D级）记录数", "approved records of grade D in the period"},
    {"period.last_service_at", FACT_TIME, "", FACT_OF_MEMBER_PERIOD, FACT_FOR_ASSESSMENT, false,
     "期内最近一次服务的时间",
     "when the last of those records began; not known when there is none"},
    {0},
};

static void ask_periods(struct sql *sql, struct fact_request *request)
{
    static const struct fact_column columns[] = {FACT_COLUMN(member_id),
                                                 FACT_COLUMN(from_us),
                                                 FACT_COLUMN(until_us),
                                                 FACT_COLUMN(at_us),
                                                 {0}};

    sql_add(sql, "SELECT q.i, COUNT(DISTINCT r.activity_id), COALESCE(SUM(r.minutes), 0),"
                 " COUNT(DISTINCT a.category), COUNT(IF(r.grade = 1, 1, NULL)),"
                 " COUNT(IF(r.grade = 2, 1, NULL)), COUNT(IF(r.grade = 3, 1, NULL)),"
                 " COUNT(IF(r.grade = 4, 1, NULL)), MAX(r.started_us) FROM ");
    facts_add_rows(sql, request, columns);
    sql_add(sql, " LEFT JOIN (records r FORCE INDEX (by_member) STRAIGHT_JOIN activities a"
                 "  ON a.activity_id = r.activity_id) ON r.member_id = q.member_id AND r.state = 3"
                 " AND r.reviewed_us <= q.at_us AND r.started_us >= q.from_us"
                 " AND r.started_us < q.until_us GROUP BY q.i");
    sql_end(sql);
}

const struct fact_loader service_period_facts = {"service_period", period_catalogue, ask_periods,
                                                 facts_read_numbers};

/* --- Of a work unit --------------------------------------------------------------------------- */

static const struct fact unit_catalogue[] = {
    {"period.members", FACT_NUMBER, "", FACT_OF_UNIT_PERIOD, FACT_FOR_ASSESSMENT, false,
     "期末（或当前）隶属该单位及下级的会员数",
     "members who work in or belong to the unit, or one below it, when the period ends or now"},
    {"period.members_active", FACT_NUMBER, "", FACT_OF_UNIT_PERIOD, FACT_FOR_ASSESSMENT, false,
     "其中期内有已通过服务记录的人数", "how many of them have an approved record in the period"},
    {"period.share_active", FACT_NUMBER, "percent", FACT_OF_UNIT_PERIOD, FACT_FOR_ASSESSMENT, false,
     "参与比例；不足十人的单位不计算",
     "their share; not known of units with fewer than ten people, where it would point at "
     "somebody"},
    {0},
};

/* affiliations.kind 2: people/affiliations.h, AFFILIATION_WORK. */
static void ask_units(struct sql *sql, struct fact_request *request)
{
    static const struct fact_column columns[] = {
        FACT_COLUMN(unit_id), FACT_COLUMN(from_us), FACT_COLUMN(until_us), FACT_COLUMN(at_us), {0}};

    sql_add(sql, "SELECT i, COUNT(member_id), COUNT(IF(active, 1, NULL)),"
                 " IF(COUNT(member_id) < 10, NULL,"
                 "  COUNT(IF(active, 1, NULL)) * 100 DIV COUNT(member_id))"
                 " FROM (SELECT DISTINCT q.i, f.member_id, EXISTS (SELECT 1 FROM records r"
                 "  FORCE INDEX (by_member) WHERE r.member_id = f.member_id AND r.state = 3"
                 "  AND r.reviewed_us <= q.at_us AND r.started_us >= q.from_us"
                 "  AND r.started_us < q.until_us) AS active FROM ");
    facts_add_rows(sql, request, columns);
    sql_add(sql, " LEFT JOIN (units top STRAIGHT_JOIN units u"
                 "  ON u.path LIKE CONCAT(top.path, '%') STRAIGHT_JOIN affiliations f"
                 "  ON f.unit_id = u.unit_id AND f.kind = 2) ON top.unit_id = q.unit_id"
                 " AND f.from_us <= LEAST(q.at_us, q.until_us - 1)"
                 " AND f.to_us > LEAST(q.at_us, q.until_us - 1)) AS people GROUP BY i");
    sql_end(sql);
}

const struct fact_loader service_unit_facts = {"service_unit", unit_catalogue, ask_units,
                                               facts_read_numbers};

/* --- Of an assessment run --------------------------------------------------------------------- */

static const struct fact run_catalogue[] = {
    {"run.members_rated", FACT_NUMBER, "", FACT_OF_UNIT_PERIOD, FACT_FOR_ASSESSMENT, false,
     "本次评定中该单位已评定的人数", "members of the unit whom this run has rated"},
    {"run.members_failing", FACT_NUMBER, "", FACT_OF_UNIT_PERIOD, FACT_FOR_ASSESSMENT, false,
     "本次评定中未达标的人数", "how many of them got a rating that fails"},
    {"run.share_fulfilled", FACT_NUMBER, "percent", FACT_OF_UNIT_PERIOD, FACT_FOR_ASSESSMENT, false,
     "达标比例；不足十人的单位不计算",
     "share of those who did not fail; not known of units with fewer than ten people"},
    {0},
};

const struct fact_loader service_run_facts = {.name = "run", .facts = run_catalogue};
