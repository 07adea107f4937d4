#include "market/shops.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

#define MINUTES_A_DAY 1440

/* --- Opening hours ---------------------------------------------------------------------------- */

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : 100;
}

bool shop_minute_parse(struct text text, int *minute)
{
    int hour, past;

    if (text.length != 5 || text.data[2] != ':')
        return false;
    hour = digit(text.data[0]) * 10 + digit(text.data[1]);
    past = digit(text.data[3]) * 10 + digit(text.data[4]);
    *minute = hour * 60 + past;
    return past < 60 && *minute <= MINUTES_A_DAY;
}

void shop_minute_format(int minute, char out[6])
{
    ASSERT(minute >= 0 && minute <= MINUTES_A_DAY);
    snprintf(out, 6, "%02u:%02u", (unsigned)minute / 60 % 100, (unsigned)minute % 60);
}

/* 1970-01-01 was a Thursday. */
static int weekday_of(int32_t day)
{
    return (int)(((int64_t)day % 7 + 7 + 3) % 7) + 1;
}

bool shop_is_open(const struct shop *shop, int64_t at_us, int offset_minutes)
{
    int32_t day = calendar_day(at_us, offset_minutes);
    int weekday = weekday_of(day);
    int minute = (int)((at_us - calendar_day_start_us(day, offset_minutes)) / MINUTE_US);

    for (size_t i = 0; i < shop->hour_count; i++) {
        const struct shop_hours *hours = &shop->hours[i];

        if (hours->weekday == weekday && hours->opens <= minute && minute < hours->closes)
            return shop->state == SHOP_OPEN;
    }
    return false;
}

static int by_opening(const void *a, const void *b)
{
    const struct shop_hours *one = a, *other = b;

    if (one->weekday != other->weekday)
        return one->weekday - other->weekday;
    return one->opens - other->opens;
}

bool shop_hours_arrange(struct shop_hours *hours, size_t count)
{
    if (count > 1)
        qsort(hours, count, sizeof *hours, by_opening);
    for (size_t i = 0; i < count; i++) {
        if (hours[i].opens >= hours[i].closes)
            return false;
        if (i > 0 && hours[i].weekday == hours[i - 1].weekday &&
            hours[i].opens < hours[i - 1].closes)
            return false;
    }
    return true;
}

/* --- Making and changing ---------------------------------------------------------------------- */

static bool insert_hours(struct db *db, const struct shop *shop, struct error *error)
{
    for (size_t i = 0; i < shop->hour_count; i++)
        if (db_run(db, error,
                   "INSERT INTO shop_hours (shop_id, weekday, opens, closes) VALUES (?, ?, ?, ?)",
                   DB_ID(shop->id), DB_INT(shop->hours[i].weekday), DB_INT(shop->hours[i].opens),
                   DB_INT(shop->hours[i].closes)) != 1)
            return false;
    return true;
}

static bool insert_shop(struct db *db, void *context, struct error *error)
{
    const struct shop *shop = context;

    return db_run(db, error,
                  "INSERT INTO shops (shop_id, merchant_id, state, name, address, phone,"
                  " created_us) VALUES (?, ?, ?, ?, ?, ?, ?)",
                  DB_ID(shop->id), DB_ID(shop->merchant_id), DB_INT(shop->state),
                  DB_STR(shop->name), DB_STR(shop->address), DB_STR(shop->phone),
                  DB_INT(shop->created_us)) == 1 &&
           insert_hours(db, shop, error);
}

bool shop_create(struct db *db, const struct shop *shop, struct error *error)
{
    return db_transaction(db, insert_shop, (void *)(uintptr_t)shop, error);
}

struct changing {
    const struct shop *shop;
    enum find found;
};

