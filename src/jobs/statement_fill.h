/*
 * Filling a statement: the confirmations before its cut-off go onto it through the teller, in
 * slices; when none is left it is complete. Any number may fill one statement at a time, and what
 * one leaves another goes on with: each confirmation settles once, by its state.
 */
#ifndef LINLI_STATEMENT_FILL_H
#define LINLI_STATEMENT_FILL_H

#include "ledger/teller.h"
#include "market/statements.h"

struct fill {
    struct db *db;
    struct teller *teller;
    struct arena *arena;
    struct id_maker *ids;
    uint64_t actor; /* 0: the keeper, or the command line */
    uint32_t actor_epoch;
    int64_t now_us, undo_window_us;
    int slices_most; /* 500 lines each */
};
/* What it did shows in the statement itself. False: it broke ("jobs.teller_busy" is worth another
 * try); what was settled stays settled. */
bool statement_fill(const struct fill *fill, const struct statement_view *view,
                    struct error *error) MUST_CHECK;

#endif
