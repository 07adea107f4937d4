/*
 * Limits on guessing codes: wrong ones are counted for the account, what it is in scope of (a
 * merchant), and the address that they come from. Any thread.
 */
#ifndef LINLI_GUESSES_H
#define LINLI_GUESSES_H

#include "api/call.h"

#define GUESSES_MOST      20 /* in a window, before 429 */
#define GUESSES_WINDOW_US (10 * MINUTE_US)

bool guesses_too_many(const struct call *call);
void guesses_count_wrong(const struct call *call);

#endif
