/*
 * A tally: how often each of many keys did something lately, in bounded memory. For limits on
 * guessing. A fixed number of slots; keys that share one share its count, and a count halves with
 * every window, so what is forgotten is forgotten gradually. Any thread.
 */
#ifndef LINLI_TALLY_H
#define LINLI_TALLY_H

#include "base/base.h"

struct tally;

struct tally *tally_new(int64_t window_us);
void tally_free(struct tally *tally);

/* The key of a text (an address) among those of a kind; numbers are keys by themselves. */
uint64_t tally_key(struct text text);
void tally_add(struct tally *tally, uint64_t key, int64_t now_us);
/* About how often within the last window. */
uint32_t tally_count(struct tally *tally, uint64_t key, int64_t now_us);

#endif
