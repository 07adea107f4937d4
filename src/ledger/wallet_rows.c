/*
 * Wallets in the database. Lots and limits hang on the wallet's row and its lock.
 */
#include "ledger/wallet.h"

static void wallets_lock(struct sql *sql, struct row_keys keys)
{
    sql_add(sql, "SELECT member_id, version, available, held, owed, state, merged_into"
                 " FROM wallets FORCE INDEX (PRIMARY) WHERE member_id IN ");
    sql_add_ids(sql, keys.keys, keys.count);
    sql_add(sql, " ORDER BY member_id FOR UPDATE");
    sql_end(sql);
}

static void wallets_fill(struct book *book, struct rows *rows)
{
    while (rows_next(rows)) {
        struct wallet *wallet = book_add(book, &wallet_rows, rows_id(rows, 0));

        wallet->version = (uint32_t)rows_id(rows, 1);
        wallet->available = rows_int(rows, 2);
        wallet->held = rows_int(rows, 3);
        wallet->owed = rows_int(rows, 4);
        wallet->state = (enum wallet_state)rows_int(rows, 5);
        wallet->merged_into = rows_id(rows, 6);
    }
}

/* Lots that run out but are not swept yet are among them. So are revoked ones, few as they are: a
 * lot that is not here is known to be open and empty. */
static void lots_select(struct sql *sql, struct row_keys keys, int64_t now_us)
{
    (void)now_us;
    sql_add(sql, "SELECT member_id, lot_id, points, remaining, gone, expires_us, source, grade,"
                 " state FROM lots FORCE INDEX (PRIMARY) WHERE member_id IN ");
    sql_add_ids(sql, keys.keys, keys.count);
    sql_add(sql, " AND (remaining > 0 OR state = ");
    sql_add_int(sql, LOT_REVOKED);
    sql_add(sql, ")");
    sql_end(sql);
}

void wallet_fill_lots(struct book *book, struct rows *rows)
{
    while (rows_next(rows)) {
        struct wallet *wallet = book_find(book, &wallet_rows, rows_id(rows, 0));
        struct lot lot = {
            .id = rows_id(rows, 1),
            .points = rows_int(rows, 2),
            .remaining = rows_int(rows, 3),
            .gone = rows_int(rows, 4),
            .expires_us = rows_int(rows, 5),
            .source = (uint8_t)rows_int(rows, 6),
            .grade = (uint8_t)rows_int(rows, 7),
            .state = (uint8_t)rows_int(rows, 8),
        };

        if (wallet && !wallet_lot(wallet, lot.id))
            wallet_add_lot(wallet, &lot);
    }
}

static void limits_select(struct sql *sql, struct row_keys keys, int64_t now_us)
{
    sql_add(sql, "SELECT member_id, subject, period, used, ends_us"
                 " FROM limit_uses FORCE INDEX (PRIMARY) WHERE member_id IN ");
    sql_add_ids(sql, keys.keys, keys.count);
    sql_add(sql, " AND ends_us > ");
    sql_add_int(sql, now_us);
    sql_end(sql);
}

static void limits_fill(struct book *book, struct rows *rows)
{
    while (rows_next(rows)) {
        struct wallet *wallet = book_find(book, &wallet_rows, rows_id(rows, 0));
        struct limit_use limit = {
            .subject = rows_id(rows, 1),
            .period = (int32_t)rows_int(rows, 2),
            .used = rows_int(rows, 3),
            .ends_us = rows_int(rows, 4),
        };

        ASSERT(wallet);
        wallet_add_limit(wallet, &limit);
    }
}

/* --- Writing --------------------------------------------------------------------------------- */

static void add_comma(struct sql *sql, size_t *rows)
{
    if ((*rows)++ > 0)
        sql_add(sql, ",");
}

