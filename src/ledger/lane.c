#include "ledger/lane.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"

#define LANES_MOST  255
#define CLAIM_TRIES 8

/* Leases are by database time, in microseconds: servers' clocks differ. */
#define DATABASE_NOW_US "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))"

static bool read_head(struct lane *lane, uint8_t number, struct db *db, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT l.height, l.head_hash, b.time_us FROM lanes l"
                                 " LEFT JOIN blocks b ON b.lane = l.lane AND b.height = l.height"
                                 " WHERE l.lane = ? AND l.instance_id = ?",
                                 DB_INT(number), DB_INT(lane->instance_id));

    if (rows_next(rows)) {
        lane->number = number;
        lane->height = rows_id(rows, 0);
        rows_bytes(rows, 1, lane->head, sizeof(lane->head));
        lane->time_us = rows_int(rows, 2);
    }
    return rows_end(rows, error);
}

/* The lowest lane whose lease is over, else the lowest number that is no lane yet; 0: none. */
static bool find_candidate(struct db *db, uint8_t *number, bool *is_new, struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT lane, lease_until_us < " DATABASE_NOW_US " FROM lanes ORDER BY lane");
    int64_t free_number = 1, over = 0;

    while (rows_next(rows)) {
        if (rows_int(rows, 0) == free_number)
            free_number++;
        if (over == 0 && rows_int(rows, 1))
            over = rows_int(rows, 0);
    }
    if (!rows_end(rows, error))
        return false;
    *is_new = over == 0;
    if (over == 0 && free_number > LANES_MOST)
        return error_set(error, "ledger.lanes", "all %d lanes are held by running servers",
                         LANES_MOST);
    *number = (uint8_t)(over != 0 ? over : free_number);
    return true;
}

/* One row changed: it is ours. None: somebody was faster. Waits out a transaction that its former
 * holder left behind, since that holds the row. */
static int64_t take_over(const struct lane *lane, uint8_t number, struct db *db,
                         struct error *error)
{
    return db_run(db, error,
                  "UPDATE lanes SET instance_id = ?, lease_until_us = ? + " DATABASE_NOW_US
                  " WHERE lane = ? AND lease_until_us < " DATABASE_NOW_US,
                  DB_INT(lane->instance_id), DB_INT(LANE_LEASE_US), DB_INT(number));
}

static int64_t open_new(const struct lane *lane, uint8_t number, struct db *db, struct error *error)
{
    static const uint8_t none[HASH_SIZE];

    int64_t made = db_run(db, error,
                          "INSERT INTO lanes (lane, height, head_hash, instance_id, lease_until_us)"
                          " VALUES (?, 0, ?, ?, ? + " DATABASE_NOW_US ")",
                          DB_INT(number), DB_BYTES(none, sizeof(none)), DB_INT(lane->instance_id),
                          DB_INT(LANE_LEASE_US));
    return made < 0 && db_error_kind(db) == DB_DUPLICATE ? 0 : made;
}

bool lane_claim(struct lane *lane, struct db *db, struct error *error)
{
    uint8_t number = 0;
    bool is_new = false;

    lane->number = 0;
    for (int tries = 0; tries < CLAIM_TRIES && lane->number == 0; tries++) {
        if (!find_candidate(db, &number, &is_new, error))
            return false;
        int64_t claimed =
            is_new ? open_new(lane, number, db, error) : take_over(lane, number, db, error);
        if (claimed < 0)
            return false;
        if (claimed > 0 && !read_head(lane, number, db, error))
            return false;
    }
    if (lane->number == 0)
        return error_set(error, "ledger.lanes", "other servers were faster %d times", CLAIM_TRIES);
    LOG(INFO, "teller.lane_claimed", LOG_INT("lane", lane->number),
        LOG_INT("height", lane->height));
    return true;
}

bool lane_renew(struct lane *lane, struct db *db, struct error *error)
{
    int64_t renewed =
        db_run(db, error,
               "UPDATE lanes SET lease_until_us = ? + " DATABASE_NOW_US
               " WHERE lane = ? AND instance_id = ?",
               DB_INT(LANE_LEASE_US), DB_INT(lane->number), DB_INT(lane->instance_id));

    if (renewed == 0) {
        LOG(WARN, "teller.lane_lost", LOG_INT("lane", lane->number));
        lane->number = 0;
    }
    return renewed >= 0;
}

void lane_give_back(struct lane *lane, struct db *db)
{
    struct error error;

    if (lane->number == 0)
        return;
    if (db_run(db, &error, "UPDATE lanes SET lease_until_us = 0 WHERE lane = ? AND instance_id = ?",
               DB_INT(lane->number), DB_INT(lane->instance_id)) < 0)
        LOG(WARN, "teller.lane_kept", LOG_INT("lane", lane->number), LOG_STR("code", error.code),
            LOG_STR("detail", error.detail));
    lane->number = 0;
}

bool lanes_retire(struct db *db, struct error *error)
{
    return db_run(db, error, "UPDATE lanes SET lease_until_us = ?", DB_INT(INT64_MAX)) >= 0;
}

void lane_lock(const struct lane *lane, struct sql *sql)
{
    sql_add(sql, "SELECT instance_id, height, head_hash FROM lanes WHERE lane = ");
    sql_add_id(sql, lane->number);
    sql_add(sql, " FOR UPDATE");
    sql_end(sql);
}

bool lane_is_ours(const struct lane *lane, struct rows *rows)
{
    uint8_t head[HASH_SIZE];

    if (!rows_next(rows))
        return false;
    rows_bytes(rows, 2, head, sizeof(head));
    return rows_id(rows, 0) == lane->instance_id && rows_id(rows, 1) == lane->height &&
           memcmp(head, lane->head, sizeof(head)) == 0;
}

void lane_write(const struct lane *lane, const struct block *block, const uint8_t hash[HASH_SIZE],
                struct sql *sql)
{
    sql_add(sql, "UPDATE lanes SET ");
    if (block) {
        sql_add(sql, "height = ");
        sql_add_id(sql, block->height);
        sql_add(sql, ", head_hash = ");
        sql_add_bytes(sql, hash, HASH_SIZE);
        sql_add(sql, ", ");
    }
    sql_add(sql, "lease_until_us = " DATABASE_NOW_US " + ");
    sql_add_int(sql, LANE_LEASE_US);
    sql_add(sql, " WHERE lane = ");
    sql_add_id(sql, lane->number);
    sql_add(sql, " AND instance_id = ");
    sql_add_id(sql, lane->instance_id);
    sql_add(sql, " AND height = ");
    sql_add_id(sql, lane->height);
    sql_add(sql, " AND head_hash = ");
    sql_add_bytes(sql, lane->head, HASH_SIZE);
    sql_end(sql);
}

void lane_advance(struct lane *lane, const struct block *block, const uint8_t hash[HASH_SIZE])
{
    ASSERT(block->height == lane->height + 1);
    lane->height = block->height;
    lane->time_us = block->time_us;
    memcpy(lane->head, hash, sizeof(lane->head));
}
