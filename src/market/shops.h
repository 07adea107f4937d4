/*
 * Shops: where a merchant's vouchers are taken, and when it is open. Query threads; texts and hours
 * live in the caller's arena.
 */
#ifndef LINLI_SHOPS_H
#define LINLI_SHOPS_H

#include "store/db.h"
#include "store/find.h"

enum shop_state { SHOP_OPEN, SHOP_CLOSED };

/* Minutes of the local day, closes after opens: a night is two of them. */
struct shop_hours {
    int weekday; /* 1 Monday … 7 Sunday */
    int opens, closes;
};
#define SHOP_HOURS_MOST 28

struct shop {
    uint64_t id, merchant_id;
    enum shop_state state;
    char *name, *address, *phone;
    struct shop_hours *hours; /* by weekday, then by opening */
    size_t hour_count;
    int64_t created_us;
};

/* "09:30" → 570; up to "24:00". */
bool shop_minute_parse(struct text text, int *minute) MUST_CHECK;
void shop_minute_format(int minute, char out[6]);
/* Whether the doors are open at that moment. Pure. */
bool shop_is_open(const struct shop *shop, int64_t at_us, int offset_minutes);
/* Sorts them; false when two overlap or one ends before it begins. */
bool shop_hours_arrange(struct shop_hours *hours, size_t count) MUST_CHECK;

bool shop_create(struct db *db, const struct shop *shop, struct error *error) MUST_CHECK;
/* Everything but its merchant and its age. FIND_NOTHING: there is none of that merchant. */
enum find shop_change(struct db *db, const struct shop *shop, struct error *error);
enum find shop_find(struct db *db, uint64_t shop_id, struct arena *arena, struct shop *shop,
                    struct error *error);
/* A merchant's, by id; closed ones only when asked for. At most SHOPS_MOST. */
#define SHOPS_MOST 200
bool shop_list(struct db *db, uint64_t merchant_id, bool with_closed, struct arena *arena,
               struct shop **shops, size_t *count, struct error *error) MUST_CHECK;

/* Where a clerk of the merchant is. FIND_NOTHING: `given` is no open shop of it, or none was given
 * and there are several. A merchant without shops has 0, one with a single shop that one. */
enum find shop_of_clerk(struct db *db, uint64_t merchant_id, uint64_t given, uint64_t *shop_id,
                        struct error *error);

#endif
