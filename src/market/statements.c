#include "market/statements.h"

#include "base/csv.h"
#include "market/disputes.h"
#include "market/redemption.h"
#include "people/audit.h"

/* How far before its period a statement looks for confirmations that committed late. */
#define LOOK_BACK_US DAY_US

const char *statement_state_name(enum statement_state state)
{
    static const char *const names[] = {"filling", "draft", "signed", "paid"};

    return name_from(names, ARRAY_LENGTH(names), (size_t)state);
}

/* --- Opening and filling --------------------------------------------------------------------- */

/* Locks the merchant, so that two openings of one merchant come one after the other. */
static enum find lock_merchant(struct db *db, uint64_t merchant_id, struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT merchant_id FROM merchants WHERE merchant_id = ? FOR UPDATE",
                 DB_ID(merchant_id));
    bool found = rows_next(rows);

    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

/* The merchant's statements from this cut-off on, or its last one before; the latest comes first,
 * but one with exactly this cut-off before all. */
static bool look_at_others(struct db *db, struct statement_opening *opening, int64_t *from_us,
                           bool *exists, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT statement_id, cut_off_us, state FROM statements"
                                 " WHERE merchant_id = ?"
                                 " ORDER BY cut_off_us = ? DESC, cut_off_us DESC LIMIT 1",
                                 DB_ID(opening->merchant_id), DB_INT(opening->cut_off_us));

    if (rows_next(rows)) {
        *from_us = rows_int(rows, 1);
        *exists = *from_us == opening->cut_off_us;
        if (*exists)
            opening->id = rows_id(rows, 0);
        else if (*from_us > opening->cut_off_us)
            opening->verdict = OPENING_NOT_LATER;
        else if (rows_int(rows, 2) == STATEMENT_FILLING)
            opening->verdict = OPENING_UNFINISHED;
    }
    return rows_end(rows, error);
}

static bool insert_statement(struct db *db, const struct statement_opening *opening,
                             int64_t from_us, struct error *error)
{
    const struct audit audit = {
        .actor = opening->actor, .action = "statement.open", .object_id = opening->id};

    return db_run(db, error,
                  "INSERT INTO statements (statement_id, merchant_id, state, from_us, cut_off_us,"
                  " line_count, points, reimburse_fen, opened_by, opened_us)"
                  " VALUES (?, ?, 0, ?, ?, 0, 0, 0, ?, ?)",
                  DB_ID(opening->id), DB_ID(opening->merchant_id), DB_INT(from_us),
                  DB_INT(opening->cut_off_us), DB_ID(opening->actor),
                  DB_INT(opening->now_us)) == 1 &&
           audit_append(db, &audit, opening->now_us, error);
}

static bool open_in_transaction(struct db *db, void *context, struct error *error)
{
    struct statement_opening *opening = context;
    enum find merchant = lock_merchant(db, opening->merchant_id, error);
    int64_t from_us = 0;
    bool exists = false;

    opening->verdict = merchant == FIND_NOTHING ? OPENING_NO_MERCHANT : OPENING_DONE;
    if (merchant != FIND_FOUND)
        return merchant == FIND_NOTHING;
    if (!look_at_others(db, opening, &from_us, &exists, error))
        return false;
    if (exists || opening->verdict != OPENING_DONE)
        return true;
    return insert_statement(db, opening, from_us, error) &&
           disputes_correct(db, opening->merchant_id, opening->id, error);
}

bool statement_open(struct db *db, struct statement_opening *opening, struct error *error)
{
    return db_transaction(db, open_in_transaction, opening, error);
}

bool statement_waiting(struct db *db, const struct statement_view *view, int64_t undone_before_us,
                       int64_t limit, struct arena *arena, uint64_t **redemptions, size_t *count,
                       bool *more, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT redemption_id, confirmed_us FROM redemptions WHERE merchant_id = ?"
                 " AND confirmed_us > ? AND confirmed_us < ? AND state = ? AND intent = 0"
                 " ORDER BY confirmed_us LIMIT ?",
                 DB_ID(view->merchant_id),
                 DB_INT(view->from_us > LOOK_BACK_US ? view->from_us - LOOK_BACK_US : 0),
                 DB_INT(view->cut_off_us), DB_INT(REDEMPTION_CONFIRMED), DB_INT(limit + 1));

    *redemptions = arena_take(arena, (size_t)limit * sizeof **redemptions);
    *count = 0;
    *more = false;
    while (rows_next(rows)) {
        if (*count == (size_t)limit || rows_int(rows, 1) >= undone_before_us)
            *more = true;
        else
            (*redemptions)[(*count)++] = rows_id(rows, 0);
    }
    return rows_end(rows, error);
}

bool statement_close(struct db *db, uint64_t statement_id, int64_t now_us, struct error *error)
{
    return db_run(db, error,
                  "UPDATE statements SET state = ?, drafted_us = ?"
                  " WHERE statement_id = ? AND state = ?",
                  DB_INT(STATEMENT_DRAFT), DB_INT(now_us), DB_ID(statement_id),
                  DB_INT(STATEMENT_FILLING)) >= 0;
}

