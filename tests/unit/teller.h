/*
 * What the teller's tests share: a database with the schema, members with wallets, a command that
 * credits a lot (any product command would do; this one needs nothing around it), and a judge that
 * a test can hold shut, so that it knows what is in the teller's hands.
 */
#ifndef LINLI_UNIT_TELLER_H
#define LINLI_UNIT_TELLER_H

#include "unit.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "database.h"
#include "ledger/chain.h"
#include "ledger/teller.h"
#include "ledger/teller_metrics.h"
#include "ledger/wallet.h"
#include "store/migrate.h"

#define MEMBERS 100 /* wallets 1..MEMBERS; accounts too, each with epoch 1 */

static struct database database;
static struct db *db; /* the test's own look at the database */
static struct error error;
static struct signer *signer;

/* --- The command ----------------------------------------------------------------------------- */

struct credit {
    struct command command;
    uint64_t member_id, lot_id;
    int64_t points;
    sem_t *done; /* posted when it was answered; may be NULL */
};

static inline void credit_keys(const struct command *command, struct key_set *keys)
{
    key_set_add(keys, &wallet_rows, ((const struct credit *)command)->member_id);
}

static inline enum refusal credit_apply(struct book *book, const struct command *command,
                                        struct outcome *out)
{
    const struct credit *want = (const struct credit *)command;
    struct wallet *wallet = book_wallet(book, want->member_id);
    struct transfer transfer = {
        .kind = TRANSFER_AWARD,
        .from = account_of(ACCOUNT_ISSUANCE, 0),
        .ref = want->lot_id,
        .subject = want->lot_id,
        .actor = command->actor,
    };

    if (!wallet)
        return REFUSED_NOT_FOUND;
    if (want->points > 1000000)
        return REFUSED_TOO_MUCH;
    wallet_credit(book, wallet, &transfer, want->lot_id, want->points,
                  book_now_us(book) + 365 * DAY_US, LOT_ADJUSTMENT, 0);
    out->ref = want->lot_id;
    out->points = want->points;
    out->state = 3;
    out->until_us = 1234567890123456;
    out->extra = UINT32_MAX;
    outcome_show_wallet(out, wallet, book_now_us(book));
    return ACCEPTED;
}

static const struct command_kind command_credit = {"credit", credit_keys, credit_apply};

static inline void credit_done(struct command *command)
{
    sem_post(((struct credit *)command)->done);
}

static inline uint64_t next_lot(void)
{
    static _Atomic uint64_t lots = 1000;

    return atomic_fetch_add(&lots, 1);
}

static inline struct credit credit_to(uint64_t member_id, int64_t points)
{
    return (struct credit){
        .command = {.kind = &command_credit},
        .member_id = member_id,
        .lot_id = next_lot(),
        .points = points,
    };
}

/* The same number, the same key; the fingerprint tells payloads apart. */
static inline void set_key(struct credit *credit, uint64_t number, uint64_t payload)
{
    credit->command.has_key = true;
    memset(credit->command.request_key, 0, sizeof(credit->command.request_key));
    memcpy(credit->command.request_key, &number, sizeof(number));
    memcpy(credit->command.fingerprint, &payload, sizeof(payload));
}

static inline void submit(struct teller *teller, struct credit *credit, sem_t *done)
{
    credit->command.done = credit_done;
    credit->done = done;
    assert_int_equal(teller_submit(teller, &credit->command), SUBMIT_QUEUED);
}

static inline void wait_for(sem_t *done, int count)
{
    for (int i = 0; i < count; i++)
        while (sem_wait(done) != 0)
            ;
}

/* Runs one and expects this answer. */
static inline void run_credit(struct teller *teller, struct credit *credit, enum refusal expected)
{
    if (!teller_run(teller, &credit->command, &error))
        fail_msg("%s: %s", error.code, error.detail);
    assert_int_equal(credit->command.outcome.refusal, expected);
}

/* --- The judge ------------------------------------------------------------------------------- */

struct gate {
    struct judge judge;
    sem_t entered; /* posted by each look */
    sem_t open;    /* waited for by each look while `shut` */
    _Atomic bool shut;
    void (*decide)(struct batch *batch, size_t first); /* may be NULL */
    size_t sizes[64];                                  /* of the looks */
    size_t looks;
};

