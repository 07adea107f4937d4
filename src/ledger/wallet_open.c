#include "ledger/wallet_open.h"

#include "ledger/wallet.h"
#include "store/sql.h"

bool wallet_open(struct db *db, const uint64_t *member_ids, size_t count, struct error *error)
{
    struct sql sql = {0};

    sql_add(&sql, "INSERT INTO wallets (member_id, version, available, held, owed, state,"
                  " merged_into) VALUES ");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            sql_add(&sql, ",");
        sql_add(&sql, "(");
        sql_add_id(&sql, member_ids[i]);
        sql_add(&sql, ",0,0,0,0,");
        sql_add_int(&sql, WALLET_OPEN);
        sql_add(&sql, ",0)");
    }
    sql_end(&sql);
    bool opened = db_batch(db, &sql, error) && db_batch_end(db, error);
    sql_free(&sql);
    return opened;
}

bool wallet_remove(struct db *db, const uint64_t *member_ids, size_t count, struct error *error)
{
    struct sql sql = {0};

    sql_add(&sql, "DELETE FROM wallets WHERE version = 0 AND member_id IN ");
    sql_add_ids(&sql, member_ids, count);
    sql_end(&sql);
    bool removed = db_batch(db, &sql, error) && db_batch_end(db, error);
    sql_free(&sql);
    return removed;
}
