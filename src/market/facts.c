/*
 * Facts of redemptions, for audit rules. The one that is judged never counts itself: a replay finds
 * it in the table, where it was not yet when it was first asked about. Cancelled ones count: they
 * were asked for.
 */
#include "market/facts.h"

#include "base/hash_map.h"
#include "ledger/book.h"

/*
 * Whose rows a SELECT may count: made, or confirmed, by then, and within so long before. What is
 * read is bounded by the same times (facts_add_window); a test holds that.
 */
#define HOUR   "3600000000"
#define DAY    "86400000000"
#define MONTH  "2592000000000" /* 30 days */
#define MONTHS "7776000000000" /* 90 days */
#define HASTE  "60000000"      /* from the issue to the counter */
#define AS_OF  offsetof(struct fact_subject, at_us)

/* --- Of a member ------------------------------------------------------------------------------ */

static const struct fact member_catalogue[] = {
    {"member.redemptions_1h", FACT_NUMBER, "", FACT_OF_MEMBER, FACT_FOR_AUDIT, true,
     "会员1小时内的兑换次数", "redemptions that the member made within an hour"},
    {"member.redemptions_24h", FACT_NUMBER, "", FACT_OF_MEMBER, FACT_FOR_AUDIT, true,
     "会员24小时内的兑换次数", "redemptions that the member made within 24 hours"},
    {"member.redemptions_30d", FACT_NUMBER, "", FACT_OF_MEMBER, FACT_FOR_AUDIT, true,
     "会员30天内的兑换次数", "redemptions that the member made within 30 days"},
    {"member.points_spent_30d", FACT_POINTS, "points/100", FACT_OF_MEMBER, FACT_FOR_AUDIT, true,
     "会员30天内兑换的积分", "points of the redemptions made within 30 days"},
    {"member.seconds_since_redemption", FACT_NUMBER, "seconds", FACT_OF_MEMBER, FACT_FOR_AUDIT,
     true, "距会员上一次兑换的秒数（30天内）",
     "seconds since the member's last redemption; not known when there was none within 30 days"},
    {0},
};

static void ask_members(struct sql *sql, struct fact_request *request)
{
    static const struct fact_window made = {
        .select = "SELECT member_id, redemption_id, created_us, points FROM redemptions"
                  " FORCE INDEX (by_member_time) WHERE ",
        .key = FACT_COLUMN(member_id),
        .time = "created_us",
        .since = AS_OF,
        .before_us = 30 * DAY_US,
    };

    facts_select_window(sql, request, &made);
    sql_end(sql);
}

/* What a member made before one subject's time. */
struct made {
    int64_t within_hour, within_day, within_month, points, last_us;
    size_t next; /* another subject of the same member, or NOBODY */
};
#define NOBODY SIZE_MAX

static void count_one(struct made *made, const struct fact_subject *subject, uint64_t redemption_id,
                      int64_t created_us, int64_t points)
{
    int64_t ago_us = subject->at_us - created_us;

    if (ago_us < 0 || ago_us >= 30 * DAY_US || redemption_id == subject->redemption_id)
        return;
    made->within_hour += ago_us < HOUR_US;
    made->within_day += ago_us < DAY_US;
    made->within_month++;
    made->points += points;
    made->last_us = created_us > made->last_us ? created_us : made->last_us;
}

static void count_all(struct rows *rows, const struct fact_request *request,
                      const struct hash_map *firsts, struct made *made)
{
    while (rows_next(rows)) {
        const struct hash_map_entry *first = hash_map_find(firsts, rows_id(rows, 0));

        for (size_t i = first ? first->number : NOBODY; i != NOBODY; i = made[i].next)
            count_one(&made[i], request->rows[i].subject, rows_id(rows, 1), rows_int(rows, 2),
                      rows_int(rows, 3));
    }
}

static void tell(struct linli_value *value, int64_t number)
{
    if (value)
        *value = (struct linli_value){.number = number, .known = 1};
}

/* In the catalogue's order. */
static void tell_made(const struct fact_row *row, const struct made *made)
{
    tell(row->values[0], made->within_hour);
    tell(row->values[1], made->within_day);
    tell(row->values[2], made->within_month);
    tell(row->values[3], made->points);
    if (made->within_month > 0)
        tell(row->values[4], (row->subject->at_us - made->last_us) / SECOND_US);
}

static void read_members(struct rows *rows, struct fact_request *request)
{
    struct made *made = arena_take(request->arena, request->count * sizeof *made);
    struct hash_map firsts = {0};
    bool is_new;

    for (size_t i = 0; i < request->count; i++) {
        struct hash_map_entry *first =
            hash_map_insert(&firsts, request->rows[i].subject->member_id, &is_new);
        made[i].next = is_new ? NOBODY : first->number;
        first->number = i;
    }
    count_all(rows, request, &firsts, made);
    for (size_t i = 0; i < request->count; i++)
        tell_made(&request->rows[i], &made[i]);
    hash_map_free(&firsts);
}

const struct fact_loader market_member_facts = {"market_member", member_catalogue, ask_members,
                                                read_members};

