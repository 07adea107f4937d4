/*
 * Forgotten check-outs: when the activity is over the record waits for its member, who has 48 hours
 * to say when they left; the coordinator confirms by reviewing it, or corrects the times. Nothing
 * is awarded by itself.
 */
#ifndef LINLI_STATEMENTS_H
#define LINLI_STATEMENTS_H

#include "service/activities.h"

#define STATEMENT_TIME_US (48 * HOUR_US)

/* Records still open when check-out has closed, at most `most`: their members are asked. For the
 * keeper. */
bool statements_ask(struct db *db, int64_t now_us, int most, struct error *error) MUST_CHECK;

/* The member's own words; what counts ends at the planned end. NOT_FOUND for another's record,
 * WRONG_STATE when nothing was asked (any more), NOT_OPEN after 48 hours, TOO_MUCH for a time
 * before the check-in or after the planned end. */
struct statement {
    uint64_t record_id, member_id;
    int64_t left_us, now_us;
};
bool statement_make(struct db *db, const struct statement *statement, enum refusal *refusal,
                    struct error *error) MUST_CHECK;

#endif
