#include "cli/bulk.h"

#define ROWS_MOST 2000 /* of a statement */

struct bulk bulk_start(struct db *db, struct text head)
{
    return (struct bulk){.db = db, .head = head};
}

static bool send(struct bulk *bulk, struct error *error)
{
    bool sent = true;

    if (bulk->rows > 0) {
        sql_end(&bulk->sql);
        sent = db_batch(bulk->db, &bulk->sql, error) && db_batch_end(bulk->db, error);
    }
    sql_clear(&bulk->sql);
    bulk->rows = 0;
    return sent;
}

static void add_value(struct sql *sql, const struct db_value *value)
{
    switch (value->type) {
    case DB_VALUE_INT: sql_add_int(sql, value->number); break;
    case DB_VALUE_UINT: sql_add_id(sql, (uint64_t)value->number); break;
    case DB_VALUE_BYTES: sql_add_bytes(sql, value->bytes.data, value->bytes.length); break;
    case DB_VALUE_NULL: sql_add_null(sql); break;
    case DB_END: break;
    }
}

bool bulk_add_values(struct bulk *bulk, struct error *error, const struct db_value *values)
{
    struct sql *sql = &bulk->sql;

    if (bulk->rows == 0)
        sql_add_literal(sql, bulk->head.data, bulk->head.length);
    sql_add_literal(sql, bulk->rows == 0 ? "(" : ",(", bulk->rows == 0 ? 1 : 2);
    for (const struct db_value *value = values; value->type != DB_END; value++) {
        if (value != values)
            sql_add(sql, ",");
        add_value(sql, value);
    }
    sql_add(sql, ")");
    bulk->rows++;
    return bulk->rows < ROWS_MOST || send(bulk, error);
}

bool bulk_end(struct bulk *bulk, struct error *error)
{
    bool sent = send(bulk, error);

    sql_free(&bulk->sql);
    return sent;
}