/* --- Of a clerk and a member ------------------------------------------------------------------ */

static const struct fact pair_catalogue[] = {
    {"pair.redemptions_30d", FACT_NUMBER, "", FACT_OF_PAIR, FACT_FOR_AUDIT, true,
     "同一店员30天内为该会员核销的次数",
     "vouchers of this member that this clerk confirmed within 30 days"},
    {"pair.points_30d", FACT_POINTS, "points/100", FACT_OF_PAIR, FACT_FOR_AUDIT, true,
     "同一店员30天内为该会员核销的积分", "points of those vouchers"},
    {"pair.hasty_90d", FACT_NUMBER, "", FACT_OF_PAIR, FACT_FOR_AUDIT, true,
     "同一店员90天内在出券后一分钟内为该会员核销的次数",
     "vouchers of this member that this clerk confirmed within 90 days, each within a minute of its"
     " issue"},
    {0},
};

/* By the member's redemptions, of which there are few; a clerk's would be many. */
static void ask_pairs(struct sql *sql, struct fact_request *request)
{
    static const struct fact_column columns[] = {FACT_COLUMN(member_id),
                                                 FACT_COLUMN(actor_id),
                                                 FACT_COLUMN(redemption_id),
                                                 FACT_COLUMN(at_us),
                                                 {0}};
    static const struct fact_window confirmed = {
        .select = "SELECT member_id, confirmed_us, confirmed_by, points, created_us, redemption_id"
                  " FROM redemptions FORCE INDEX (by_member) WHERE ",
        .key = FACT_COLUMN(member_id),
        .time = "confirmed_us",
        .since = AS_OF,
        .before_us = 90 * DAY_US,
    };

    sql_add(sql, "SELECT q.i, COUNT(IF(r.confirmed_us > q.at_us - " MONTH ", 1, NULL)),"
                 " COALESCE(SUM(IF(r.confirmed_us > q.at_us - " MONTH ", r.points, 0)), 0),"
                 " COUNT(IF(r.confirmed_us - r.created_us <= " HASTE ", 1, NULL)) FROM ");
    facts_add_rows(sql, request, columns);
    sql_add(sql, " LEFT JOIN ");
    facts_add_window(sql, request, &confirmed);
    sql_add(sql, " ON r.member_id = q.member_id"
                 " AND r.confirmed_by = q.actor_id AND r.confirmed_us > q.at_us - " MONTHS
                 " AND r.confirmed_us <= q.at_us AND r.redemption_id <> q.redemption_id"
                 " GROUP BY q.i ORDER BY NULL");
    sql_end(sql);
}

const struct fact_loader market_pair_facts = {"market_pair", pair_catalogue, ask_pairs,
                                              facts_read_numbers};

/* --- Of a merchant ---------------------------------------------------------------------------- */

static const struct fact merchant_catalogue[] = {
    {"merchant.confirmations_1h", FACT_NUMBER, "", FACT_OF_MERCHANT, FACT_FOR_AUDIT, true,
     "商家1小时内的核销次数", "vouchers that the merchant confirmed within an hour"},
    {"merchant.confirmations_24h", FACT_NUMBER, "", FACT_OF_MERCHANT, FACT_FOR_AUDIT, true,
     "商家24小时内的核销次数", "vouchers that the merchant confirmed within 24 hours"},
    {0},
};

/* A table `r` of what the merchants confirmed: within the day where a fact of a day is wanted, else
 * within the hour. Both loaders here have the hour first. */
static void add_confirmed(struct sql *sql, const struct fact_request *request)
{
    const struct fact_window confirmed = {
        .select = "SELECT merchant_id, confirmed_us, confirmed_by, redemption_id FROM redemptions"
                  " FORCE INDEX (by_merchant) WHERE ",
        .key = FACT_COLUMN(merchant_id),
        .time = "confirmed_us",
        .since = AS_OF,
        .before_us = request->wanted & 2 ? DAY_US : HOUR_US,
    };

    facts_add_window(sql, request, &confirmed);
}

static void ask_merchants(struct sql *sql, struct fact_request *request)
{
    static const struct fact_column columns[] = {
        FACT_COLUMN(merchant_id), FACT_COLUMN(redemption_id), FACT_COLUMN(at_us), {0}};

    sql_add(sql, "SELECT q.i, COUNT(IF(r.confirmed_us > q.at_us - " HOUR ", 1, NULL)),"
                 " COUNT(r.confirmed_us) FROM ");
    facts_add_rows(sql, request, columns);
    sql_add(sql, " LEFT JOIN ");
    add_confirmed(sql, request);
    sql_add(sql, " ON r.merchant_id = q.merchant_id AND r.confirmed_us > q.at_us - " DAY
                 " AND r.confirmed_us <= q.at_us AND r.redemption_id <> q.redemption_id"
                 " GROUP BY q.i ORDER BY NULL");
    sql_end(sql);
}

const struct fact_loader market_merchant_facts = {"market_merchant", merchant_catalogue,
                                                  ask_merchants, facts_read_numbers};