bool statement_latest_cut_off(struct db *db, uint64_t merchant_id, int64_t *cut_off_us,
                              struct error *error)
{
    struct rows *rows = db_query(db, "SELECT MAX(cut_off_us) FROM statements WHERE merchant_id = ?",
                                 DB_ID(merchant_id));

    *cut_off_us = rows_next(rows) ? rows_int(rows, 0) : 0;
    return rows_end(rows, error);
}

/* --- Signing and paying --------------------------------------------------------------------- */

struct stepping {
    const struct statement_step *step;
    enum find found;
};

static bool sign_in_transaction(struct db *db, void *context, struct error *error)
{
    struct stepping *stepping = context;
    const struct statement_step *step = stepping->step;
    const struct audit audit = {
        .actor = step->actor, .action = "statement.sign", .object_id = step->statement_id};
    int64_t changed = db_run(db, error,
                             "UPDATE statements SET state = ?, signed_by = ?, signed_us = ?"
                             " WHERE statement_id = ? AND state = ?",
                             DB_INT(STATEMENT_SIGNED), DB_ID(step->actor), DB_INT(step->now_us),
                             DB_ID(step->statement_id), DB_INT(STATEMENT_DRAFT));

    stepping->found = changed > 0 ? FIND_FOUND : FIND_NOTHING;
    return changed == 0 || (changed > 0 && audit_append(db, &audit, step->now_us, error));
}

static bool pay_in_transaction(struct db *db, void *context, struct error *error)
{
    struct stepping *stepping = context;
    const struct statement_step *step = stepping->step;
    const struct audit audit = {.actor = step->actor,
                                .action = "statement.pay",
                                .object_id = step->statement_id,
                                .why = step->note};
    int64_t changed =
        db_run(db, error,
               "UPDATE statements SET state = ?, paid_by = ?, paid_us = ?, pay_note = ?"
               " WHERE statement_id = ? AND state = ?",
               DB_INT(STATEMENT_PAID), DB_ID(step->actor), DB_INT(step->now_us),
               DB_TEXT(step->note), DB_ID(step->statement_id), DB_INT(STATEMENT_SIGNED));

    stepping->found = changed > 0 ? FIND_FOUND : FIND_NOTHING;
    return changed == 0 || (changed > 0 && audit_append(db, &audit, step->now_us, error));
}

enum find statement_sign(struct db *db, const struct statement_step *step, struct error *error)
{
    struct stepping stepping = {step, FIND_NOTHING};

    return db_transaction(db, sign_in_transaction, &stepping, error) ? stepping.found : FIND_FAILED;
}

enum find statement_pay(struct db *db, const struct statement_step *step, struct error *error)
{
    struct stepping stepping = {step, FIND_NOTHING};

    return db_transaction(db, pay_in_transaction, &stepping, error) ? stepping.found : FIND_FAILED;
}

/* --- Looking -------------------------------------------------------------------------------- */

#define STATEMENT_COLUMNS                                                                          \
    "SELECT s.statement_id, s.merchant_id, m.name, s.state, s.from_us, s.cut_off_us,"              \
    " s.line_count, s.points, s.reimburse_fen, s.opened_us, s.drafted_us, s.signed_us, s.paid_us," \
    " s.opened_by, s.signed_by, s.paid_by, s.pay_note,"                                            \
    " (SELECT COALESCE(SUM(q.fen), 0) FROM disputes q WHERE q.state = 2"                           \
    "  AND q.corrected_on = s.statement_id)"                                                       \
    " FROM statements s JOIN merchants m ON m.merchant_id = s.merchant_id "

static void read_statement(struct rows *rows, struct arena *arena, struct statement_view *view)
{
    *view = (struct statement_view){
        .id = rows_id(rows, 0),
        .merchant_id = rows_id(rows, 1),
        .merchant_name = rows_copy(rows, 2, arena),
        .state = (enum statement_state)rows_int(rows, 3),
        .from_us = rows_int(rows, 4),
        .cut_off_us = rows_int(rows, 5),
        .line_count = rows_int(rows, 6),
        .points = rows_int(rows, 7),
        .reimburse_fen = rows_int(rows, 8),
        .opened_us = rows_int(rows, 9),
        .drafted_us = rows_int(rows, 10),
        .signed_us = rows_int(rows, 11),
        .paid_us = rows_int(rows, 12),
        .opened_by = rows_id(rows, 13),
        .signed_by = rows_id(rows, 14),
        .paid_by = rows_id(rows, 15),
        .pay_note = rows_copy(rows, 16, arena),
        .corrections_fen = rows_int(rows, 17),
    };
}

enum find statement_find(struct db *db, uint64_t statement_id, struct arena *arena,
                         struct statement_view *view, struct error *error)
{
    struct rows *rows =
        db_query(db, STATEMENT_COLUMNS "WHERE s.statement_id = ?", DB_ID(statement_id));
    bool found = rows_next(rows);

