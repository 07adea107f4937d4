/*
 * The teller: one thread, the only code that moves points. It takes what is queued and judged, runs
 * it as one transaction in two round trips, and answers when it is durable: DESIGN.md section 4.
 */
#ifndef LINLI_TELLER_H
#define LINLI_TELLER_H

#include "base/config.h"
#include "base/crypto.h"
#include "base/metrics.h"
#include "ledger/chain.h"
#include "ledger/command.h"
#include "store/db.h"

struct teller;
struct batch;
struct link;
struct arena;

struct teller_options {
    int64_t queue;      /* commands that may be in hand: beyond it, 503 */
    int64_t batch_rows; /* estimated rows at which a batch closes */
    int64_t batch_us;   /* duration that the learnt count aims at */
    int64_t outage_us;  /* how long commands wait for a database that is away, then 503 */
    const _Atomic int64_t *time_us; /* no setting. NULL: the wall clock; else the time is what
                                       stands there: for tests, of clocks that differ */
};
extern const struct config_entry teller_config[];
extern struct metric teller_metrics[];
extern const size_t teller_metrics_count;

/*
 * A judge looks at a whole batch before any row is locked: it loads facts set-wise and may refuse
 * single commands (batch_deny) or note the wallet version its facts were true for
 * (batch_expect_version): load sends a command whose wallet moved since back to the queue.
 * Plugin hosts are such a judge. The wallet it notes is one that the command names (struct
 * command_kind's `keys`).
 */
struct judge {
    /* The batch's commands from `first` on; those before were judged when there were no more. On
     * the usher's thread, while the teller is at another batch; `link` is for this and outside a
     * transaction. False when the database is away, and nothing can be said. */
    bool (*judge)(void *context, struct batch *batch, size_t first, struct link *link);
    void *context;
    /* Adds what it has to remember of the batch to the transaction; on the teller's thread, after
     * apply, at each attempt. May be NULL. */
    void (*write)(void *context, const struct batch *batch, struct sql *sql);
};
size_t batch_size(const struct batch *batch);
struct command *batch_command(struct batch *batch, size_t index);
struct arena *batch_papers(struct batch *batch); /* the judge's, until the batch is served */
void batch_deny(struct batch *batch, size_t index, enum refusal refusal);
void batch_expect_version(struct batch *batch, size_t index, uint64_t member_id, uint32_t version);

/* Claims a lane, starts the thread. `signer` and `db` options outlive the teller. */
struct teller *teller_start(const struct teller_options *options, const struct db_options *db,
                            uint32_t instance_id, const struct signer *signer, uint32_t key_id,
                            const struct judge *judge /* may be NULL */, struct error *error);
/* Serves what is queued, then ends the thread and gives the lane back. */
void teller_stop(struct teller *teller);

enum submit { SUBMIT_QUEUED, SUBMIT_FULL /* 503 */, SUBMIT_IN_FLIGHT /* same key: 409 */ };
/* Any thread. On SUBMIT_QUEUED the command is the teller's until `done`. */
enum submit teller_submit(struct teller *teller, struct command *command) MUST_CHECK;
/* For command-line tools and jobs: submits and waits. False when the queue is full or it failed;
 * `command->done` and `command->context` are set by this function. */
bool teller_run(struct teller *teller, struct command *command, struct error *error) MUST_CHECK;
size_t teller_backlog(const struct teller *teller);
/* Any thread: whether commands are served now. It looks at least every LANE_RENEW_US. */
enum teller_health {
    TELLER_SERVES,
    TELLER_AWAY,  /* when it last looked, the database was away or not durable, or it had no lane */
    TELLER_STUCK, /* it has been at one batch for more than a minute */
};
enum teller_health teller_health(const struct teller *teller);
uint8_t teller_lane(const struct teller *teller);

/* A new instance number for this process (base/ids.h): one row in `instances`. */
bool instance_claim(struct db *db, const char *name, uint32_t *instance_id,
                    struct error *error) MUST_CHECK;
/* After a restore: leaves out numbers that were perhaps given out after the backup, whose ids (on
 * printed vouchers, say) must not come to mean something else. */
bool instance_skip(struct db *db, const char *why, struct error *error) MUST_CHECK;

#endif
