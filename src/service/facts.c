/*
 * Facts of service records. A record counts from when it was entered: when the member checked in,
 * or, entered afterwards, when its public notice began. One that was rejected by then counts for
 * nothing, and the one that is judged never counts itself.
 */
#include "service/facts.h"

#define DAY     "86400000000"
#define HOUR    "3600000000"
#define MONTH   "2592000000000" /* 30 days */
#define NOTICE  "604800000000"  /* service/backfill.h: PUBLIC_NOTICE_US */
#define ENTERED "IF(r.grade = 4, r.notice_until_us - " NOTICE ", r.started_us)"
#define COUNTS                                                                                     \
    " AND " ENTERED " <= q.at_us AND NOT (r.state = 4 AND r.reviewed_us <= q.at_us)"               \
    " AND r.record_id <> q.record_id"

/* --- Of a member ------------------------------------------------------------------------------ */

static const struct fact member_catalogue[] = {
    {"member.points_earned_today", FACT_POINTS, "points/100", FACT_OF_MEMBER, FACT_FOR_BOTH, true,
     "会员今日获得的积分（按审核时间）", "points awarded to the member since local midnight"},
    {"member.records_30d", FACT_NUMBER, "", FACT_OF_MEMBER, FACT_FOR_BOTH, true,
     "会员30天内的服务记录数", "service records of the member that began within 30 days"},
    {"member.minutes_30d", FACT_NUMBER, "minutes", FACT_OF_MEMBER, FACT_FOR_BOTH, true,
     "会员30天内的服务分钟数", "minutes of those records"},
    {"service.total_minutes", FACT_NUMBER, "minutes", FACT_OF_MEMBER, FACT_FOR_BOTH, false,
     "会员历年审核通过的服务分钟数", "minutes of all the member's approved records, ever"},
    {0},
};

static void ask_members(struct sql *sql, struct fact_request *request)
{
    static const struct fact_column columns[] = {
        FACT_COLUMN(member_id), FACT_COLUMN(record_id), FACT_COLUMN(at_us), FACT_OFFSET, {0}};

    sql_add(sql, "SELECT q.i, COALESCE(SUM(IF(r.state = 3 AND r.reviewed_us <= q.at_us"
                 " AND r.reviewed_us >= q.at_us - MOD(q.at_us + q.offset_us, " DAY "),"
                 " r.points, 0)), 0),"
                 " COUNT(IF(r.started_us > q.at_us - " MONTH ", 1, NULL)),"
                 " COALESCE(SUM(IF(r.started_us > q.at_us - " MONTH ", r.minutes, 0)), 0),"
                 " COALESCE(SUM(IF(r.state = 3 AND r.reviewed_us <= q.at_us, r.minutes, 0)), 0)"
                 " FROM ");
    facts_add_rows(sql, request, columns);
    sql_add(sql, " LEFT JOIN records r FORCE INDEX (by_member) ON r.member_id = q.member_id" COUNTS
                 " GROUP BY q.i");
    sql_end(sql);
}

const struct fact_loader service_member_facts = {"service_member", member_catalogue, ask_members,
                                                 facts_read_numbers};

/* --- Of a record ------------------------------------------------------------------------------ */

static const struct fact record_catalogue[] = {
    {"record.overlap_minutes", FACT_NUMBER, "minutes", FACT_OF_RECORD, FACT_FOR_BOTH, true,
     "与本人其他记录重叠的分钟数",
     "minutes that lie within other records of the same member, within the activities' own times"},
    {"record.minutes_today", FACT_NUMBER, "minutes", FACT_OF_RECORD, FACT_FOR_BOTH, true,
     "本人当日其他记录的分钟数", "minutes of the member's other records of the same local day"},
    {"record.in_range", FACT_BOOL, "", FACT_OF_RECORD, FACT_FOR_BOTH, true,
     "签到时在活动地点范围内；未核对则未知",
     "whether the check-in was within range of the place; not known when it was not compared"},
    {"record.backfilled", FACT_BOOL, "", FACT_OF_RECORD, FACT_FOR_BOTH, true, "是否补录（D级）",
     "whether the record was entered afterwards (grade D)"},
    {"record.entered_after_minutes", FACT_NUMBER, "minutes", FACT_OF_RECORD, FACT_FOR_BOTH, true,
     "服务结束后多少分钟才补录；非补录为0",
     "minutes from the end of the service until it was entered afterwards; 0 when it was not"},
    {"record.stated", FACT_BOOL, "", FACT_OF_RECORD, FACT_FOR_BOTH, true,
     "未签退，离开时间由本人补报", "whether the member told afterwards when they had left"},
    {"record.signed_up_after_minutes", FACT_NUMBER, "minutes", FACT_OF_RECORD, FACT_FOR_BOTH, true,
     "服务开始后多少分钟才报名；事先报名为0，未报名则未知",
     "minutes from the beginning of the service until the member signed up; 0 when before; not "
     "known"
     " when they never did"},
    {0},
};

/* Time meets time where both count: who comes early to the next door, before the first has ended,
 * is not at two places. */