static void add_wallet(struct sql *sql, const struct wallet *wallet)
{
    sql_add(sql, "(");
    sql_add_id(sql, wallet->row.key);
    sql_add(sql, ",");
    sql_add_id(sql, wallet->version);
    sql_add(sql, ",");
    sql_add_int(sql, wallet->available);
    sql_add(sql, ",");
    sql_add_int(sql, wallet->held);
    sql_add(sql, ",");
    sql_add_int(sql, wallet->owed);
    sql_add(sql, ",");
    sql_add_int(sql, wallet->state);
    sql_add(sql, ",");
    sql_add_id(sql, wallet->merged_into);
    sql_add(sql, ")");
}

static void write_wallets(struct sql *sql, struct row *const *rows, size_t count)
{
    size_t written = 0;

    sql_add(sql, "INSERT INTO wallets (member_id, version, available, held, owed, state,"
                 " merged_into) VALUES ");
    for (size_t i = 0; i < count; i++) {
        add_comma(sql, &written);
        add_wallet(sql, (const struct wallet *)rows[i]);
    }
    sql_add(sql, " ON DUPLICATE KEY UPDATE version = VALUES(version),"
                 " available = VALUES(available), held = VALUES(held), owed = VALUES(owed),"
                 " state = VALUES(state), merged_into = VALUES(merged_into)");
    sql_end(sql);
}

/* Spent lots, which nobody loaded, move too: the merge is the only change a merged wallet knows. */
static void move_merged_lots(struct sql *sql, struct row *const *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct wallet *wallet = (const struct wallet *)rows[i];

        if (wallet->state != WALLET_MERGED)
            continue;
        sql_add(sql, "UPDATE lots SET member_id = ");
        sql_add_id(sql, wallet->merged_into);
        sql_add(sql, " WHERE member_id = ");
        sql_add_id(sql, wallet->row.key);
        sql_end(sql);
    }
}

static void add_lot(struct sql *sql, uint64_t member_id, const struct lot *lot)
{
    sql_add(sql, "(");
    sql_add_id(sql, member_id);
    sql_add(sql, ",");
    sql_add_id(sql, lot->id);
    sql_add(sql, ",");
    sql_add_int(sql, lot->points);
    sql_add(sql, ",");
    sql_add_int(sql, lot->remaining);
    sql_add(sql, ",");
    sql_add_int(sql, lot->gone);
    sql_add(sql, ",");
    sql_add_int(sql, lot->expires_us);
    sql_add(sql, ",");
    sql_add_int(sql, lot->source);
    sql_add(sql, ",");
    sql_add_int(sql, lot->grade);
    sql_add(sql, ",");
    sql_add_int(sql, lot->state);
    sql_add(sql, ")");
}

/* How a lot is written, by what is known of it. */
enum lot_write { LOT_INSERT, LOT_UPDATE, LOT_UPDATE_UNREAD, LOT_WRITES };

static enum lot_write lot_write_of(const struct lot *lot)
{
    if (lot->is_new)
        return LOT_INSERT;
    return lot->unread ? LOT_UPDATE_UNREAD : LOT_UPDATE;
}

/* One row of `how`; the first begins the statement. */
static void write_lot(struct sql *sql, uint64_t member_id, const struct lot *lot, size_t *written)
{
    if (*written == 0)
        sql_add(sql, "INSERT INTO lots (member_id, lot_id, points, remaining, gone, expires_us,"
                     " source, grade, state) VALUES ");
    add_comma(sql, written);
    add_lot(sql, member_id, lot);
}

/* A new lot that is there already is a duplicate, never an update. Of the others the row is there:
 * only the columns named at the end are taken from VALUES. */
static void end_lots(struct sql *sql, enum lot_write how)
{
    if (how == LOT_UPDATE)
        sql_add(sql, " ON DUPLICATE KEY UPDATE remaining = VALUES(remaining),"
                     " gone = VALUES(gone), expires_us = VALUES(expires_us),"
                     " state = VALUES(state)");
    if (how == LOT_UPDATE_UNREAD)
        sql_add(sql, " ON DUPLICATE KEY UPDATE remaining = VALUES(remaining),"
                     " expires_us = VALUES(expires_us)");
    sql_end(sql);
}