    if (found)
        read_statement(rows, arena, view);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

bool statement_list(struct db *db, const struct statement_filter *filter, uint64_t after,
                    int64_t limit, struct arena *arena, struct statement_view **views,
                    size_t *count, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 STATEMENT_COLUMNS "WHERE s.statement_id > ?"
                                   " AND (? = 0 OR s.merchant_id = ?)"
                                   " AND (? < 0 OR s.state = ?)"
                                   " ORDER BY s.statement_id LIMIT ?",
                 DB_ID(after), DB_ID(filter->merchant_id), DB_ID(filter->merchant_id),
                 DB_INT(filter->state), DB_INT(filter->state), DB_INT(limit));

    *views = arena_take(arena, (size_t)limit * sizeof **views);
    for (*count = 0; rows_next(rows); (*count)++)
        read_statement(rows, arena, &(*views)[*count]);
    return rows_end(rows, error);
}

#define LINE_COLUMNS                                                                               \
    "SELECT l.redemption_id, d.reward_id, r.title, d.points, d.reimburse_fen, l.confirmed_us,"     \
    " d.confirmed_by, a.display_name, d.shop_id, h.name, p.name"                                   \
    " FROM statement_lines l JOIN redemptions d ON d.redemption_id = l.redemption_id"              \
    " JOIN rewards r ON r.reward_id = d.reward_id"                                                 \
    " LEFT JOIN accounts a ON a.account_id = d.confirmed_by"                                       \
    " LEFT JOIN shops h ON h.shop_id = d.shop_id"                                                  \
    " LEFT JOIN sponsors p ON p.sponsor_id = d.sponsor_id "

static void read_line(struct rows *rows, struct arena *arena, struct statement_line_view *line)
{
    *line = (struct statement_line_view){
        .redemption_id = rows_id(rows, 0),
        .reward_id = rows_id(rows, 1),
        .reward_title = rows_copy(rows, 2, arena),
        .points = rows_int(rows, 3),
        .reimburse_fen = rows_int(rows, 4),
        .confirmed_us = rows_int(rows, 5),
        .confirmed_by = rows_id(rows, 6),
        .clerk_name = rows_copy(rows, 7, arena),
        .shop_id = rows_id(rows, 8),
        .shop_name = rows_copy(rows, 9, arena),
        .sponsor_name = rows_copy(rows, 10, arena),
    };
}

/* Where the line of `redemption_id` stands; 0 when it is not there: then from the first. */
static bool line_place(struct db *db, uint64_t redemption_id, int64_t *confirmed_us,
                       struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT confirmed_us FROM statement_lines WHERE redemption_id = ?",
                 DB_ID(redemption_id));

    *confirmed_us = rows_next(rows) ? rows_int(rows, 0) : 0;
    return rows_end(rows, error);
}

bool statement_lines(struct db *db, uint64_t statement_id, uint64_t after, int64_t limit,
                     struct arena *arena, struct statement_line_view **lines, size_t *count,
                     struct error *error)
{
    int64_t after_us = 0;
    struct rows *rows;

    if (after != 0 && !line_place(db, after, &after_us, error))
        return false;
    rows = db_query(db,
                    LINE_COLUMNS "WHERE l.statement_id = ? AND (l.confirmed_us > ? OR"
                                 " (l.confirmed_us = ? AND l.redemption_id > ?))"
                                 " ORDER BY l.confirmed_us, l.redemption_id LIMIT ?",
                    DB_ID(statement_id), DB_INT(after_us), DB_INT(after_us), DB_ID(after),
                    DB_INT(limit));
    *lines = arena_take(arena, (size_t)limit * sizeof **lines);
    for (*count = 0; rows_next(rows); (*count)++)
        read_line(rows, arena, &(*lines)[*count]);
    return rows_end(rows, error);
}

static void add_heads(struct buffer *out)
{
    static const char *const heads[] = {"line",    "redemption_id", "confirmed_at", "confirmed_by",
                                        "clerk",   "shop",          "reward_id",    "reward",
                                        "sponsor", "points",        "reimburse_fen"};

    csv_begin(out);
    for (size_t i = 0; i < ARRAY_LENGTH(heads); i++)
        csv_word(out, heads[i]);
    csv_end_row(out);
}

bool statement_csv(struct db *db, uint64_t statement_id, int offset_minutes, struct buffer *out,
                   struct error *error)
{
    struct rows *rows = db_stream(db,
                                  LINE_COLUMNS "WHERE l.statement_id = ?"
                                               " ORDER BY l.confirmed_us, l.redemption_id",
                                  DB_ID(statement_id));

    add_heads(out);
    for (int64_t number = 1; rows_next(rows); number++) {
        csv_int(out, number);
        csv_id(out, rows_id(rows, 0));
        csv_time(out, rows_int(rows, 5), offset_minutes);
        csv_id(out, rows_id(rows, 6));
        csv_text(out, rows_text(rows, 7));
        csv_text(out, rows_text(rows, 9));
        csv_id(out, rows_id(rows, 1));
        csv_text(out, rows_text(rows, 2));
        csv_text(out, rows_text(rows, 10));
        csv_points(out, rows_int(rows, 3));
        csv_int(out, rows_int(rows, 4));
        csv_end_row(out);
    }
    return rows_end(rows, error);
}
