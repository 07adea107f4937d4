#include "market/merchants.h"

const char *merchant_sector_name(int sector)
{
    static const char *const names[] = {"catering", "books", "education", "medical"};

    ASSERT(sector >= 0 && (size_t)sector < ARRAY_LENGTH(names));
    return names[sector];
}

bool merchant_create(struct db *db, const struct merchant *merchant, struct error *error)
{
    return db_run(db, error,
                  "INSERT INTO merchants (merchant_id, name, sector, address, state, created_us)"
                  " VALUES (?, ?, ?, ?, ?, ?)",
                  DB_ID(merchant->id), DB_STR(merchant->name), DB_INT(merchant->sector),
                  DB_STR(merchant->address), DB_INT(merchant->state),
                  DB_INT(merchant->created_us)) >= 0;
}

static void read_merchant(struct rows *rows, struct arena *arena, struct merchant *merchant)
{
    merchant->id = rows_id(rows, 0);
    merchant->name = rows_copy(rows, 1, arena);
    merchant->sector = (int)rows_int(rows, 2);
    merchant->address = rows_copy(rows, 3, arena);
    merchant->state = (enum merchant_state)rows_int(rows, 4);
    merchant->created_us = rows_int(rows, 5);
}

enum find merchant_find(struct db *db, uint64_t merchant_id, struct arena *arena,
                        struct merchant *merchant, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT merchant_id, name, sector, address, state, created_us"
                                 " FROM merchants WHERE merchant_id = ?",
                                 DB_ID(merchant_id));
    bool found = rows_next(rows);

    if (found)
        read_merchant(rows, arena, merchant);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

bool merchant_list(struct db *db, uint64_t after, int64_t limit, struct arena *arena,
                   struct merchant **merchants, size_t *count, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT merchant_id, name, sector, address, state, created_us"
                                 " FROM merchants WHERE merchant_id > ?"
                                 " ORDER BY merchant_id LIMIT ?",
                                 DB_ID(after), DB_INT(limit));

    *merchants = arena_take(arena, (size_t)limit * sizeof **merchants);
    for (*count = 0; rows_next(rows); (*count)++)
        read_merchant(rows, arena, &(*merchants)[*count]);
    return rows_end(rows, error);
}
