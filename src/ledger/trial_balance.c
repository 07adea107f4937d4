#include "ledger/trial_balance.h"

#include "base/clock.h"
#include "base/json_fields.h"
#include "ledger/checkpoint.h"

/* The blocks of one lane that the day begins and ends with: the first at or after each instant. */
struct span {
    uint8_t lane;
    uint64_t first, end;
};

/* The first block of the lane at or after `at_us`; `height` + 1 when there is none. Times of a lane
 * never go back. */
static bool find_height(struct db *db, uint8_t lane, uint64_t height, int64_t at_us,
                        uint64_t *first, struct error *error)
{
    uint64_t low = 1, high = height + 1;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        struct rows *rows =
            db_query(db, "SELECT time_us >= ? FROM blocks WHERE lane = ? AND height = ?",
                     DB_INT(at_us), DB_INT(lane), DB_ID(middle));
        bool found = rows_next(rows), at_or_after = found && rows_int(rows, 0);

        if (!rows_end(rows, error))
            return false;
        if (!found)
            return error_set(error, "ledger.gap", "block %llu of lane %u is missing",
                             (unsigned long long)middle, lane);
        if (at_or_after)
            high = middle;
        else
            low = middle + 1;
    }
    *first = low;
    return true;
}

static bool read_spans(struct db *db, const struct trial_balance *balance,
                       struct span spans[LANES_MOST], size_t *count, struct error *error)
{
    int64_t start_us = calendar_day_start_us(balance->day, balance->utc_offset_minutes);
    int64_t end_us = calendar_day_start_us(balance->day + 1, balance->utc_offset_minutes);
    struct rows *rows = db_query(db, "SELECT lane, height FROM lanes WHERE lane > 0 ORDER BY lane");
    bool found = true;

    for (*count = 0; found && rows_next(rows); (*count)++) {
        struct span *span = &spans[*count];
        uint64_t height = rows_id(rows, 1);

        span->lane = (uint8_t)rows_int(rows, 0);
        found = find_height(db, span->lane, height, start_us, &span->first, error) &&
                find_height(db, span->lane, height, end_us, &span->end, error);
    }
    return rows_end(rows, found ? error : NULL) && found;
}

/* Adds up both sides of the transfers of some blocks. */
static struct rows *query_sums(struct db *db, uint8_t lane, uint64_t from, uint64_t end)
{
    uint64_t low = TRANSFER_ID(lane, from, 0), high = TRANSFER_ID(lane, end, 0);

    return db_query(db,
                    "SELECT to_account >> 56, SUM(points), 0 FROM transfers"
                    " WHERE transfer_id >= ? AND transfer_id < ? AND points > 0 GROUP BY 1"
                    " UNION ALL"
                    " SELECT from_account >> 56, 0, SUM(points) FROM transfers"
                    " WHERE transfer_id >= ? AND transfer_id < ? AND points > 0 GROUP BY 1",
                    DB_ID(low), DB_ID(high), DB_ID(low), DB_ID(high));
}

static bool add_span(struct db *db, const struct span *span, bool before,
                     struct trial_balance *balance, struct error *error)
{
    struct rows *rows = before ? query_sums(db, span->lane, 0, span->first)
                               : query_sums(db, span->lane, span->first, span->end);

    while (rows_next(rows)) {
        uint64_t kind = rows_id(rows, 0);
        int64_t in = rows_int(rows, 1), out = rows_int(rows, 2);

        if (kind == 0 || kind >= TRIAL_LINES)
            continue;
        if (before)
            balance->lines[kind].opening += in - out;
        else
            balance->lines[kind].in += in;
        balance->lines[kind].out += before ? 0 : out;
    }
    return rows_end(rows, error);
}

bool trial_balance_read(struct db *db, int32_t day, int utc_offset_minutes,
                        struct trial_balance *balance, struct error *error)
{
    struct span spans[LANES_MOST] = {0};
    size_t count;

    *balance = (struct trial_balance){.day = day, .utc_offset_minutes = utc_offset_minutes};
    if (!read_spans(db, balance, spans, &count, error))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!add_span(db, &spans[i], true, balance, error) ||
            !add_span(db, &spans[i], false, balance, error))
            return false;
    return true;
}

/* --- Showing ---------------------------------------------------------------------------------- */

static int64_t closing_of(const struct trial_line *line)
{
    return line->opening + line->in - line->out;
}

static struct trial_line sum_of(const struct trial_balance *balance)
{
    struct trial_line sum = {0};

    for (size_t kind = ACCOUNT_ISSUANCE; kind < TRIAL_LINES; kind++) {
        sum.opening += balance->lines[kind].opening;
        sum.in += balance->lines[kind].in;
        sum.out += balance->lines[kind].out;
    }
    return sum;
}

static json_t *line_json(const char *kind, const struct trial_line *line)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "kind", kind, "opening",
                     json_points(line->opening), "in", json_points(line->in), "out",
                     json_points(line->out), "closing", json_points(closing_of(line)));
}

json_t *trial_balance_json(const struct trial_balance *balance)
{
    struct trial_line sum = sum_of(balance);
    json_t *accounts = json_array();
    char day[11];

    calendar_format_day(balance->day, day);
    for (size_t kind = ACCOUNT_ISSUANCE; kind < TRIAL_LINES; kind++)
        json_array_append_new(
            accounts, line_json(account_kind_name((enum account_kind)kind), &balance->lines[kind]));
    return json_pack("{s:s, s:i, s:o, s:o}", "day", day, "utc_offset_minutes",
                     balance->utc_offset_minutes, "accounts", accounts, "sum",
                     line_json("sum", &sum));
}

static void line_csv(const char *day, const char *kind, const struct trial_line *line,
                     struct buffer *out)
{
    const int64_t values[] = {line->opening, line->in, line->out, closing_of(line)};
    char points[24];

    buffer_printf(out, "%s,%s", day, kind);
    for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
        points_format(values[i], points);
        buffer_printf(out, ",%s", points);
    }
    buffer_add_text(out, "\r\n"); /* RFC 4180 */
}

void trial_balance_csv(const struct trial_balance *balance, struct buffer *out)
{
    struct trial_line sum = sum_of(balance);
    char day[11];

    calendar_format_day(balance->day, day);
    buffer_add_text(out, "day,account,opening,in,out,closing\r\n");
    for (size_t kind = ACCOUNT_ISSUANCE; kind < TRIAL_LINES; kind++)
        line_csv(day, account_kind_name((enum account_kind)kind), &balance->lines[kind], out);
    line_csv(day, "sum", &sum, out);
}
