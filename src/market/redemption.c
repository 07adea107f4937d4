#include "market/redemption.h"

const char *redemption_state_name(enum redemption_state state)
{
    static const char *const names[] = {
        [REDEMPTION_HELD] = "held",       [REDEMPTION_ISSUING] = "issuing",
        [REDEMPTION_ISSUED] = "issued",   [REDEMPTION_CONFIRMED] = "confirmed",
        [REDEMPTION_SETTLED] = "settled", [REDEMPTION_CANCELLED] = "cancelled",
        [REDEMPTION_EXPIRED] = "expired", [REDEMPTION_REFUNDED] = "refunded",
        [REDEMPTION_STUCK] = "stuck",     [REDEMPTION_CHECKING] = "checking",
    };

    return name_from(names, ARRAY_LENGTH(names), (size_t)state);
}

const char *intent_name(enum intent intent)
{
    static const char *const names[] = {"none", "cancel", "lapse", "undo", "refund"};

    return name_from(names, ARRAY_LENGTH(names), (size_t)intent);
}

static void redemption_lock(struct sql *sql, struct row_keys keys)
{
    sql_add(sql, "SELECT redemption_id, member_id, reward_id, merchant_id, state, points,"
                 " reimburse_fen, terms_version, code_hash, code_key, limit_period, created_us,"
                 " expires_us, confirmed_us, confirmed_by, closed_us, sponsor_id, shop_id,"
                 " allocation, integration_id, calls, agreed, operation_id, asking, intent,"
                 " intent_by FROM redemptions FORCE INDEX (PRIMARY) WHERE redemption_id IN ");
    sql_add_ids(sql, keys.keys, keys.count);
    sql_add(sql, " ORDER BY redemption_id FOR UPDATE");
    sql_end(sql);
}

static void redemption_fill(struct book *book, struct rows *rows)
{
    while (rows_next(rows)) {
        struct redemption *redemption = book_add(book, &redemption_rows, rows_id(rows, 0));
        struct text allocation = rows_text(rows, 18);

        redemption->member_id = rows_id(rows, 1);
        redemption->reward_id = rows_id(rows, 2);
        redemption->merchant_id = rows_id(rows, 3);
        redemption->state = (enum redemption_state)rows_int(rows, 4);
        redemption->points = rows_int(rows, 5);
        redemption->reimburse_fen = rows_int(rows, 6);
        redemption->terms_version = (uint32_t)rows_int(rows, 7);
        rows_bytes(rows, 8, redemption->code_hash, sizeof redemption->code_hash);
        redemption->code_key = (uint32_t)rows_int(rows, 9);
        redemption->limit_period = (int32_t)rows_int(rows, 10);
        redemption->created_us = rows_int(rows, 11);
        redemption->expires_us = rows_int(rows, 12);
        redemption->confirmed_us = rows_int(rows, 13);
        redemption->confirmed_by = rows_id(rows, 14);
        redemption->closed_us = rows_int(rows, 15);
        redemption->sponsor_id = rows_id(rows, 16);
        redemption->shop_id = rows_id(rows, 17);
        buffer_add(&redemption->allocation, allocation.data, allocation.length);
        redemption->integration_id = rows_id(rows, 19);
        redemption->calls = (uint32_t)rows_int(rows, 20);
        redemption->agreed = (uint32_t)rows_int(rows, 21);
        redemption->operation_id = rows_id(rows, 22);
        redemption->asking = (int)rows_int(rows, 23);
        redemption->intent = (enum intent)rows_int(rows, 24);
        redemption->intent_by = rows_id(rows, 25);
    }
}

static void write_calls(struct sql *sql, const struct redemption *redemption)
{
    const uint64_t values[] = {redemption->integration_id,   redemption->calls,
                               redemption->agreed,           redemption->operation_id,
                               (uint64_t)redemption->asking, (uint64_t)redemption->intent,
                               redemption->intent_by};

    for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
        sql_add(sql, ",");
        sql_add_id(sql, values[i]);
    }
}

