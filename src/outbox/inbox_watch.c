#include "base/clock.h"
#include "outbox/inbox.h"

/* Transactions that take longer to commit are met by the next poll. */
#define LOOK_BACK_US (10 * SECOND_US)
#define ROWS_MOST    5000

static bool look_first(struct inbox_watch *watch, struct db *db)
{
    struct rows *rows = db_query(db, "SELECT MAX(notice_id) FROM notices");

    if (rows_next(rows))
        watch->floor = watch->mark = watch->highest = rows_id(rows, 0);
    watch->marked_us = clock_monotonic_us();
    watch->looked = rows_end(rows, NULL);
    return false;
}

/* What was seen is forgotten with it: those are told once more, which costs them one look. */
static void move_floor(struct inbox_watch *watch)
{
    if (clock_monotonic_us() - watch->marked_us < LOOK_BACK_US)
        return;
    watch->floor = watch->mark;
    watch->mark = watch->highest;
    watch->marked_us = clock_monotonic_us();
    hash_map_clear(&watch->seen);
}

bool inbox_watch_look(struct inbox_watch *watch, struct db *db, struct hash_map *told)
{
    int count = 0;
    struct rows *rows;

    if (!watch->looked)
        return look_first(watch, db);
    rows = db_query(db,
                    "SELECT notice_id, account_id FROM notices WHERE notice_id > ?"
                    " ORDER BY notice_id LIMIT ?",
                    DB_ID(watch->floor), DB_INT(ROWS_MOST));
    for (; rows_next(rows); count++) {
        uint64_t notice_id = rows_id(rows, 0);
        bool is_new;

        hash_map_insert(&watch->seen, notice_id, &is_new);
        if (is_new)
            hash_map_insert(told, rows_id(rows, 1), NULL);
        if (notice_id > watch->highest)
            watch->highest = notice_id;
    }
    if (!rows_end(rows, NULL))
        return true; /* a database that does not answer has no news */
    if (count == ROWS_MOST) {
        watch->looked = false; /* begins again from the end of the table */
        return false;
    }
    move_floor(watch);
    return true;
}

void inbox_watch_free(struct inbox_watch *watch)
{
    hash_map_free(&watch->seen);
}
