/*
 * A misfit: the first row of a table that is not what the history says. Pure; any thread.
 */
#ifndef LINLI_MISFIT_H
#define LINLI_MISFIT_H

#include "base/base.h"

struct misfit {
    const char *table;
    char key[96]; /* "member_id=7 lot_id=12" */
    char expected[240], found[240];
};

/* A row's primary key: one column, or two. */
struct row_name {
    const char *table;
    const char *column, *column2; /* the second may be NULL */
    uint64_t key, key2;
};

/* What a row must say: a list of these ends with a NULL name. */
struct check {
    const char *name; /* the column */
    enum { CHECK_NUMBER, CHECK_POINTS } type;
    int64_t expected, found;
};

/* All of these fill `misfit` and return false, but for row_fits when everything fits. What is shown
 * of a misfit are the columns that differ. */
bool row_fits(struct misfit *misfit, struct row_name name, const struct check *checks) MUST_CHECK;
bool row_is_missing(struct misfit *misfit, struct row_name name);
bool row_is_too_much(struct misfit *misfit, struct row_name name);
bool row_differs(struct misfit *misfit, struct row_name name, const char *expected,
                 const char *found);
/* The same for bytes, shown by their beginning. */
bool bytes_fit(struct misfit *misfit, struct row_name name, const char *column,
               const uint8_t *expected, const uint8_t *found, size_t length) MUST_CHECK;

#endif
