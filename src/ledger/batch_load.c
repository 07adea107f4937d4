/*
 * Load: one round trip that locks and reads everything a batch needs. The lane first, then rows in
 * one order for all (kinds by lock order, keys ascending), so that two servers never wait for each
 * other in a circle. What is read without a lock comes after the last lock: under READ COMMITTED it
 * then is as true as the locked rows that guard it.
 */
#include <stdlib.h>
#include <string.h>

#include "ledger/batch.h"
#include "people/epochs.h"

static int by_request_key(const void *a, const void *b)
{
    const struct entry *const *left = a, *const *right = b;

    return memcmp((*left)->command->request_key, (*right)->command->request_key,
                  sizeof((*left)->command->request_key));
}

static int by_actor(const void *a, const void *b)
{
    const struct entry *const *left = a, *const *right = b;
    uint64_t one = (*left)->command->actor, other = (*right)->command->actor;

    return (one > other) - (one < other);
}

/* Each attempt starts as if there had been none. */
static void begin_attempt(struct batch *batch, const struct lane *lane)
{
    arena_reset(batch->arena);
    book_clear(batch->book);
    book_begin(batch->book, lane->number, lane->height + 1, batch->now_us);
    batch->has_block = false;
    batch->keyed = arena_take(batch->arena, batch->count * sizeof(*batch->keyed));
    batch->acting = arena_take(batch->arena, batch->count * sizeof(*batch->acting));
    batch->keyed_count = batch->acting_count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct entry *entry = &batch->entries[i];
        entry->ending = ENDING_OPEN;
        if (entry->command->has_key)
            batch->keyed[batch->keyed_count++] = entry;
        if (entry->command->actor != 0)
            batch->acting[batch->acting_count++] = entry;
    }
    qsort(batch->keyed, batch->keyed_count, sizeof(*batch->keyed), by_request_key);
    qsort(batch->acting, batch->acting_count, sizeof(*batch->acting), by_actor);
    key_set_sort(&batch->keys);
}

/* --- The statements, in the order in which their rows are read below ------------------------- */

static void select_rows(struct batch *batch)
{
    for (size_t i = 0; i < batch->keys.count; i++)
        batch->keys.lists[i].kind->lock(&batch->sql, key_list_keys(&batch->keys.lists[i]));
    for (size_t i = 0; i < batch->keys.count; i++) {
        const struct key_list *list = &batch->keys.lists[i];
        for (size_t k = 0; k < ARRAY_LENGTH(list->kind->reads); k++)
            if (list->kind->reads[k].select)
                list->kind->reads[k].select(&batch->sql, key_list_keys(list), batch->now_us);
    }
}

static void select_epochs(struct batch *batch)
{
    if (batch->acting_count == 0)
        return;
    uint64_t *actors = arena_take(batch->arena, batch->acting_count * sizeof(*actors));
    size_t count = 0;

    for (size_t i = 0; i < batch->acting_count; i++)
        if (count == 0 || actors[count - 1] != batch->acting[i]->command->actor)
            actors[count++] = batch->acting[i]->command->actor;
    epochs_select(&batch->sql, actors, count);
}

static void select_answers(struct batch *batch)
{
    if (batch->keyed_count == 0)
        return;
    const uint8_t **keys = arena_take(batch->arena, batch->keyed_count * sizeof(*keys));

    for (size_t i = 0; i < batch->keyed_count; i++)
        keys[i] = batch->keyed[i]->command->request_key;
    answers_select(&batch->sql, keys, batch->keyed_count);
}

static void select_everything(struct batch *batch, const struct lane *lane)
{
    sql_clear(&batch->sql);
    sql_add(&batch->sql, "BEGIN");
    sql_end(&batch->sql);
    lane_lock(lane, &batch->sql);
    select_rows(batch);
    select_epochs(batch);
    select_answers(batch);
}

/* --- Their rows ------------------------------------------------------------------------------ */

static bool read_lane(const struct lane *lane, bool *is_ours, struct db *db, struct error *error)
{
    struct rows *rows = db_batch_next(db, error);

    if (!rows)
        return false;
    *is_ours = lane_is_ours(lane, rows);
    return rows_end(rows, error);
}

