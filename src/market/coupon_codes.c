#include "market/coupon_codes.h"

#include <inttypes.h>
#include <string.h>

#include "outbox/inbox.h"
#include "people/audit.h"
#include "people/secrets.h"
#include "people/who.h"

#define HASH_BYTES 16

static struct text context_of(struct arena *arena, uint64_t reward_id, const uint8_t *hash)
{
    const char *context = arena_printf(arena, "coupon_codes %" PRIu64 " %s", reward_id,
                                       hex_encode(arena, hash, HASH_BYTES));

    return (struct text){context, strlen(context)};
}

/* --- Import ----------------------------------------------------------------------------------- */

static bool add_code(struct db *db, struct coupon_import *import, struct arena *arena,
                     struct text code, struct error *error)
{
    uint8_t hash[HASH_SIZE];
    struct buffer sealed = {0};
    uint32_t key_id;
    int64_t added;

    crypto_mac(keyring_current(import->keyring, KEY_INDEX)->secret, code.data, code.length, hash);
    key_id =
        secret_seal(import->keyring, context_of(arena, import->reward_id, hash), code, &sealed);
    added =
        db_run(db, error,
               "INSERT IGNORE INTO coupon_codes (code_id, reward_id, redemption_id, hash,"
               " key_id, code, imported_us, taken_us) VALUES (?, ?, 0, ?, ?, ?, ?, 0)",
               DB_ID(id_next(import->ids)), DB_ID(import->reward_id), DB_BYTES(hash, HASH_BYTES),
               DB_INT(key_id), DB_BYTES(sealed.data, sealed.length), DB_INT(import->now_us));
    buffer_free(&sealed);
    import->added += added > 0;
    return added >= 0;
}

static bool add_all(struct db *db, void *context, struct error *error)
{
    struct coupon_import *import = context;
    const struct audit audit = {
        .actor = import->actor, .action = "coupon_codes.import", .object_id = import->reward_id};
    struct arena *arena = arena_new();
    bool fine = true;

    import->added = 0;
    for (size_t i = 0; fine && i < import->count; i++)
        fine = add_code(db, import, arena, import->codes[i], error);
    arena_free(arena);
    return fine && audit_append(db, &audit, import->now_us, error);
}

bool coupon_codes_add(struct db *db, struct coupon_import *import, struct error *error)
{
    return db_transaction(db, add_all, import, error);
}

bool coupon_codes_count(struct db *db, uint64_t reward_id, struct coupon_counts *counts,
                        struct error *error)
{
    struct rows *rows = db_query(
        db,
        "SELECT COUNT(IF(redemption_id = 0, 1, NULL)), COUNT(IF(redemption_id = 0, NULL, 1))"
        " FROM coupon_codes WHERE reward_id = ?",
        DB_ID(reward_id));

    *counts = (struct coupon_counts){0};
    if (rows_next(rows))
        *counts = (struct coupon_counts){rows_int(rows, 0), rows_int(rows, 1)};
    return rows_end(rows, error);
}

/* --- Taking ----------------------------------------------------------------------------------- */

/* A manager hears of it at each of these, and so not of every code. */
static bool is_low(int64_t left)
{
    return left == 20 || left == 10 || left == 5 || left == 0;
}

struct taking {
    const struct keyring *keyring;
    uint64_t reward_id, redemption_id;
    int64_t now_us;
    struct arena *arena;
    struct text code;
};

static bool read_code(struct db *db, struct taking *taking, bool *found, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT hash, key_id, code FROM coupon_codes"
                                 " WHERE redemption_id = ? AND reward_id = ?",
                                 DB_ID(taking->redemption_id), DB_ID(taking->reward_id));
    uint8_t hash[HASH_BYTES];
    struct buffer plain = {0};
    bool opened = true;

    *found = rows_next(rows);
    if (*found) {
        rows_bytes(rows, 0, hash, sizeof hash);
        opened = secret_open(taking->keyring, (uint32_t)rows_int(rows, 1),
                             context_of(taking->arena, taking->reward_id, hash), rows_text(rows, 2),
                             &plain);
        taking->code =
            (struct text){arena_copy(taking->arena, plain.data, plain.length), plain.length};
    }
    if (plain.data)
        crypto_wipe(plain.data, plain.length);
    buffer_free(&plain);
    if (!rows_end(rows, error))
        return false;
    return opened ||
           error_set(error, "market.coupon_code",
                     "a code of reward %" PRIu64 " cannot be opened: its key is not there",
                     taking->reward_id);
}

static bool tell_managers(struct db *db, const struct taking *taking, int64_t left,
                          struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT a.account_id, r.title FROM rewards r JOIN accounts a"
                                 " ON a.scope_id = r.merchant_id AND a.role = ? AND a.state = 0"
                                 " WHERE r.reward_id = ?",
                                 DB_INT(ROLE_MANAGER), DB_ID(taking->reward_id));
    bool told = true;

    while (told && rows_next(rows))
        told = inbox_tell(db, rows_id(rows, 0), NOTICE_CODES_LOW, taking->reward_id,
                          json_pack("{s:s, s:s}", "title", rows_copy(rows, 1, taking->arena),
                                    "left", arena_printf(taking->arena, "%" PRId64, left)),
                          taking->now_us, error);
    return rows_end(rows, told ? error : NULL) && told;
}

static bool warn(struct db *db, const struct taking *taking, struct error *error)
{
    struct coupon_counts counts;

    return coupon_codes_count(db, taking->reward_id, &counts, error) &&
           (!is_low(counts.left) || tell_managers(db, taking, counts.left, error));
}

static bool take(struct db *db, void *context, struct error *error)
{
    struct taking *taking = context;
    int64_t taken;
    bool found;

    if (!read_code(db, taking, &found, error))
        return false;
    if (found)
        return true;
    taken = db_run(db, error,
                   "UPDATE coupon_codes SET redemption_id = ?, taken_us = ?"
                   " WHERE reward_id = ? AND redemption_id = 0 ORDER BY code_id LIMIT 1",
                   DB_ID(taking->redemption_id), DB_INT(taking->now_us), DB_ID(taking->reward_id));
    if (taken <= 0)
        return taken == 0;
    return warn(db, taking, error) && read_code(db, taking, &found, error);
}

bool coupon_code_take(struct db *db, const struct keyring *keyring, uint64_t reward_id,
                      uint64_t redemption_id, int64_t now_us, struct arena *arena,
                      struct text *code, struct error *error)
{
    struct taking taking = {.keyring = keyring,
                            .reward_id = reward_id,
                            .redemption_id = redemption_id,
                            .now_us = now_us,
                            .arena = arena};
    bool taken = db_transaction(db, take, &taking, error);

    *code = taking.code;
    return taken;
}