static inline bool gate_judge(void *context, struct batch *batch, size_t first, struct link *unused)
{
    struct gate *gate = context;

    (void)unused;
    if (gate->looks < ARRAY_LENGTH(gate->sizes))
        gate->sizes[gate->looks++] = batch_size(batch) - first;
    if (gate->decide)
        gate->decide(batch, first);
    if (gate->shut) {
        sem_post(&gate->entered);
        wait_for(&gate->open, 1);
    }
    return true;
}

static inline void gate_start(struct gate *gate, bool shut)
{
    *gate = (struct gate){.judge = {gate_judge, gate}, .shut = shut};
    sem_init(&gate->entered, 0, 0);
    sem_init(&gate->open, 0, 0);
}

/* Lets those at the gate through, and nobody else. */
static inline void gate_pass(struct gate *gate)
{
    wait_for(&gate->entered, 1);
    sem_post(&gate->open);
}

/* Lets those at the gate through, and everybody later. */
static inline void gate_open(struct gate *gate)
{
    gate->shut = false;
    sem_post(&gate->open);
}

/* --- The database ---------------------------------------------------------------------------- */

static inline void run_sql(const char *sql)
{
    if (db_run(db, &error, sql) < 0)
        fail_msg("%s: %s", error.code, error.detail);
}

static inline int64_t number(const char *sql)
{
    struct rows *rows = db_query(db, sql);
    int64_t value = rows_next(rows) ? rows_int(rows, 0) : -1;

    if (!rows_end(rows, &error))
        fail_msg("%s: %s", error.code, error.detail);
    return value;
}

static inline int set_up(void **state)
{
    static const uint8_t seed[SIGN_SEED_SIZE] = {7};

    if (database_start(&database, state) != 0)
        return -1;
    log_configure(getenv("LINLI_TEST_LOG") ? LOG_DEBUG : LOG_ERROR + 1, LOG_AUTO);
    signer = signer_new(seed);
    db = db_new(&database.options);
    if (!migrate(db, NULL, &error)) {
        fprintf(stderr, "%s: %s\n", error.code, error.detail);
        return -1;
    }
    for (int id = 1; id <= MEMBERS; id++)
        if (db_run(db, &error,
                   "INSERT INTO wallets (member_id, version, available, held, owed, state,"
                   " merged_into) VALUES (?, 0, 0, 0, 0, 0, 0)",
                   DB_INT(id)) < 0 ||
            db_run(db, &error,
                   "INSERT INTO accounts (account_id, role, state, epoch, scope_id, person_id,"
                   " password_hash, display_name, created_us, updated_us)"
                   " VALUES (?, 1, 0, 1, 0, 0, '', '', 0, 0)",
                   DB_INT(id)) < 0)
            return -1;
    return 0;
}

static inline int tear_down(void **state)
{
    signer_free(signer);
    db_free(db);
    return database_stop(&database, state);
}

static const struct teller_options teller_defaults = {
    .queue = 4096, .batch_rows = 4000, .batch_us = 20000, .outage_us = 10 * SECOND_US};

static inline struct teller *start_teller(const struct teller_options *options,
                                          const struct db_options *connection,
                                          const struct gate *gate)
{
    uint32_t instance;

    if (!instance_claim(db, "test", &instance, &error))
        fail_msg("%s: %s", error.code, error.detail);
    struct teller *teller =
        teller_start(options, connection, instance, signer, 1, gate ? &gate->judge : NULL, &error);
    if (!teller)
        fail_msg("%s: %s", error.code, error.detail);
    return teller;
}

/* The teller waits for a row that the test holds in a transaction of `db`. */
static inline void wait_for_lock_wait(void)
{
    while (number("SELECT variable_value FROM information_schema.global_status"
                  " WHERE variable_name = 'INNODB_ROW_LOCK_CURRENT_WAITS'") == 0)
        sched_yield();
}

/* --- What must hold after anything ------------------------------------------------------------ */

/* The header of each block hashes to what the next one, or the lane's head, calls its predecessor;
 * it is signed, and its root is that of the transfers stored. */