static bool read_into_book(struct batch *batch, void (*fill)(struct book *, struct rows *),
                           struct db *db, struct error *error)
{
    struct rows *rows = db_batch_next(db, error);

    if (!rows)
        return false;
    fill(batch->book, rows);
    return rows_end(rows, error);
}

static bool read_rows(struct batch *batch, struct db *db, struct error *error)
{
    for (size_t i = 0; i < batch->keys.count; i++)
        if (!read_into_book(batch, batch->keys.lists[i].kind->fill, db, error))
            return false;
    for (size_t i = 0; i < batch->keys.count; i++) {
        const struct row_read *reads = batch->keys.lists[i].kind->reads;
        for (size_t k = 0; k < ARRAY_LENGTH(batch->keys.lists[i].kind->reads); k++)
            if (reads[k].select && !read_into_book(batch, reads[k].fill, db, error))
                return false;
    }
    return true;
}

static void refuse_for_now(struct entry *entry, enum refusal refusal, int64_t now_us)
{
    entry->ending = ENDING_PASSING;
    entry->outcome = (struct outcome){.refusal = refusal, .at_us = now_us};
}

/* The first of those who act as `actor`; acting_count when nobody does. */
static size_t first_acting(const struct batch *batch, uint64_t actor)
{
    size_t low = 0, high = batch->acting_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (batch->acting[middle]->command->actor < actor)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Signed out is who is not found with the token's epoch. */
static bool read_epochs(struct batch *batch, struct db *db, struct error *error)
{
    uint64_t actor;
    uint32_t epoch;
    bool active;

    if (batch->acting_count == 0)
        return true;
    struct rows *rows = db_batch_next(db, error);
    if (!rows)
        return false;
    for (size_t i = 0; i < batch->acting_count; i++)
        refuse_for_now(batch->acting[i], REFUSED_SIGNED_OUT, batch->now_us);
    while (epochs_next(rows, &actor, &epoch, &active))
        for (size_t i = first_acting(batch, actor);
             i < batch->acting_count && batch->acting[i]->command->actor == actor; i++)
            if (active && batch->acting[i]->command->actor_epoch == epoch)
                batch->acting[i]->ending = ENDING_OPEN;
    return rows_end(rows, error);
}

static void take_answer(struct entry *entry, const struct answer *answer, int64_t now_us)
{
    if (entry->ending != ENDING_OPEN)
        return; /* signed out: to be told that first */
    if (memcmp(entry->command->fingerprint, answer->fingerprint, sizeof(answer->fingerprint)) !=
        0) {
        refuse_for_now(entry, REFUSED_KEY_REUSED, now_us);
        return;
    }
    entry->ending = ENDING_REPLAYED;
    entry->outcome = answer->outcome;
}

static bool read_answers(struct batch *batch, struct db *db, struct error *error)
{
    struct answer answer;

    if (batch->keyed_count == 0)
        return true;
    struct rows *rows = db_batch_next(db, error);
    if (!rows)
        return false;
    while (answers_next(rows, &answer)) {
        struct command wanted = {.has_key = true};
        struct entry like = {.command = &wanted};
        const struct entry *key = &like;
        memcpy(wanted.request_key, answer.request_key, sizeof(wanted.request_key));
        struct entry **found =
            bsearch(&key, batch->keyed, batch->keyed_count, sizeof(*batch->keyed), by_request_key);
        if (found)
            take_answer(*found, &answer, batch->now_us);
    }
    return rows_end(rows, error);
}

enum step batch_load(struct batch *batch, struct db *db, const struct lane *lane,
                     struct error *error)
{
    bool is_ours = false;

    begin_attempt(batch, lane);
    select_everything(batch, lane);
    bool loaded = db_batch(db, &batch->sql, error) && read_lane(lane, &is_ours, db, error) &&
                  read_rows(batch, db, error) && read_epochs(batch, db, error) &&
                  read_answers(batch, db, error) && db_batch_end(db, error);
    if (loaded && is_ours && book_holds(batch->book, error))
        return STEP_DONE;
    enum step step = !loaded ? step_after_failure(db) : !is_ours ? STEP_LANE_TAKEN : STEP_BROKEN;
    db_rollback(db);
    return step;
}
