/*
 * Facts of service records. A record counts from when it was entered: when the member checked in,
 * or, entered afterwards, when its public notice began. One that was rejected by then counts for
 * nothing, and the one that is judged never counts itself.
 *
 * Records are found by when they were reviewed (facts_add_window), which is never before they
 * began; those that wait for a review are few. A test holds that nothing on the path reads older
 * ones.
 */
#include "service/facts.h"

#define DAY     "86400000000"
#define HOUR    "3600000000"
#define MONTH   "2592000000000" /* 30 days */
#define EVER_US (INT64_MAX / 4)
#define NOTICE  "604800000000" /* service/backfill.h: PUBLIC_NOTICE_US */
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

enum { FACT_EARNED_TODAY, FACT_RECORDS_30D, FACT_MINUTES_30D, FACT_TOTAL_MINUTES };

static void ask_members(struct sql *sql, struct fact_request *request)
{
    static const struct fact_column columns[] = {
        FACT_COLUMN(member_id), FACT_COLUMN(record_id), FACT_COLUMN(at_us), FACT_OFFSET, {0}};
    const struct fact_window recent = {
        .select = "SELECT member_id, record_id, state, grade, started_us, reviewed_us,"
                  " notice_until_us, minutes, points FROM records FORCE INDEX (by_member) WHERE ",
        .key = FACT_COLUMN(member_id),
        .time = "reviewed_us",
        .since = offsetof(struct fact_subject, at_us),
        .before_us = request->wanted & 1U << FACT_TOTAL_MINUTES ? EVER_US : 30 * DAY_US,
        .open = true,
    };

    sql_add(sql, "SELECT q.i, COALESCE(SUM(IF(r.state = 3 AND r.reviewed_us <= q.at_us"
                 " AND r.reviewed_us >= q.at_us - MOD(q.at_us + q.offset_us, " DAY "),"
                 " r.points, 0)), 0),"
                 " COUNT(IF(r.started_us > q.at_us - " MONTH ", 1, NULL)),"
                 " COALESCE(SUM(IF(r.started_us > q.at_us - " MONTH ", r.minutes, 0)), 0),"
                 " COALESCE(SUM(IF(r.state = 3 AND r.reviewed_us <= q.at_us, r.minutes, 0)), 0)"
                 " FROM ");
    facts_add_rows(sql, request, columns);
    sql_add(sql, " LEFT JOIN ");
    facts_add_window(sql, request, &recent);
    sql_add(sql, " ON r.member_id = q.member_id" COUNTS " GROUP BY q.i ORDER BY NULL");
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

enum { FACT_OVERLAP, FACT_MINUTES_TODAY };

/* Of a record alone. */
#define OF_ITSELF                                                                                  \
    " CASE o.place_check WHEN 1 THEN 1 WHEN 2 THEN 0 END, o.grade = 4,"                            \
    " IF(o.grade = 4, (o.notice_until_us - " NOTICE " - o.ended_us) DIV 60000000, 0),"             \
    " o.stated, GREATEST(0, s.at_us - o.started_us) DIV 60000000 FROM "
#define ITSELF                                                                                     \
    " STRAIGHT_JOIN records o ON o.record_id = q.record_id"                                        \
    " LEFT JOIN sign_ups s ON s.activity_id = o.activity_id AND s.member_id = o.member_id"

static const struct fact_column record_columns[] = {
    FACT_COLUMN(record_id), FACT_COLUMN(at_us), FACT_OFFSET, {0}};

/* Its member's other records about the same time. Time meets time where both count: who comes early
 * to the next door, before the first has ended, is not at two places. */
static void ask_neighbours(struct sql *sql, struct fact_request *request)
{
    static const struct fact_window about = {
        .select = "SELECT member_id, activity_id, record_id, state, grade, started_us, ended_us,"
                  " reviewed_us, notice_until_us, minutes FROM records FORCE INDEX (by_member)"
                  " WHERE ",
        .key = FACT_COLUMN(member_id),
        .time = "reviewed_us",
        .since = offsetof(struct fact_subject, started_us),
        .before_us = DAY_US,
        .open = true,
    };

    sql_add(sql, "SELECT q.i, COALESCE(SUM(GREATEST(0,"
                 "  LEAST(r.ended_us, ra.ends_us, o.ended_us, oa.ends_us)"
                 "  - GREATEST(r.started_us, ra.starts_us, o.started_us, oa.starts_us))), 0)"
                 " DIV 60000000,"
                 " COALESCE(SUM(IF((r.started_us + q.offset_us) DIV " DAY
                 "  = (o.started_us + q.offset_us) DIV " DAY ", r.minutes, 0)), 0)," OF_ITSELF);
    facts_add_rows(sql, request, record_columns);
    sql_add(sql, ITSELF " LEFT JOIN activities oa ON oa.activity_id = o.activity_id LEFT JOIN ");
    facts_add_window(sql, request, &about);
    sql_add(sql, " ON r.member_id = o.member_id AND r.started_us < o.ended_us + " DAY
                 " AND r.ended_us > o.started_us - " DAY COUNTS
                 " LEFT JOIN activities ra ON ra.activity_id = r.activity_id"
                 " GROUP BY q.i ORDER BY NULL");
    sql_end(sql);
}

static void ask_records(struct sql *sql, struct fact_request *request)
{
    if (request->wanted & (1U << FACT_OVERLAP | 1U << FACT_MINUTES_TODAY)) {
        ask_neighbours(sql, request);
        return;
    }
    sql_add(sql, "SELECT q.i, NULL, NULL," OF_ITSELF);
    facts_add_rows(sql, request, record_columns);
    sql_add(sql, ITSELF);
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
    static const struct fact_window reviewed = {
        .select = "SELECT member_id, reviewed_us, reviewed_by, state, minutes, record_id"
                  " FROM records FORCE INDEX (by_member) WHERE state = 3 AND ",
        .key = FACT_COLUMN(member_id),
        .time = "reviewed_us",
        .since = offsetof(struct fact_subject, at_us),
        .before_us = 30 * DAY_US,
    };

    sql_add(sql, "SELECT q.i, COUNT(r.record_id), COALESCE(SUM(r.minutes), 0) FROM ");
    facts_add_rows(sql, request, columns);
    sql_add(sql, " LEFT JOIN ");
    facts_add_window(sql, request, &reviewed);
    sql_add(sql, " ON r.member_id = q.member_id"
                 " AND r.reviewed_by = q.actor_id AND r.reviewed_us <= q.at_us"
                 " AND r.reviewed_us > q.at_us - " MONTH " AND r.record_id <> q.record_id"
                 " GROUP BY q.i ORDER BY NULL");
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

/* The hour's alone where nobody asks for more. */
static void ask_actors(struct sql *sql, struct fact_request *request)
{
    static const struct fact_column columns[] = {
        FACT_COLUMN(actor_id), FACT_COLUMN(record_id), FACT_COLUMN(at_us), FACT_OFFSET, {0}};
    const struct fact_window approved = {
        .select = "SELECT reviewed_by, reviewed_us, record_id FROM records"
                  " FORCE INDEX (by_reviewer) WHERE state = 3 AND ",
        .key = {"reviewed_by", offsetof(struct fact_subject, actor_id)},
        .time = "reviewed_us",
        .since = offsetof(struct fact_subject, at_us),
        .before_us = request->wanted > 1 ? DAY_US : HOUR_US,
    };

    sql_add(sql, "SELECT q.i, COUNT(IF(r.reviewed_us > q.at_us - " HOUR ", 1, NULL)),"
                 " COUNT(r.record_id), COUNT(IF(MOD(r.reviewed_us + q.offset_us + " HOUR ", " DAY
                 ") < 7 * " HOUR ", 1, NULL)) FROM ");
    facts_add_rows(sql, request, columns);
    sql_add(sql, " LEFT JOIN ");
    facts_add_window(sql, request, &approved);
    sql_add(sql, " ON r.reviewed_by = q.actor_id AND r.reviewed_us > q.at_us - " DAY
                 " AND r.reviewed_us <= q.at_us AND r.record_id <> q.record_id"
                 " GROUP BY q.i ORDER BY NULL");
    sql_end(sql);
}

const struct fact_loader service_actor_facts = {"service_actor", actor_catalogue, ask_actors,
                                                facts_read_numbers};
