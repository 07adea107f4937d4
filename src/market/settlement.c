#include "market/settlement.h"

#include "market/operation.h"

/* --- Statements as rows of the book ---------------------------------------------------------- */

static void statement_lock(struct sql *sql, struct row_keys keys)
{
    sql_add(sql, "SELECT statement_id, merchant_id, state, cut_off_us, line_count, points,"
                 " reimburse_fen FROM statements FORCE INDEX (PRIMARY) WHERE statement_id IN ");
    sql_add_ids(sql, keys.keys, keys.count);
    sql_add(sql, " ORDER BY statement_id FOR UPDATE");
    sql_end(sql);
}

static void statement_fill(struct book *book, struct rows *rows)
{
    while (rows_next(rows)) {
        struct statement *statement = book_add(book, &statement_rows, rows_id(rows, 0));

        statement->merchant_id = rows_id(rows, 1);
        statement->state = (enum statement_state)rows_int(rows, 2);
        statement->cut_off_us = rows_int(rows, 3);
        statement->line_count = rows_int(rows, 4);
        statement->points = rows_int(rows, 5);
        statement->reimburse_fen = rows_int(rows, 6);
    }
}

/* Only what it adds up to: its state belongs to ordinary statements, and the row is locked. */
static void statement_write(struct sql *sql, struct row *const *rows, size_t count)
{
    sql_add(sql, "INSERT INTO statements (statement_id, merchant_id, state, from_us, cut_off_us,"
                 " line_count, points, reimburse_fen, opened_by, opened_us) VALUES ");
    for (size_t i = 0; i < count; i++) {
        const struct statement *statement = (const struct statement *)rows[i];

        if (i > 0)
            sql_add(sql, ",");
        sql_add(sql, "(");
        sql_add_id(sql, statement->row.key);
        sql_add(sql, ",0,0,0,0,");
        sql_add_int(sql, statement->line_count);
        sql_add(sql, ",");
        sql_add_int(sql, statement->points);
        sql_add(sql, ",");
        sql_add_int(sql, statement->reimburse_fen);
        sql_add(sql, ",0,0)");
    }
    sql_add(sql, " ON DUPLICATE KEY UPDATE line_count = VALUES(line_count),"
                 " points = VALUES(points), reimburse_fen = VALUES(reimburse_fen)");
    sql_end(sql);
}

const struct row_kind statement_rows = {
    .name = "statement",
    .size = sizeof(struct statement),
    .lock_order = 15,
    .lock = statement_lock,
    .fill = statement_fill,
    .write = statement_write,
};

static void line_write(struct sql *sql, struct row *const *rows, size_t count)
{
    sql_add(sql, "INSERT INTO statement_lines (statement_id, confirmed_us, redemption_id) VALUES ");
    for (size_t i = 0; i < count; i++) {
        const struct statement_line *line = (const struct statement_line *)rows[i];

        ASSERT(line->row.is_new); /* lines do not change */
        if (i > 0)
            sql_add(sql, ",");
        sql_add(sql, "(");
        sql_add_id(sql, line->statement_id);
        sql_add(sql, ",");
        sql_add_int(sql, line->confirmed_us);
        sql_add(sql, ",");
        sql_add_id(sql, line->row.key);
        sql_add(sql, ")");
    }
    sql_end(sql);
}

/* Nobody reads a line to change it, so none is ever locked. */
const struct row_kind statement_line_rows = {
    .name = "statement_line",
    .size = sizeof(struct statement_line),
    .lock_order = 16,
    .write = line_write,
};

/* --- The command ------------------------------------------------------------------------------ */

static void settle_keys(const struct command *command, struct key_set *keys)
{
    const struct settle *want = (const struct settle *)command;

    key_set_add(keys, &redemption_rows, want->redemption_id);
    key_set_add(keys, &statement_rows, want->statement_id);
}

static bool may_settle(const struct settle *want, const struct redemption *redemption,
                       const struct statement *statement, int64_t now_us)
{
    return statement->state == STATEMENT_FILLING && redemption->state == REDEMPTION_CONFIRMED &&
           redemption->intent == INTENT_NONE && /* else it is about to be undone or refunded */
           redemption->confirmed_us < statement->cut_off_us &&
           now_us - redemption->confirmed_us > want->undo_window_us;
}

static void add_line(struct book *book, struct statement *statement,
                     const struct redemption *redemption)
{
    struct statement_line *line = book_create(book, &statement_line_rows, redemption->row.key);

    line->statement_id = statement->row.key;
    line->confirmed_us = redemption->confirmed_us;
    statement->line_count++;
    statement->points += redemption->points;
    statement->reimburse_fen += redemption->reimburse_fen;
    row_change(&statement->row);
}

static enum refusal settle_apply(struct book *book, const struct command *command,
                                 struct outcome *out)
{
    const struct settle *want = (const struct settle *)command;
    struct redemption *redemption = book_find(book, &redemption_rows, want->redemption_id);
    struct statement *statement = book_find(book, &statement_rows, want->statement_id);

    if (redemption == NULL || statement == NULL ||
        redemption->merchant_id != statement->merchant_id)
        return REFUSED_NOT_FOUND;
    if (!may_settle(want, redemption, statement, book_now_us(book)))
        return REFUSED_WRONG_STATE;
    struct transfer transfer = {
        .kind = TRANSFER_SETTLE,
        .from = account_of(ACCOUNT_MERCHANT, redemption->merchant_id),
        .to = account_of(ACCOUNT_SETTLED, redemption->merchant_id),
        .points = redemption->points,
        .member_id = redemption->member_id,
        .ref = redemption->row.key,
        .subject = statement->row.key,
        .actor = command->actor,
    };
    book_post(book, &transfer, NULL, 0);
    add_line(book, statement, redemption);
    redemption->closed_us = book_now_us(book);
    redemption->state = REDEMPTION_SETTLED;
    row_change(&redemption->row);
    if (redemption->operation_id == 0)
        operation_open(book, redemption, OPERATION_SETTLE, want->operation_id);
    out->ref = redemption->row.key;
    out->state = REDEMPTION_SETTLED;
    out->points = redemption->points;
    return ACCEPTED;
}

const struct command_kind command_settle = {"settle", settle_keys, settle_apply};
