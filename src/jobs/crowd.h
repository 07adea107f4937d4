/*
 * A crowd of commands that a job submits together and waits for: so the teller can put them into
 * few batches, and no job has more in hand than its slice. The job's thread.
 */
#ifndef LINLI_CROWD_H
#define LINLI_CROWD_H

#include "ledger/teller.h"

struct crowd;

struct crowd *crowd_new(struct teller *teller);
/* Submits at low priority; the command's memory must last until crowd_wait. False: the teller has
 * enough to do, try again another time. */
bool crowd_submit(struct crowd *crowd, struct command *command) MUST_CHECK;
/* Waits until every command is done and frees the crowd. Returns how many failed: nothing was
 * changed by those, and they may be tried again. Refusals are no failures. */
size_t crowd_wait(struct crowd *crowd);

#endif
