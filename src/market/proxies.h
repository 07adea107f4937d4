/*
 * Redeeming for members who have no phone, by staff. Who asked stands here before the ledger is
 * asked, so that there is no such redemption without it; what the ledger refused is forgotten.
 * Query threads and the keeper.
 */
#ifndef LINLI_PROXIES_H
#define LINLI_PROXIES_H

#include "store/db.h"
#include "store/find.h"

/* In the transaction of its audit entry. */
bool proxy_note(struct db *db, uint64_t redemption_id, uint64_t actor, int64_t now_us,
                struct error *error) MUST_CHECK;
/* The one copy that the proxy gets. NOTHING when it was printed already, or is somebody else's. */
enum find proxy_take_print(struct db *db, uint64_t redemption_id, uint64_t actor, int64_t now_us,
                           struct error *error) MUST_CHECK;

/* Tells at most `most` members what was redeemed for them, and forgets what never came to be. For
 * the keeper. */
bool proxies_tell(struct db *db, int64_t now_us, int most, struct error *error) MUST_CHECK;

#endif
