/*
 * The usher: the thread beside the teller that gathers the next batch and has it judged while the
 * teller is at the one before, so that rules cost the teller no time.
 *
 * There are two batches, one with each of them. In the middle of a batch's duration the usher looks
 * at who has come and has them judged, later also those who are worth another look; the next batch
 * grows until the teller takes it. Nobody waits for the middle when the teller is free. A command
 * whose wallet is in the teller's hands waits: what the judge sees of a wallet is what the command
 * will find, unless another server moved it, which load notices.
 */
#ifndef LINLI_USHER_H
#define LINLI_USHER_H

#include "ledger/gather.h"

struct usher;

/* Starts the thread. What it is given outlives it; `judge` may be NULL. */
struct usher *usher_start(const struct teller_options *options, const struct db_options *db,
                          const struct judge *judge, struct queue *queue,
                          struct in_flight *in_flight);
/* After usher_exchange gave ARRIVAL_END: waits for the thread, which ends then. */
void usher_stop(struct usher *usher);

/*
 * The teller's thread. Gives back the batch that was served, all its commands answered but those in
 * `again`, and waits for the next: `*batch` is NULL unless ARRIVAL_SOME.
 */
enum arrival usher_exchange(struct usher *usher, struct batch **batch, int64_t timeout_us);
/* The teller's thread: everything that waits is to fail soon. */
void usher_dismiss(struct usher *usher, const char *failure);
/* Any thread: monotonic time at which the usher was last between two looks. */
int64_t usher_turned_us(const struct usher *usher);

#endif
