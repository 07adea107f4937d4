#include "people/epochs.h"

#include "people/accounts.h"

void epochs_select(struct sql *sql, const uint64_t *ids, size_t count)
{
    sql_add(sql, "SELECT account_id, epoch, state FROM accounts FORCE INDEX (PRIMARY)"
                 " WHERE account_id IN ");
    sql_add_ids(sql, ids, count);
    sql_end(sql);
}

bool epochs_next(struct rows *rows, uint64_t *account_id, uint32_t *epoch, bool *active)
{
    if (!rows_next(rows))
        return false;
    *account_id = rows_id(rows, 0);
    *epoch = (uint32_t)rows_int(rows, 1);
    *active = rows_int(rows, 2) == ACCOUNT_IS_ACTIVE;
    return true;
}