static inline void check_block(const struct block *block, const uint8_t *signature)
{
    uint8_t public_key[SIGN_PUBLIC_SIZE];
    static uint8_t leaves[65536][HASH_SIZE];
    struct buffer header = {0};
    size_t count = 0;

    signer_public(signer, public_key);
    block_pack(&header, block);
    assert_true(signature_valid(public_key, header.data, header.length, signature));
    buffer_free(&header);
    struct rows *rows =
        db_query(db,
                 "SELECT transfer_id, kind, from_account, to_account, points, member_id, ref,"
                 " subject, pieces, actor, detail FROM transfers"
                 " WHERE transfer_id BETWEEN ? AND ? ORDER BY transfer_id",
                 DB_ID(TRANSFER_ID(block->lane, block->height, 0)),
                 DB_ID(TRANSFER_ID(block->lane, block->height, 65535)));
    while (rows_next(rows)) {
        struct transfer transfer = {
            .id = rows_id(rows, 0),
            .kind = (enum transfer_kind)rows_int(rows, 1),
            .from = rows_id(rows, 2),
            .to = rows_id(rows, 3),
            .points = rows_int(rows, 4),
            .member_id = rows_id(rows, 5),
            .ref = rows_id(rows, 6),
            .subject = rows_id(rows, 7),
            .pieces = (int32_t)rows_int(rows, 8),
            .actor = rows_id(rows, 9),
            .detail = rows_text(rows, 10),
        };
        assert_int_equal(transfer.id, TRANSFER_ID(block->lane, block->height, count));
        transfer_leaf(&transfer, leaves[count++]);
    }
    assert_true(rows_end(rows, &error));
    assert_int_equal(count, block->transfers);
    uint8_t root[HASH_SIZE];
    merkle_root(leaves, count, root);
    assert_memory_equal(root, block->root, HASH_SIZE);
}

static inline void check_chain(void)
{
    uint8_t head[256][HASH_SIZE] = {0};
    uint64_t height[256] = {0};
    struct rows *rows = db_query(db, "SELECT lane, height, previous_hash, root, transfers, time_us,"
                                     " signature FROM blocks ORDER BY lane, height");

    while (rows_next(rows)) {
        struct block block = {.lane = (uint8_t)rows_int(rows, 0), .height = rows_id(rows, 1)};
        uint8_t signature[SIGNATURE_SIZE];
        rows_bytes(rows, 2, block.previous, HASH_SIZE);
        rows_bytes(rows, 3, block.root, HASH_SIZE);
        block.transfers = (uint16_t)rows_int(rows, 4);
        block.time_us = rows_int(rows, 5);
        rows_bytes(rows, 6, signature, SIGNATURE_SIZE);
        assert_int_equal(block.height, height[block.lane] + 1);
        assert_memory_equal(block.previous, head[block.lane], HASH_SIZE);
        check_block(&block, signature);
        block_hash(&block, head[block.lane]);
        height[block.lane]++;
    }
    assert_true(rows_end(rows, &error));
    rows = db_query(db, "SELECT lane, height, head_hash FROM lanes");
    while (rows_next(rows)) {
        uint8_t lane = (uint8_t)rows_int(rows, 0);
        assert_int_equal(rows_id(rows, 1), height[lane]);
        assert_memory_equal(rows_text(rows, 2).data, head[lane], HASH_SIZE);
    }
    assert_true(rows_end(rows, &error));
}

/* The chain stands, the books sum to zero, every wallet is the sum of its lots. */
static inline void check_books(void)
{
    check_chain();
    assert_int_equal(number("SELECT (SELECT COALESCE(SUM(balance), 0) FROM balances) +"
                            " (SELECT SUM(available + held) FROM wallets)"),
                     0);
    assert_int_equal(number("SELECT COUNT(*) FROM wallets AS w WHERE available <>"
                            " (SELECT COALESCE(SUM(remaining), 0) FROM lots AS l"
                            " WHERE l.member_id = w.member_id)"),
                     0);
    assert_int_equal(number("SELECT COUNT(*) - COUNT(DISTINCT ref) FROM transfers"), 0);
    assert_int_equal(number("SELECT (SELECT COUNT(*) FROM transfers) -"
                            " (SELECT COUNT(*) FROM lots)"),
                     0);
}

static inline int64_t wallet_points(uint64_t member_id)
{
    struct rows *rows =
        db_query(db, "SELECT available FROM wallets WHERE member_id = ?", DB_ID(member_id));
    int64_t points = rows_next(rows) ? rows_int(rows, 0) : -1;

    assert_true(rows_end(rows, &error));
    return points;
}

#endif
