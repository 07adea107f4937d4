/*
 * What happened, as rules are asked about it (linli/plugin.h, struct linli_event), from the books:
 * in the order of time, then of kind, then of number.
 *
 * The books tell what stands: records that were reviewed and paid, when and by whom they were in
 * the end; redemptions, and by which of the staff; confirmations that were not undone; vouchers
 * that their member or staff took back, before they were used (cancel) or after (refund);
 * corrections of a wallet that were approved. They do not tell
 *   - what was refused or denied, and what was undone;
 *   - when something was asked for that had to wait: an award that was held for a check has the
 * time and the person of its release; what waited for the merchant's answer has the answer's time,
 * and a cancellation then no actor (0);
 *   - that a voucher was cancelled which its merchant declined meanwhile;
 *   - what a record was worth before the day's cap: `points` are those that were paid.
 * What nobody asked for is no event: vouchers that ran out, that a merchant declined, that a check
 * refused, or that a person decided in the merchant's place.
 */
#ifndef LINLI_PAST_H
#define LINLI_PAST_H

#include <linli/plugin.h>

#include "base/arena.h"
#include "store/db.h"

struct past_span {
    uint32_t kinds;            /* enum linli_event_kind, or-ed */
    int64_t from_us, until_us; /* from_us ≤ t < until_us */
};
/* Behind an event; {0}: at the beginning. */
struct past_place {
    int64_t at_us;
    uint32_t kind;
    uint64_t event;
};

/*
 * The first `most` events behind a place, in the arena; `*more`: there are others. Reads the
 * indexes of the whole past each time, and the rows of these events: ask for thousands at once, not
 * for tens. On the thread that owns `db`.
 */
bool past_read(struct db *db, const struct past_span *span, const struct past_place *after,
               size_t most, struct arena *arena, struct linli_event **events, size_t *count,
               bool *more, struct error *error) MUST_CHECK;
bool past_count(struct db *db, const struct past_span *span, uint64_t *count,
                struct error *error) MUST_CHECK;

#endif
