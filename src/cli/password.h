/*
 * Passwords from the command line: asked for on a terminal, read from stdin, or made.
 */
#ifndef LINLI_CLI_PASSWORD_H
#define LINLI_CLI_PASSWORD_H

#include "people/accounts.h"

#define PASSWORD_LINE (PASSWORD_MOST * 4 + 2)

/* From whoever sits at the terminal, asked twice, or from the first line of stdin; `generated`: 100
 * random bits instead. The caller wipes it. */
bool password_take(bool generated, char out[PASSWORD_LINE], struct error *error) MUST_CHECK;

/* The answer of people/accounts.h as an error for people; true for PEOPLE_DONE. `error` has the
 * reason already when it broke. */
bool account_explain(enum people_answer answer, struct error *error) MUST_CHECK;

#endif
