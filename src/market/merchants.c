#include "market/merchants.h"

#include "people/audit.h"

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

/* --- Leaving and coming back ------------------------------------------------------------------ */

bool merchant_is_open(struct db *db, uint64_t merchant_id, bool *open, struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT state FROM merchants WHERE merchant_id = ? LOCK IN SHARE MODE",
                 DB_ID(merchant_id));

    *open = rows_next(rows) && rows_int(rows, 0) == MERCHANT_OPEN;
    return rows_end(rows, error);
}

struct moving {
    const struct merchant_step *step;
    enum merchant_state goal;
    enum find found;
};

/* A reserve that waits for a stock row finds it closed, and its terms moved. */
static bool close_stock(struct db *db, uint64_t merchant_id, struct error *error)
{
    return db_run(db, error,
                  "UPDATE stock s JOIN rewards r ON r.reward_id = s.reward_id"
                  " SET s.state = 1, s.terms_version = s.terms_version + 1"
                  " WHERE r.merchant_id = ? AND s.state = 0",
                  DB_ID(merchant_id)) >= 0;
}

static bool move_merchant(struct db *db, void *context, struct error *error)
{
    struct moving *moving = context;
    const struct merchant_step *step = moving->step;
    const struct audit audit = {
        .actor = step->actor,
        .action = moving->goal == MERCHANT_LEFT ? "merchant.leave" : "merchant.rejoin",
        .object_id = step->merchant_id,
        .why = step->why,
    };
    struct rows *rows = db_query(db, "SELECT state FROM merchants WHERE merchant_id = ? FOR UPDATE",
                                 DB_ID(step->merchant_id));
    bool found = rows_next(rows);
    bool is_there = found && rows_int(rows, 0) == (int64_t)moving->goal;

    moving->found = found ? FIND_FOUND : FIND_NOTHING;
    if (!rows_end(rows, error))
        return false;
    if (!found || is_there)
        return true;
    return db_run(db, error, "UPDATE merchants SET state = ? WHERE merchant_id = ?",
                  DB_INT(moving->goal), DB_ID(step->merchant_id)) >= 0 &&
           (moving->goal == MERCHANT_OPEN || close_stock(db, step->merchant_id, error)) &&
           audit_append(db, &audit, step->now_us, error);
}

static enum find move(struct db *db, const struct merchant_step *step, enum merchant_state goal,
                      struct error *error)
{
    struct moving moving = {step, goal, FIND_NOTHING};

    return db_transaction(db, move_merchant, &moving, error) ? moving.found : FIND_FAILED;
}

enum find merchant_leave(struct db *db, const struct merchant_step *step, struct error *error)
{
    return move(db, step, MERCHANT_LEFT, error);
}

enum find merchant_rejoin(struct db *db, const struct merchant_step *step, struct error *error)
{
    return move(db, step, MERCHANT_OPEN, error);
}