static void write_values(struct sql *sql, const struct redemption *redemption)
{
    const uint64_t ids[] = {redemption->row.key, redemption->member_id, redemption->reward_id,
                            redemption->merchant_id};
    const int64_t numbers[] = {redemption->state, redemption->points, redemption->reimburse_fen,
                               redemption->terms_version};
    const int64_t times[] = {redemption->code_key, redemption->limit_period, redemption->created_us,
                             redemption->expires_us, redemption->confirmed_us};

    sql_add(sql, "(");
    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) {
        sql_add_id(sql, ids[i]);
        sql_add(sql, ",");
    }
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        sql_add_int(sql, numbers[i]);
        sql_add(sql, ",");
    }
    sql_add_bytes(sql, redemption->code_hash, sizeof redemption->code_hash);
    for (size_t i = 0; i < ARRAY_LENGTH(times); i++) {
        sql_add(sql, ",");
        sql_add_int(sql, times[i]);
    }
    sql_add(sql, ",");
    sql_add_id(sql, redemption->confirmed_by);
    sql_add(sql, ",");
    sql_add_int(sql, redemption->closed_us);
    sql_add(sql, ",");
    sql_add_id(sql, redemption->sponsor_id);
    sql_add(sql, ",");
    sql_add_id(sql, redemption->shop_id);
    sql_add(sql, ",");
    sql_add_bytes(sql, redemption->allocation.data, redemption->allocation.length);
    write_calls(sql, redemption);
    sql_add(sql, ")");
}

/* The rows that are new, or those that are not; the first begins the statement. */
static size_t write_rows(struct sql *sql, struct row *const *rows, size_t count, bool are_new)
{
    size_t written = 0;

    for (size_t i = 0; i < count; i++) {
        if (rows[i]->is_new != are_new)
            continue;
        if (written++ > 0)
            sql_add(sql, ",");
        else
            sql_add(sql, "INSERT INTO redemptions (redemption_id, member_id, reward_id,"
                         " merchant_id, state, points, reimburse_fen, terms_version, code_hash,"
                         " code_key, limit_period, created_us, expires_us, confirmed_us,"
                         " confirmed_by, closed_us, sponsor_id, shop_id, allocation,"
                         " integration_id, calls, agreed, operation_id, asking, intent,"
                         " intent_by) VALUES ");
        write_values(sql, (const struct redemption *)rows[i]);
    }
    return written;
}

/* A new redemption that is there already, or has another's code, is a duplicate and never an
 * update. Of one that was there only what a command may change is written. */
static void redemption_write(struct sql *sql, struct row *const *rows, size_t count)
{
    if (write_rows(sql, rows, count, true) > 0)
        sql_end(sql);
    if (write_rows(sql, rows, count, false) == 0)
        return;
    sql_add(sql, " ON DUPLICATE KEY UPDATE state = VALUES(state),"
                 " confirmed_us = VALUES(confirmed_us), confirmed_by = VALUES(confirmed_by),"
                 " closed_us = VALUES(closed_us), shop_id = VALUES(shop_id),"
                 " expires_us = VALUES(expires_us), operation_id = VALUES(operation_id),"
                 " asking = VALUES(asking), intent = VALUES(intent),"
                 " intent_by = VALUES(intent_by)");
    sql_end(sql);
}

static void redemption_forget(struct row *row)
{
    buffer_free(&((struct redemption *)row)->allocation);
}

/* What was taken from which lots is what it cost. */
static bool redemption_holds(const struct row *row)
{
    const struct redemption *redemption = (const struct redemption *)row;
    struct text packed = {redemption->allocation.data, redemption->allocation.length};
    struct lot_part *parts;
    size_t count;
    int64_t points = redemption->points;

    if (!lot_parts_unpack(packed, row->memory, &parts, &count))
        return false;
    for (size_t i = 0; i < count; i++)
        if (parts[i].points >= 0 || __builtin_add_overflow(points, parts[i].points, &points))
            return false;
    return points == 0;
}

const struct row_kind redemption_rows = {
    .name = "redemption",
    .size = sizeof(struct redemption),
    .lock_order = 10,
    .lock = redemption_lock,
    .fill = redemption_fill,
    .holds = redemption_holds,
    .write = redemption_write,
    .forget = redemption_forget,
};
