#include "market/redemptions.h"

#include "ledger/statement.h"
#include "market/merchant_code.h"

#define REDEMPTION_COLUMNS                                                                         \
    "SELECT d.redemption_id, d.member_id, d.reward_id, d.merchant_id, d.state, d.points,"          \
    " d.code_key, d.created_us, d.expires_us, d.confirmed_us, d.closed_us, r.title, m.name,"       \
    " r.shop_id, d.confirmed_by, d.shop_id, h.name, o.name, p.actor, a.person_id,"                 \
    " c.check_id, c.due_us, d.calls, d.asking, d.intent"                                           \
    " FROM redemptions d JOIN rewards r ON r.reward_id = d.reward_id"                              \
    " JOIN merchants m ON m.merchant_id = d.merchant_id"                                           \
    " LEFT JOIN shops h ON h.shop_id = d.shop_id LEFT JOIN shops o ON o.shop_id = r.shop_id"       \
    " LEFT JOIN proxy_redemptions p ON p.redemption_id = d.redemption_id"                          \
    " LEFT JOIN accounts a ON a.account_id = p.actor"                                              \
    " LEFT JOIN checks c ON d.state = 10 AND c.ref = d.redemption_id AND c.state = 1"              \
    " AND c.held = 1 "

static void read_view(struct rows *rows, struct arena *arena, struct redemption_view *view)
{
    *view = (struct redemption_view){
        .id = rows_id(rows, 0),
        .member_id = rows_id(rows, 1),
        .reward_id = rows_id(rows, 2),
        .merchant_id = rows_id(rows, 3),
        .state = (enum redemption_state)rows_int(rows, 4),
        .points = rows_int(rows, 5),
        .code_key = (uint32_t)rows_int(rows, 6),
        .created_us = rows_int(rows, 7),
        .expires_us = rows_int(rows, 8),
        .confirmed_us = rows_int(rows, 9),
        .closed_us = rows_int(rows, 10),
        .reward_title = rows_copy(rows, 11, arena),
        .merchant_name = rows_copy(rows, 12, arena),
        .reward_shop = rows_id(rows, 13),
        .confirmed_by = rows_id(rows, 14),
        .shop_id = rows_id(rows, 15),
        .shop_name = rows_copy(rows, 16, arena),
        .reward_shop_name = rows_copy(rows, 17, arena),
        .redeemer_id = rows_id(rows, 18),
        .redeemer_person = rows_id(rows, 19),
        .check_id = rows_id(rows, 20),
        .answer_by_us = rows_int(rows, 21),
        .calls = (uint32_t)rows_int(rows, 22),
        .asking = (int)rows_int(rows, 23),
        .intent = (enum intent)rows_int(rows, 24),
    };
}

/* The first row, and the next one, where there is one, into `other` (may be NULL). */
static enum find read_one(struct db *db, struct rows *rows, struct arena *arena,
                          struct redemption_view *view, struct redemption_view *other,
                          struct error *error)
{
    bool found = rows_next(rows);

    if (found)
        read_view(rows, arena, view);
    if (found && other != NULL && rows_next(rows))
        read_view(rows, arena, other);
    if (!rows_end(rows, error) ||
        (found && !wallet_owner(db, view->member_id, &view->wallet_id, error)))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

void redemption_view_ref(const struct redemption_view *view, struct redemption_ref *ref)
{
    ref->redemption_id = view->id;
    ref->member_id = view->member_id;
    ref->wallet_id = view->wallet_id;
    ref->reward_id = view->reward_id;
    ref->merchant_id = view->merchant_id;
    ref->points = view->points;
    ref->check_id = view->check_id;
    ref->redeemer_id = view->redeemer_id;
    ref->redeemer_person = view->redeemer_person;
}

enum find redemption_find(struct db *db, uint64_t redemption_id, struct arena *arena,
                          struct redemption_view *view, struct error *error)
{
    return read_one(
        db, db_query(db, REDEMPTION_COLUMNS "WHERE d.redemption_id = ?", DB_ID(redemption_id)),
        arena, view, NULL, error);
}

enum find redemption_find_by_code(struct db *db, const struct keyring *keyring,
                                  const struct paper_code *code, uint64_t merchant_id,
                                  struct arena *arena, struct redemption_view *view,
                                  struct error *error)
{
    uint8_t hash[PAPER_CODE_HASH_SIZE];

    paper_code_hash(keyring_current(keyring, KEY_INDEX)->secret, code, hash);
    return read_one(db,
                    db_query(db, REDEMPTION_COLUMNS "WHERE d.code_hash = ? AND d.merchant_id = ?",
                             DB_BYTES(hash, sizeof hash), DB_ID(merchant_id)),
                    arena, view, NULL, error);
}

/* By merchant_id as well: what the hash says already, said to whoever reads. */
static struct rows *ask_by_merchant_code(struct db *db, const struct keyring *keyring,
                                         struct text code, uint64_t merchant_id, int64_t now_us)
{
    uint8_t hash[MERCHANT_CODE_HASH_SIZE];

    merchant_code_hash(keyring, merchant_id, code, hash);
    return db_query(db,
                    REDEMPTION_COLUMNS
                    "JOIN merchant_vouchers v ON v.redemption_id = d.redemption_id"
                    " WHERE v.hash = ? AND d.merchant_id = ?"
                    " ORDER BY d.state = 3 AND d.expires_us > ? DESC, d.confirmed_us DESC,"
                    " d.redemption_id DESC LIMIT 2",
                    DB_BYTES(hash, sizeof hash), DB_ID(merchant_id), DB_INT(now_us));
}

static bool can_be_used(const struct redemption_view *view, int64_t now_us)
{
    return view->state == REDEMPTION_ISSUED && view->expires_us > now_us;
}

enum find redemption_find_by_merchant_code(struct db *db, const struct keyring *keyring,
                                           struct text code, uint64_t merchant_id, int64_t now_us,
                                           struct arena *arena, struct redemption_view *view,
                                           bool *is_ambiguous, struct error *error)
{
    struct redemption_view other = {0};
    enum find found = read_one(db, ask_by_merchant_code(db, keyring, code, merchant_id, now_us),
                               arena, view, &other, error);

    *is_ambiguous = found == FIND_FOUND && can_be_used(&other, now_us);
    return found;
}

bool redemption_list_of_member(struct db *db, uint64_t member_id, uint64_t before, int64_t limit,
                               struct arena *arena, struct redemption_view **views, size_t *count,
                               struct error *error)
{
    struct rows *rows = db_query(db,
                                 REDEMPTION_COLUMNS "WHERE d.member_id = ?"
                                                    " AND (? = 0 OR d.redemption_id < ?)"
                                                    " ORDER BY d.redemption_id DESC LIMIT ?",
                                 DB_ID(member_id), DB_ID(before), DB_ID(before), DB_INT(limit));

    *views = arena_take(arena, (size_t)limit * sizeof **views);
    for (*count = 0; rows_next(rows); (*count)++)
        read_view(rows, arena, &(*views)[*count]);
    return rows_end(rows, error);
}
