#include "market/operation.h"

/* --- Operations as rows of the book ----------------------------------------------------------- */

static void operation_lock(struct sql *sql, struct row_keys keys)
{
    sql_add(sql, "SELECT operation_id, redemption_id, merchant_id, integration_id, kind, state,"
                 " attempt, due_us, deadline_us, created_us, closed_us, decided_by"
                 " FROM operations FORCE INDEX (PRIMARY) WHERE operation_id IN ");
    sql_add_ids(sql, keys.keys, keys.count);
    sql_add(sql, " ORDER BY operation_id FOR UPDATE");
    sql_end(sql);
}

static void operation_fill(struct book *book, struct rows *rows)
{
    while (rows_next(rows)) {
        struct operation *operation = book_add(book, &operation_rows, rows_id(rows, 0));

        operation->redemption_id = rows_id(rows, 1);
        operation->merchant_id = rows_id(rows, 2);
        operation->integration_id = rows_id(rows, 3);
        operation->kind = (enum operation_kind)rows_int(rows, 4);
        operation->state = (enum operation_state)rows_int(rows, 5);
        operation->attempt = (int32_t)rows_int(rows, 6);
        operation->due_us = rows_int(rows, 7);
        operation->deadline_us = rows_int(rows, 8);
        operation->created_us = rows_int(rows, 9);
        operation->closed_us = rows_int(rows, 10);
        operation->decided_by = rows_id(rows, 11);
    }
}

static void write_operation(struct sql *sql, const struct operation *operation)
{
    const uint64_t ids[] = {operation->row.key, operation->redemption_id, operation->merchant_id,
                            operation->integration_id, operation->decided_by};
    const int64_t numbers[] = {operation->kind,        operation->state,      operation->due_us,
                               operation->deadline_us, operation->created_us, operation->closed_us};

    sql_add(sql, "(");
    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) {
        sql_add_id(sql, ids[i]);
        sql_add(sql, ",");
    }
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        if (i > 0)
            sql_add(sql, ",");
        sql_add_int(sql, numbers[i]);
    }
    sql_add(sql, ")");
}

/* The attempt and what else a lease needs are dispatch's to write. */
static void operation_write(struct sql *sql, struct row *const *rows, size_t count)
{
    sql_add(sql, "INSERT INTO operations (operation_id, redemption_id, merchant_id, integration_id,"
                 " decided_by, kind, state, due_us, deadline_us, created_us, closed_us) VALUES ");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            sql_add(sql, ",");
        write_operation(sql, (const struct operation *)rows[i]);
    }
    sql_add(sql, " ON DUPLICATE KEY UPDATE state = VALUES(state), due_us = VALUES(due_us),"
                 " deadline_us = VALUES(deadline_us), closed_us = VALUES(closed_us),"
                 " decided_by = VALUES(decided_by)");
    sql_end(sql);
}

const struct row_kind operation_rows = {
    .name = "operation",
    .size = sizeof(struct operation),
    .lock_order = 12,
    .lock = operation_lock,
    .fill = operation_fill,
    .write = operation_write,
};

static void voucher_write(struct sql *sql, struct row *const *rows, size_t count)
{
    sql_add(sql, "INSERT INTO merchant_vouchers (redemption_id, key_id, hash, code) VALUES ");
    for (size_t i = 0; i < count; i++) {
        const struct merchant_voucher *voucher = (const struct merchant_voucher *)rows[i];

        ASSERT(voucher->row.is_new);
        if (i > 0)
            sql_add(sql, ",");
        sql_add(sql, "(");
        sql_add_id(sql, voucher->row.key);
        sql_add(sql, ",");
        sql_add_int(sql, voucher->code.key_id);
        sql_add(sql, ",");
        sql_add_bytes(sql, voucher->code.hash, sizeof voucher->code.hash);
        sql_add(sql, ",");
        sql_add_bytes(sql, voucher->code.sealed.data, voucher->code.sealed.length);
        sql_add(sql, ")");
    }
    sql_end(sql);
}

/* Nobody reads a code to change it, so none is ever locked. */
const struct row_kind merchant_voucher_rows = {
    .name = "merchant_voucher",
    .size = sizeof(struct merchant_voucher),
    .lock_order = 13,
    .write = voucher_write,
};

/* --- Opening ---------------------------------------------------------------------------------- */

bool operation_open(struct book *book, struct redemption *redemption, enum operation_kind kind,
                    uint64_t operation_id)
{
    struct operation *operation;

    if (!calls_hears(redemption->calls, kind))
        return false;
    ASSERT(redemption->operation_id == 0 && operation_id != 0);
    operation = book_create(book, &operation_rows, operation_id);
    operation->redemption_id = redemption->row.key;
    operation->merchant_id = redemption->merchant_id;
    operation->integration_id = redemption->integration_id;
    operation->kind = kind;
    operation->state = OPERATION_WAITING;
    operation->created_us = book_now_us(book);
    redemption->operation_id = operation_id;
    redemption->asking = (int)kind;
    row_change(&redemption->row);
    return true;
}