/* --- Of a clerk ------------------------------------------------------------------------------- */

static const struct fact actor_catalogue[] = {
    {"actor.confirmations_1h", FACT_NUMBER, "", FACT_OF_ACTOR, FACT_FOR_AUDIT, true,
     "该店员1小时内的核销次数", "vouchers that this clerk confirmed within an hour"},
    {"actor.confirmations_24h", FACT_NUMBER, "", FACT_OF_ACTOR, FACT_FOR_AUDIT, false,
     "该店员24小时内的核销次数", "vouchers that this clerk confirmed within 24 hours"},
    {0},
};

static void ask_actors(struct sql *sql, struct fact_request *request)
{
    static const struct fact_column columns[] = {FACT_COLUMN(actor_id),
                                                 FACT_COLUMN(merchant_id),
                                                 FACT_COLUMN(redemption_id),
                                                 FACT_COLUMN(at_us),
                                                 {0}};

    sql_add(sql, "SELECT q.i, COUNT(IF(r.confirmed_us > q.at_us - " HOUR ", 1, NULL)),"
                 " COUNT(r.redemption_id) FROM ");
    facts_add_rows(sql, request, columns);
    sql_add(sql, " LEFT JOIN ");
    add_confirmed(sql, request);
    sql_add(sql, " ON r.merchant_id = q.merchant_id AND r.confirmed_us > q.at_us - " DAY
                 " AND r.confirmed_us <= q.at_us AND r.confirmed_by = q.actor_id"
                 " AND r.redemption_id <> q.redemption_id GROUP BY q.i ORDER BY NULL");
    sql_end(sql);
}

const struct fact_loader market_actor_facts = {"market_actor", actor_catalogue, ask_actors,
                                               facts_read_numbers};

/* --- Of a redemption that was issued ---------------------------------------------------------- */

enum { FACT_LOTS_A, FACT_LOTS_B, FACT_LOTS_C, FACT_LOTS_D, FACT_SINCE_ISSUE };

static const struct fact redemption_catalogue[] = {
    {"redemption.lots_grade_a", FACT_POINTS, "points/100", FACT_OF_REDEMPTION, FACT_FOR_AUDIT, true,
     "所用积分中来自A级服务的部分", "points spent that came from service of grade A"},
    {"redemption.lots_grade_b", FACT_POINTS, "points/100", FACT_OF_REDEMPTION, FACT_FOR_AUDIT, true,
     "所用积分中来自B级服务的部分", "points spent that came from service of grade B"},
    {"redemption.lots_grade_c", FACT_POINTS, "points/100", FACT_OF_REDEMPTION, FACT_FOR_AUDIT, true,
     "所用积分中来自C级服务的部分", "points spent that came from service of grade C"},
    {"redemption.lots_grade_d", FACT_POINTS, "points/100", FACT_OF_REDEMPTION, FACT_FOR_AUDIT, true,
     "所用积分中来自补录（D级）的部分",
     "points spent that came from service entered afterwards (grade D)"},
    {"redemption.seconds_since_issue", FACT_NUMBER, "seconds", FACT_OF_REDEMPTION, FACT_FOR_AUDIT,
     true, "出券到核销的秒数", "seconds since the voucher was issued"},
    {0},
};

/* Only what was there before: while it is being made nothing is known of it, then or in a replay.
 */
static void ask_redemptions(struct sql *sql, struct fact_request *request)
{
    static const struct fact_column columns[] = {
        FACT_COLUMN(redemption_id), FACT_COLUMN(at_us), {0}};

    sql_add(sql, "SELECT q.i, q.at_us - r.created_us, r.allocation FROM ");
    facts_add_rows(sql, request, columns);
    sql_add(sql, " STRAIGHT_JOIN redemptions r ON r.redemption_id = q.redemption_id"
                 " AND r.created_us < q.at_us");
    sql_end(sql);
}

static void set_number(struct fact_row *row, size_t fact, int64_t number)
{
    if (row->values[fact])
        *row->values[fact] = (struct linli_value){.number = number, .known = 1};
}

static void read_redemptions(struct rows *rows, struct fact_request *request)
{
    while (rows_next(rows)) {
        struct fact_row *row = &request->rows[rows_id(rows, 0)];
        int64_t by_grade[4] = {0};
        struct lot_part *parts;
        size_t count;

        set_number(row, FACT_SINCE_ISSUE, rows_int(rows, 1) / SECOND_US);
        if (!lot_parts_unpack(rows_text(rows, 2), request->arena, &parts, &count))
            continue;
        for (size_t i = 0; i < count; i++)
            if (parts[i].grade >= 1 && parts[i].grade <= ARRAY_LENGTH(by_grade))
                by_grade[parts[i].grade - 1] -= parts[i].points;
        for (size_t grade = 0; grade < ARRAY_LENGTH(by_grade); grade++)
            set_number(row, FACT_LOTS_A + grade, by_grade[grade]);
    }
}

const struct fact_loader market_redemption_facts = {"market_redemption", redemption_catalogue,
                                                    ask_redemptions, read_redemptions};