static void write_lots(struct sql *sql, struct row *const *rows, size_t count, enum lot_write how)
{
    size_t written = 0;

    for (size_t i = 0; i < count; i++) {
        const struct wallet *wallet = (const struct wallet *)rows[i];

        for (size_t j = 0; j < wallet->lot_count; j++)
            if (wallet->lots[j].changed && lot_write_of(&wallet->lots[j]) == how)
                write_lot(sql, wallet->row.key, &wallet->lots[j], &written);
    }
    if (written > 0)
        end_lots(sql, how);
}

static void write_limit(struct sql *sql, uint64_t member_id, const struct limit_use *limit,
                        size_t *written)
{
    if (*written == 0)
        sql_add(sql, "INSERT INTO limit_uses (member_id, subject, period, used, ends_us) VALUES ");
    add_comma(sql, written);
    sql_add(sql, "(");
    sql_add_id(sql, member_id);
    sql_add(sql, ",");
    sql_add_id(sql, limit->subject);
    sql_add(sql, ",");
    sql_add_int(sql, limit->period);
    sql_add(sql, ",");
    sql_add_int(sql, limit->used);
    sql_add(sql, ",");
    sql_add_int(sql, limit->ends_us);
    sql_add(sql, ")");
}

static void write_limits(struct sql *sql, struct row *const *rows, size_t count)
{
    size_t written = 0;

    for (size_t i = 0; i < count; i++) {
        const struct wallet *wallet = (const struct wallet *)rows[i];

        for (size_t j = 0; j < wallet->limit_count; j++)
            if (wallet->limits[j].changed)
                write_limit(sql, wallet->row.key, &wallet->limits[j], &written);
    }
    if (written == 0)
        return;
    sql_add(sql, " ON DUPLICATE KEY UPDATE used = VALUES(used), ends_us = VALUES(ends_us)");
    sql_end(sql);
}

static void wallets_write(struct sql *sql, struct row *const *rows, size_t count)
{
    write_wallets(sql, rows, count);
    move_merged_lots(sql, rows, count);
    for (enum lot_write how = 0; how < LOT_WRITES; how++)
        write_lots(sql, rows, count, how);
    write_limits(sql, rows, count);
}

static bool lot_holds(const struct lot *lot)
{
    return lot->remaining >= 0 && lot->gone >= 0 && (lot->unread || lot_spent(lot) >= 0);
}

static bool wallet_holds(const struct row *row)
{
    const struct wallet *wallet = (const struct wallet *)row;
    int64_t in_lots = 0;

    if (wallet->held < 0 || wallet->owed < 0 || (unsigned)wallet->state > WALLET_MERGED)
        return false;
    for (size_t i = 0; i < wallet->lot_count; i++)
        if (!lot_holds(&wallet->lots[i]) ||
            __builtin_add_overflow(in_lots, wallet->lots[i].remaining, &in_lots))
            return false;
    return wallet->available == in_lots; /* lots that are not here are empty */
}

static void wallet_unmark(struct row *row)
{
    struct wallet *wallet = (struct wallet *)row;

    for (size_t i = 0; i < wallet->lot_count; i++)
        wallet->lots[i].is_new = wallet->lots[i].changed = false;
    for (size_t i = 0; i < wallet->limit_count; i++)
        wallet->limits[i].changed = false;
}

const struct row_kind wallet_rows = {
    .name = "wallets",
    .size = sizeof(struct wallet),
    .lock_order = 50,
    .exclusive = true,
    .lock = wallets_lock,
    .fill = wallets_fill,
    .reads = {{lots_select, wallet_fill_lots}, {limits_select, limits_fill}},
    .holds = wallet_holds,
    .write = wallets_write,
    .unmark = wallet_unmark,
};
