/*
 * Limits on guessing codes: wrong ones are counted for the account, what it is in scope of (a
 * merchant), and the address that they come from. Any thread.
 */
#ifndef LINLI_GUESSES_H
#define LINLI_GUESSES_H

#include "api/call.h"

/* In a window, before 429. Many people share a merchant, and more an address. */
#define GUESSES_OF_ACCOUNT 20
#define GUESSES_OF_SCOPE   100
#define GUESSES_OF_ADDRESS 500
#define GUESSES_WINDOW_US  (10 * MINUTE_US)

bool guesses_too_many(const struct call *call);
void guesses_count_wrong(const struct call *call);

#endif
