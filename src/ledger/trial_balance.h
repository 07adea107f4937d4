/*
 * The trial balance of a day: what every kind of account had, got, gave and has, added up from the
 * history alone, so that it can be held against the statements of anybody else.
 */
#ifndef LINLI_TRIAL_BALANCE_H
#define LINLI_TRIAL_BALANCE_H

#include <jansson.h>

#include "ledger/account.h"
#include "store/db.h"

#define TRIAL_LINES (ACCOUNT_WAIVED + 1)

/* Hundredths; a closing balance is opening + in - out. */
struct trial_line {
    int64_t opening, in, out;
};

struct trial_balance {
    int32_t day; /* local, base/clock.h */
    int utc_offset_minutes;
    struct trial_line lines[TRIAL_LINES]; /* by account kind; the first is not used */
};

/* Of what is committed when it is called: a day that is over does not change any more. Reads the
 * history up to the day's end. */
bool trial_balance_read(struct db *db, int32_t day, int utc_offset_minutes,
                        struct trial_balance *balance, struct error *error) MUST_CHECK;

/* The new owner has the reference. */
json_t *trial_balance_json(const struct trial_balance *balance);
/* A line of names, a line for each kind, and their sum. */
void trial_balance_csv(const struct trial_balance *balance, struct buffer *out);

#endif