static void ask_records(struct sql *sql, struct fact_request *request)
{
    static const struct fact_column columns[] = {
        FACT_COLUMN(record_id), FACT_COLUMN(at_us), FACT_OFFSET, {0}};

    sql_add(sql, "SELECT q.i, COALESCE(SUM(GREATEST(0,"
                 "  LEAST(r.ended_us, ra.ends_us, o.ended_us, oa.ends_us)"
                 "  - GREATEST(r.started_us, ra.starts_us, o.started_us, oa.starts_us))), 0)"
                 " DIV 60000000,"
                 " COALESCE(SUM(IF((r.started_us + q.offset_us) DIV " DAY
                 "  = (o.started_us + q.offset_us) DIV " DAY ", r.minutes, 0)), 0),"
                 " CASE o.place_check WHEN 1 THEN 1 WHEN 2 THEN 0 END, o.grade = 4,"
                 " IF(o.grade = 4, (o.notice_until_us - " NOTICE " - o.ended_us) DIV 60000000, 0),"
                 " o.stated, GREATEST(0, s.at_us - o.started_us) DIV 60000000 FROM ");
    facts_add_rows(sql, request, columns);
    sql_add(sql, " STRAIGHT_JOIN records o ON o.record_id = q.record_id"
                 " LEFT JOIN activities oa ON oa.activity_id = o.activity_id"
                 " LEFT JOIN sign_ups s ON s.activity_id = o.activity_id"
                 "  AND s.member_id = o.member_id"
                 " LEFT JOIN records r FORCE INDEX (by_member) ON r.member_id = o.member_id" COUNTS
                 " LEFT JOIN activities ra ON ra.activity_id = r.activity_id"
                 " GROUP BY q.i");
    sql_end(sql);
}

const struct fact_loader service_record_facts = {"service_record", record_catalogue, ask_records,
                                                 facts_read_numbers};

/* --- Of a coordinator and a member ------------------------------------------------------------ */

static const struct fact pair_catalogue[] = {
    {"pair.records_30d", FACT_NUMBER, "", FACT_OF_PAIR, FACT_FOR_BOTH, true,
     "同一审核人30天内为该会员通过的记录数",
     "records of this member that the same person approved within 30 days"},
    {"pair.minutes_30d", FACT_NUMBER, "minutes", FACT_OF_PAIR, FACT_FOR_BOTH, true,
     "同一审核人30天内为该会员通过的分钟数", "minutes of those records"},
    {0},
};

static void ask_pairs(struct sql *sql, struct fact_request *request)
{
    static const struct fact_column columns[] = {FACT_COLUMN(member_id),
                                                 FACT_COLUMN(actor_id),
                                                 FACT_COLUMN(record_id),
                                                 FACT_COLUMN(at_us),
                                                 {0}};

    sql_add(sql, "SELECT q.i, COUNT(r.record_id), COALESCE(SUM(r.minutes), 0) FROM ");
    facts_add_rows(sql, request, columns);
    sql_add(sql, " LEFT JOIN records r FORCE INDEX (by_member) ON r.member_id = q.member_id"
                 " AND r.state = 3 AND r.reviewed_by = q.actor_id AND r.reviewed_us <= q.at_us"
                 " AND r.reviewed_us > q.at_us - " MONTH " AND r.record_id <> q.record_id"
                 " GROUP BY q.i");
    sql_end(sql);
}

const struct fact_loader service_pair_facts = {"service_pair", pair_catalogue, ask_pairs,
                                               facts_read_numbers};

/* --- Of a coordinator ------------------------------------------------------------------------- */

static const struct fact actor_catalogue[] = {
    {"actor.approvals_1h", FACT_NUMBER, "", FACT_OF_ACTOR, FACT_FOR_AUDIT, true,
     "该审核人1小时内通过的记录数", "records that this person approved within an hour"},
    {"actor.approvals_24h", FACT_NUMBER, "", FACT_OF_ACTOR, FACT_FOR_AUDIT, true,
     "该审核人24小时内通过的记录数", "records that this person approved within 24 hours"},
    {"actor.approvals_night", FACT_NUMBER, "", FACT_OF_ACTOR, FACT_FOR_AUDIT, true,
     "该审核人24小时内在夜间（23点至6点）通过的记录数",
     "records that this person approved between 23:00 and 06:00 of the last 24 hours"},
    {0},
};

/*
 * A SELECT a row, so that each reads its own day: joined, every row would read all that its actor
 * has ever approved (a range whose ends come from another table is no use to an index).
 */
static void ask_actor(struct sql *sql, const struct fact_subject *subject, size_t index)
{
    const int64_t hour_us = 60 * MINUTE_US, offset_us = subject->utc_offset_minutes * MINUTE_US;

    sql_add(sql, "SELECT ");
    sql_add_id(sql, index);
    sql_add(sql, ", COUNT(IF(reviewed_us > ");
    sql_add_int(sql, subject->at_us - hour_us);
    sql_add(sql, ", 1, NULL)), COUNT(*), COUNT(IF(MOD(reviewed_us + ");
    sql_add_int(sql, offset_us + hour_us);
    sql_add(sql, ", " DAY ") < 7 * " HOUR ", 1, NULL))"
                 " FROM records FORCE INDEX (by_reviewer) WHERE reviewed_by = ");
    sql_add_id(sql, subject->actor_id);
    sql_add(sql, " AND reviewed_us > ");
    sql_add_int(sql, subject->at_us - DAY_US);
    sql_add(sql, " AND reviewed_us <= ");
    sql_add_int(sql, subject->at_us);
    sql_add(sql, " AND state = 3 AND record_id <> ");
    sql_add_id(sql, subject->record_id);
}

static void ask_actors(struct sql *sql, struct fact_request *request)
{
    for (size_t i = 0; i < request->count; i++) {
        if (i > 0)
            sql_add(sql, " UNION ALL ");
        ask_actor(sql, request->rows[i].subject, i);
    }
    sql_end(sql);
}

const struct fact_loader service_actor_facts = {"service_actor", actor_catalogue, ask_actors,
                                                facts_read_numbers};