static bool update_shop(struct db *db, void *context, struct error *error)
{
    struct changing *changing = context;
    const struct shop *shop = changing->shop;
    int64_t changed = db_run(db, error,
                             "UPDATE shops SET state = ?, name = ?, address = ?, phone = ?"
                             " WHERE shop_id = ? AND merchant_id = ?",
                             DB_INT(shop->state), DB_STR(shop->name), DB_STR(shop->address),
                             DB_STR(shop->phone), DB_ID(shop->id), DB_ID(shop->merchant_id));

    changing->found = changed > 0 ? FIND_FOUND : FIND_NOTHING;
    if (changed <= 0)
        return changed == 0;
    return db_run(db, error, "DELETE FROM shop_hours WHERE shop_id = ?", DB_ID(shop->id)) >= 0 &&
           insert_hours(db, shop, error);
}

enum find shop_change(struct db *db, const struct shop *shop, struct error *error)
{
    struct changing changing = {shop, FIND_NOTHING};

    return db_transaction(db, update_shop, &changing, error) ? changing.found : FIND_FAILED;
}

/* --- Looking ---------------------------------------------------------------------------------- */

#define SHOP_COLUMNS                                                                               \
    "SELECT shop_id, merchant_id, state, name, address, phone, created_us FROM shops "

static void read_shop(struct rows *rows, struct arena *arena, struct shop *shop)
{
    *shop = (struct shop){
        .id = rows_id(rows, 0),
        .merchant_id = rows_id(rows, 1),
        .state = (enum shop_state)rows_int(rows, 2),
        .name = rows_copy(rows, 3, arena),
        .address = rows_copy(rows, 4, arena),
        .phone = rows_copy(rows, 5, arena),
        .created_us = rows_int(rows, 6),
    };
}

static bool read_hours(struct db *db, struct arena *arena, struct shop *shop, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT weekday, opens, closes FROM shop_hours WHERE shop_id = ?"
                                 " ORDER BY weekday, opens LIMIT ?",
                                 DB_ID(shop->id), DB_INT(SHOP_HOURS_MOST));

    shop->hours = arena_take(arena, SHOP_HOURS_MOST * sizeof *shop->hours);
    while (rows_next(rows))
        shop->hours[shop->hour_count++] = (struct shop_hours){
            (int)rows_int(rows, 0), (int)rows_int(rows, 1), (int)rows_int(rows, 2)};
    return rows_end(rows, error);
}

enum find shop_find(struct db *db, uint64_t shop_id, struct arena *arena, struct shop *shop,
                    struct error *error)
{
    struct rows *rows = db_query(db, SHOP_COLUMNS "WHERE shop_id = ?", DB_ID(shop_id));
    bool found = rows_next(rows);

    if (found)
        read_shop(rows, arena, shop);
    if (!rows_end(rows, error) || (found && !read_hours(db, arena, shop, error)))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

bool shop_list(struct db *db, uint64_t merchant_id, bool with_closed, struct arena *arena,
               struct shop **shops, size_t *count, struct error *error)
{
    struct rows *rows = db_query(db,
                                 SHOP_COLUMNS "WHERE merchant_id = ? AND (? OR state = 0)"
                                              " ORDER BY shop_id LIMIT ?",
                                 DB_ID(merchant_id), DB_INT(with_closed), DB_INT(SHOPS_MOST));

    *shops = arena_take(arena, SHOPS_MOST * sizeof **shops);
    for (*count = 0; rows_next(rows); (*count)++)
        read_shop(rows, arena, &(*shops)[*count]);
    if (!rows_end(rows, error))
        return false;
    for (size_t i = 0; i < *count; i++)
        if (!read_hours(db, arena, &(*shops)[i], error))
            return false;
    return true;
}

enum find shop_of_clerk(struct db *db, uint64_t merchant_id, uint64_t given, uint64_t *shop_id,
                        struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT shop_id FROM shops WHERE merchant_id = ? AND state = 0 LIMIT ?",
                 DB_ID(merchant_id), DB_INT(SHOPS_MOST));
    bool given_is_there = false;
    size_t count = 0;

    for (*shop_id = 0; rows_next(rows); count++) {
        *shop_id = rows_id(rows, 0);
        given_is_there = given_is_there || *shop_id == given;
    }
    if (!rows_end(rows, error))
        return FIND_FAILED;
    if (given_is_there)
        *shop_id = given;
    return given_is_there || (given == 0 && count <= 1) ? FIND_FOUND : FIND_NOTHING;
}
