/*
 * Write: one round trip that ends in COMMIT. Changed rows, transfers and their block, balances,
 * answers, and last the lane's head.
 *
 * Every batch writes its lane's row, one without transfers too: InnoDB shows what others committed
 * before it is on disk, and only a COMMIT that writes makes what this batch has read (a refusal's
 * reason, a kept answer) durable before it is told to anybody.
 */
#include <string.h>

#include "ledger/batch.h"

static void write_rows(struct batch *batch)
{
    size_t kinds, count;
    const struct row_kind *const *kind = book_kinds(batch->book, &kinds);

    for (size_t i = 0; i < kinds; i++) {
        struct row *const *rows = book_changed(batch->book, kind[i], &count);
        if (count > 0)
            kind[i]->write(&batch->sql, rows, count);
    }
}

static void then_id(struct sql *sql, uint64_t value)
{
    sql_add(sql, ",");
    sql_add_id(sql, value);
}

static void then_int(struct sql *sql, int64_t value)
{
    sql_add(sql, ",");
    sql_add_int(sql, value);
}

static void add_transfer(struct sql *sql, const struct transfer *transfer,
                         const uint8_t seal[TRANSFER_SEAL_SIZE])
{
    sql_add(sql, "(");
    sql_add_id(sql, transfer->id);
    then_id(sql, transfer->kind);
    then_id(sql, transfer->from);
    then_id(sql, transfer->to);
    then_int(sql, transfer->points);
    then_id(sql, transfer->member_id);
    then_id(sql, transfer->ref);
    then_id(sql, transfer->subject);
    then_int(sql, transfer->pieces);
    then_id(sql, transfer->actor);
    sql_add(sql, ",");
    sql_add_bytes(sql, transfer->detail.data, transfer->detail.length);
    sql_add(sql, ",");
    sql_add_bytes(sql, seal, TRANSFER_SEAL_SIZE);
    sql_add(sql, ")");
}

static void write_transfers(struct batch *batch)
{
    size_t count;
    const struct transfer *transfers = book_transfers(batch->book, &count);

    sql_add(&batch->sql, "INSERT INTO transfers (transfer_id, kind, from_account, to_account,"
                         " points, member_id, ref, subject, pieces, actor, detail,"
                         " seal) VALUES ");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            sql_add(&batch->sql, ",");
        add_transfer(&batch->sql, &transfers[i], batch->seals[i]);
    }
    sql_end(&batch->sql);
}

static void write_block(struct batch *batch, uint32_t key_id)
{
    struct sql *sql = &batch->sql;
    const struct block *block = &batch->block;

    sql_add(sql, "INSERT INTO blocks (lane, height, previous_hash, root, transfers, time_us,"
                 " key_id, signature) VALUES (");
    sql_add_id(sql, block->lane);
    then_id(sql, block->height);
    sql_add(sql, ",");
    sql_add_bytes(sql, block->previous, sizeof(block->previous));
    sql_add(sql, ",");
    sql_add_bytes(sql, block->root, sizeof(block->root));
    then_id(sql, block->transfers);
    then_int(sql, block->time_us);
    then_id(sql, key_id);
    sql_add(sql, ",");
    sql_add_bytes(sql, batch->signature, sizeof(batch->signature));
    sql_add(sql, ")");
    sql_end(sql);
}

/* The rows of this lane are only this teller's: no other server ever waits for them. */
static void write_balances(struct batch *batch)
{
    size_t count;
    const struct balance_change *changes = book_balance_changes(batch->book, &count);
    struct sql *sql = &batch->sql;

    if (count == 0)
        return;
    sql_add(sql, "INSERT INTO balances (account, lane, balance) VALUES ");
    for (size_t i = 0; i < count; i++) {
        sql_add_literal(sql, i == 0 ? "(" : ",(", i == 0 ? 1 : 2);
        sql_add_id(sql, changes[i].account);
        then_id(sql, batch->block.lane);
        then_int(sql, changes[i].change);
        sql_add(sql, ")");
    }
    sql_add(sql, " ON DUPLICATE KEY UPDATE balance = balance + VALUES(balance)");
    sql_end(sql);
}

static struct answer answer_of(const struct entry *entry)
{
    struct answer answer = {.outcome = entry->outcome};

    memcpy(answer.request_key, entry->command->request_key, sizeof(answer.request_key));
    memcpy(answer.fingerprint, entry->command->fingerprint, sizeof(answer.fingerprint));
    return answer;
}

/* In the order of their keys: two servers that were sent the same ones meet in one order. */
static void write_answers(struct batch *batch)
{
    struct answer *answers = arena_take(batch->arena, batch->keyed_count * sizeof(*answers));
    size_t count = 0;

    for (size_t i = 0; i < batch->keyed_count; i++)
        if (batch->keyed[i]->ending == ENDING_DECIDED)
            answers[count++] = answer_of(batch->keyed[i]);
    if (count > 0)
        answers_insert(&batch->sql, answers, count);
}

static void write_everything(struct batch *batch, const struct lane *lane, uint32_t key_id)
{
    sql_clear(&batch->sql);
    write_rows(batch);
    if (batch->has_block) {
        write_transfers(batch);
        write_block(batch, key_id);
        write_balances(batch);
    }
    write_answers(batch);
    if (batch->judge && batch->judge->write)
        batch->judge->write(batch->judge->context, batch, &batch->sql);
    lane_write(lane, batch->has_block ? &batch->block : NULL, batch->block_hash, &batch->sql);
    sql_add(&batch->sql, "COMMIT");
    sql_end(&batch->sql);
}

enum step batch_write(struct batch *batch, struct db *db, const struct lane *lane, uint32_t key_id,
                      struct error *error)
{
    if (!book_holds(batch->book, error)) { /* rows that did not fit each other */
        db_rollback(db);
        return STEP_BROKEN;
    }
    write_everything(batch, lane, key_id);
    if (db_batch(db, &batch->sql, error) && db_batch_end(db, error))
        return STEP_DONE;
    enum step step = step_after_failure(db);
    db_rollback(db);
    return step == STEP_LOST ? STEP_UNKNOWN : step;
}
