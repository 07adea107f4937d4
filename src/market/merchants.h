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

#endif
