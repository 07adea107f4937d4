/*
 * What this process has in hand: how many commands, and which request keys. The count bounds
 * everything between teller_submit and `done`, so that commands which wait outside the queue (for
 * their wallet, or for a second look) count too.
 */
#ifndef LINLI_IN_FLIGHT_H
#define LINLI_IN_FLIGHT_H

#include "ledger/teller.h"

struct in_flight;

struct in_flight *in_flight_new(size_t most);
void in_flight_free(struct in_flight *in_flight); /* must be empty */

/* Any thread. Counts the command and notes its key, or says why it may not come in. */
enum submit in_flight_enter(struct in_flight *in_flight, const struct command *command) MUST_CHECK;
/* Any thread. Undoes in_flight_enter. */
void in_flight_leave(struct in_flight *in_flight, const struct command *command);
size_t in_flight_count(struct in_flight *in_flight);

/* Teller's thread. The key leaves before `done`, so that whoever reads the answer may retry. The
 * command belongs to its submitter again. */
void in_flight_finish(struct in_flight *in_flight, struct command *command);
/* The same with a failure: "busy", "abandoned" …: see ledger/command.h. */
void in_flight_fail(struct in_flight *in_flight, struct command *command, const char *failure);

#endif
