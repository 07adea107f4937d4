/*
 * Verify: recomputes the books from the sealed history and holds every table against them, on one
 * snapshot, while the server goes on. First the chain, lane by lane; every transfer of it goes to
 * the verifiers, each of which adds up what some table must say; then each streams its table.
 *
 * The ledger has verifiers of its own tables. Higher rooms bring theirs (main.c): a verifier must
 * not care in which order lanes come, only that the transfers of one lane come in theirs.
 */
#ifndef LINLI_VERIFY_H
#define LINLI_VERIFY_H

#include "ledger/chain_walk.h"
#include "ledger/checkpoint.h"

struct verify; /* one run */

struct verifier {
    const char *name; /* "wallets": what progress says */
    /* NULL, with `transfer` and `end`: tables are held against each other, not the history. */
    void *(*begin)(void);
    /* One transfer of a block that fits. False: it cannot be (misfit filled). */
    bool (*transfer)(void *state, const struct block *block, const struct transfer *transfer,
                     struct misfit *misfit);
    /* Holds tables against what was added up: verify_rows, then what no row was found for. */
    enum verdict (*compare)(void *state, struct verify *verify);
    void (*end)(void *state);
};

/* For compare functions: streams `rows` (of verify_db, ended here) through `row`, which returns
 * false when one does not fit. */
struct db *verify_db(struct verify *verify);
struct misfit *verify_misfit(struct verify *verify);
/* NULL when what keys make is not to be recomputed. */
const struct keyring *verify_keyring(const struct verify *verify);
struct error *verify_error(struct verify *verify);
enum verdict verify_rows(struct verify *verify, struct rows *rows,
                         bool (*row)(void *state, struct rows *rows, struct misfit *misfit),
                         void *state) MUST_CHECK;

struct verify_progress {
    const char *stage;    /* "chain", or a verifier's name */
    uint64_t done, total; /* blocks; 0 of 0 for tables */
};

struct keyring;

struct verify_options {
    struct chain_keys keys;
    const struct keyring *keyring;           /* for codes that rows keep a hash of; may be NULL */
    const struct verifier *const *verifiers; /* of higher rooms; ends with NULL */
    const struct checkpoint *kept;           /* by somebody outside; NULL: none */
    void (*progress)(void *context, const struct verify_progress *progress); /* may be NULL */
    void *context;
};

struct verify_report {
    struct misfit misfit; /* the first, when the verdict says that there is one */
    uint64_t lanes, blocks, transfers, checkpoints, rows;
};

/* `db` must be idle; its transaction is a snapshot meanwhile. Minutes for millions of transfers;
 * memory grows with wallets, lots and redemptions, not with the history. */
enum verdict ledger_verify(struct db *db, const struct verify_options *options,
                           struct verify_report *report, struct error *error) MUST_CHECK;

/* The ledger's own. */
extern const struct verifier verifier_wallets, verifier_lots, verifier_balances, verifier_proposals;

#endif
