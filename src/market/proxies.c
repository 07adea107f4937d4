#include "market/proxies.h"

#include "base/json_fields.h"
#include "ledger/statement.h"
#include "outbox/inbox.h"

#define FORGOTTEN_US HOUR_US /* no command waits so long */

bool proxy_note(struct db *db, uint64_t redemption_id, uint64_t actor, int64_t now_us,
                struct error *error)
{
    return db_run(db, error,
                  "INSERT INTO proxy_redemptions (redemption_id, actor, asked_us, printed_us,"
                  " told_us) VALUES (?, ?, ?, 0, 0)",
                  DB_ID(redemption_id), DB_ID(actor), DB_INT(now_us)) == 1;
}

enum find proxy_take_print(struct db *db, uint64_t redemption_id, uint64_t actor, int64_t now_us,
                           struct error *error)
{
    int64_t taken = db_run(db, error,
                           "UPDATE proxy_redemptions SET printed_us = ?"
                           " WHERE redemption_id = ? AND actor = ? AND printed_us = 0",
                           DB_INT(now_us), DB_ID(redemption_id), DB_ID(actor));

    if (taken < 0)
        return FIND_FAILED;
    return taken > 0 ? FIND_FOUND : FIND_NOTHING;
}

/* --- Telling ---------------------------------------------------------------------------------- */

struct telling {
    uint64_t redemption_id, member_id;
    int64_t points;
    char *title;
    int64_t now_us;
};

static bool read_untold(struct db *db, struct arena *arena, int most, struct telling *tellings,
                        size_t *count, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT d.redemption_id, d.member_id, d.points, r.title"
                                 " FROM proxy_redemptions p"
                                 " JOIN redemptions d ON d.redemption_id = p.redemption_id"
                                 " JOIN rewards r ON r.reward_id = d.reward_id"
                                 " WHERE p.told_us = 0 ORDER BY p.redemption_id LIMIT ?",
                                 DB_INT(most));

    for (*count = 0; rows_next(rows); (*count)++)
        tellings[*count] = (struct telling){.redemption_id = rows_id(rows, 0),
                                            .member_id = rows_id(rows, 1),
                                            .points = rows_int(rows, 2),
                                            .title = rows_copy(rows, 3, arena)};
    return rows_end(rows, error);
}

/* Told once, whichever keeper comes first; whoever was merged meanwhile hears it as who they are.
 */
static bool tell(struct db *db, void *context, struct error *error)
{
    const struct telling *telling = context;
    int64_t first = db_run(db, error,
                           "UPDATE proxy_redemptions SET told_us = ? WHERE redemption_id = ?"
                           " AND told_us = 0",
                           DB_INT(telling->now_us), DB_ID(telling->redemption_id));
    uint64_t owner_id;
    char points[24];

    if (first <= 0)
        return first == 0;
    if (!wallet_owner(db, telling->member_id, &owner_id, error))
        return false;
    points_format(telling->points, points);
    return inbox_tell(db, owner_id, NOTICE_REDEEMED_FOR_YOU, telling->redemption_id,
                      json_pack("{s:s, s:s}", "title", telling->title, "points", points),
                      telling->now_us, error);
}

bool proxies_tell(struct db *db, int64_t now_us, int most, struct error *error)
{
    struct arena *arena = arena_new();
    struct telling *tellings = arena_take(arena, (size_t)most * sizeof *tellings);
    size_t count;
    bool told = read_untold(db, arena, most, tellings, &count, error);

    for (size_t i = 0; told && i < count; i++) {
        tellings[i].now_us = now_us;
        told = db_transaction(db, tell, &tellings[i], error);
    }
    arena_free(arena);
    return told && db_run(db, error,
                          "DELETE FROM proxy_redemptions WHERE told_us = 0 AND asked_us < ?"
                          " AND redemption_id NOT IN (SELECT redemption_id FROM redemptions d"
                          "  WHERE d.redemption_id = proxy_redemptions.redemption_id) LIMIT ?",
                          DB_INT(now_us - FORGOTTEN_US), DB_INT(most)) >= 0;
}
