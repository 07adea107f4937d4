/*
 * The wallet of a new member: empty and open. Made with the member (people_on_member_created), so
 * that every command finds one to lock.
 */
#ifndef LINLI_WALLET_OPEN_H
#define LINLI_WALLET_OPEN_H

#include "store/db.h"

/* Inside the caller's transaction. */
bool wallet_open(struct db *db, uint64_t member_id, struct error *error) MUST_CHECK;

#endif
