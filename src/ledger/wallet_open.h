/*
 * The wallets of new members: empty and open. Made with them (people_on_member_created), so that
 * every command finds one to lock.
 */
#ifndef LINLI_WALLET_OPEN_H
#define LINLI_WALLET_OPEN_H

#include "store/db.h"

/* Inside the caller's transaction. */
bool wallet_open(struct db *db, const uint64_t *member_ids, size_t count,
                 struct error *error) MUST_CHECK;
/* The reverse (people_on_member_removed): of members whom nobody has seen, so that nothing moved.
 */
bool wallet_remove(struct db *db, const uint64_t *member_ids, size_t count,
                   struct error *error) MUST_CHECK;

#endif
