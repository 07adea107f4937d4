#include "market/stock.h"

#include "base/buffer.h"

static void stock_lock(struct sql *sql, struct row_keys keys)
{
    sql_add(sql, "SELECT reward_id, merchant_id, state, price, reimburse_fen, terms_version,"
                 " limit_count, limit_days, valid_us, initial, free, held, sold, sponsor_id,"
                 " budget_fen, committed_fen, sell_until_us, integration_id, calls FROM stock"
                 " FORCE INDEX (PRIMARY) WHERE reward_id IN ");
    sql_add_ids(sql, keys.keys, keys.count);
    sql_add(sql, " ORDER BY reward_id FOR UPDATE");
    sql_end(sql);
}

static void stock_fill(struct book *book, struct rows *rows)
{
    while (rows_next(rows)) {
        struct stock *stock = book_add(book, &stock_rows, rows_id(rows, 0));

        stock->merchant_id = rows_id(rows, 1);
        stock->state = (enum stock_state)rows_int(rows, 2);
        stock->price = rows_int(rows, 3);
        stock->reimburse_fen = rows_int(rows, 4);
        stock->terms_version = (uint32_t)rows_int(rows, 5);
        stock->limit_count = (int32_t)rows_int(rows, 6);
        stock->limit_days = (int32_t)rows_int(rows, 7);
        stock->valid_us = rows_int(rows, 8);
        stock->initial = rows_int(rows, 9);
        stock->free = rows_int(rows, 10);
        stock->held = rows_int(rows, 11);
        stock->sold = rows_int(rows, 12);
        stock->sponsor_id = rows_id(rows, 13);
        stock->budget_fen = rows_int(rows, 14);
        stock->committed_fen = rows_int(rows, 15);
        stock->sell_until_us = rows_int(rows, 16);
        stock->integration_id = rows_id(rows, 17);
        stock->calls = (uint32_t)rows_int(rows, 18);
    }
}

/* Only the counts: the terms belong to ordinary statements, and the row is locked meanwhile. */
static void stock_write(struct sql *sql, struct row *const *rows, size_t count)
{
    sql_add(sql, "INSERT INTO stock (reward_id, merchant_id, state, price, reimburse_fen,"
                 " terms_version, limit_count, limit_days, valid_us, initial, free, held, sold,"
                 " committed_fen) VALUES ");
    for (size_t i = 0; i < count; i++) {
        const struct stock *stock = (const struct stock *)rows[i];

        if (i > 0)
            sql_add(sql, ",");
        sql_add(sql, "(");
        sql_add_id(sql, stock->row.key);
        sql_add(sql, ",0,0,0,0,0,0,0,0,");
        sql_add_int(sql, stock->initial);
        sql_add(sql, ",");
        sql_add_int(sql, stock->free);
        sql_add(sql, ",");
        sql_add_int(sql, stock->held);
        sql_add(sql, ",");
        sql_add_int(sql, stock->sold);
        sql_add(sql, ",");
        sql_add_int(sql, stock->committed_fen);
        sql_add(sql, ")");
    }
    sql_add(sql, " ON DUPLICATE KEY UPDATE initial = VALUES(initial), free = VALUES(free),"
                 " held = VALUES(held), sold = VALUES(sold),"
                 " committed_fen = VALUES(committed_fen)");
    sql_end(sql);
}

static bool stock_holds(const struct row *row)
{
    const struct stock *stock = (const struct stock *)row;

    return stock->free >= 0 && stock->held >= 0 && stock->sold >= 0 &&
           stock->initial == stock->free + stock->held + stock->sold &&
           (stock->limit_count == 0 || stock->limit_days > 0);
}

const struct row_kind stock_rows = {
    .name = "stock",
    .size = sizeof(struct stock),
    .lock_order = 40,
    .lock = stock_lock,
    .fill = stock_fill,
    .holds = stock_holds,
    .write = stock_write,
};

static void restock_keys(const struct command *command, struct key_set *keys)
{
    key_set_add(keys, &stock_rows, ((const struct restock *)command)->reward_id);
}

static enum refusal restock_apply(struct book *book, const struct command *command,
                                  struct outcome *out)
{
    const struct restock *want = (const struct restock *)command;
    struct stock *stock = book_find(book, &stock_rows, want->reward_id);
    struct transfer transfer = {
        .kind = TRANSFER_RESTOCK,
        .ref = want->reward_id,
        .subject = want->reward_id,
        .pieces = want->pieces,
        .actor = command->actor,
    };

    if (stock == NULL)
        return REFUSED_NOT_FOUND;
    if (stock->free + want->pieces < 0 || stock->initial + want->pieces > STOCK_MOST)
        return REFUSED_TOO_MUCH;
    stock->initial += want->pieces;
    stock->free += want->pieces;
    row_change(&stock->row);
    book_post(book, &transfer, NULL, 0);
    out->ref = want->reward_id;
    out->state = (uint8_t)stock->state;
    out->points = stock->free;
    return ACCEPTED;
}

const struct command_kind command_restock = {"restock", restock_keys, restock_apply};
