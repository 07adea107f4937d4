/*
 * Merchants: who honours vouchers. Query threads; texts live in the caller's arena.
 */
#ifndef LINLI_MERCHANTS_H
#define LINLI_MERCHANTS_H

#include "store/db.h"
#include "store/find.h"

#define MERCHANT_SECTORS "catering|books|education|medical"
enum merchant_state { MERCHANT_OPEN, MERCHANT_LEFT };

struct merchant {
    uint64_t id;
    char *name, *address;
    int sector; /* index into MERCHANT_SECTORS */
    enum merchant_state state;
    int64_t created_us;
};
const char *merchant_sector_name(int sector);

bool merchant_create(struct db *db, const struct merchant *merchant,
                     struct error *error) MUST_CHECK;
enum find merchant_find(struct db *db, uint64_t merchant_id, struct arena *arena,
                        struct merchant *merchant, struct error *error);
/* Up to `limit` merchants with ids above `after`, in order of id. */
bool merchant_list(struct db *db, uint64_t after, int64_t limit, struct arena *arena,
                   struct merchant **merchants, size_t *count, struct error *error) MUST_CHECK;

/* Leaving: in one transaction nothing more of it can be redeemed, whatever its rewards say; what
 * was issued is honoured or given back. Coming back: its rewards stay closed until their terms are
 * set anew. Again changes nothing. FIND_NOTHING: there is no such merchant. */
struct merchant_step {
    uint64_t merchant_id, actor;
    int64_t now_us;
    struct text why;
};
enum find merchant_leave(struct db *db, const struct merchant_step *step, struct error *error);
enum find merchant_rejoin(struct db *db, const struct merchant_step *step, struct error *error);
/* Inside a transaction that opens a reward: holds the merchant as it is until its end. */
bool merchant_is_open(struct db *db, uint64_t merchant_id, bool *open,
                      struct error *error) MUST_CHECK;

#endif
