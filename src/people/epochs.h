/*
 * The epochs of accounts, read set-wise: the teller checks those of a whole batch in its load.
 */
#ifndef LINLI_EPOCHS_H
#define LINLI_EPOCHS_H

#include "store/db.h"
#include "store/sql.h"

/* Adds one SELECT of account_id, epoch and state for those ids; at least one. */
void epochs_select(struct sql *sql, const uint64_t *ids, size_t count);

/* Steps to the next of its rows; false at the end. A token is good when `active` and its epoch is
 * the account's. An id without a row has no account. rows_end stays with the caller. */
bool epochs_next(struct rows *rows, uint64_t *account_id, uint32_t *epoch, bool *active);

#endif
