#include "ledger/gather.h"

#include "ledger/teller_metrics.h"

/*
 * Commands in a batch: where learning begins, which is also the fewest, and where it ends. A batch
 * takes some 5 ms whatever is in it (two round trips, a flush, its turn on a busy processor) and a
 * command 0.1 ms: fewer would cost more time each, and those behind them wait for all of it. When
 * the fewest were 8, a busy machine was taken for large batches: they shrank to 8 to 30 commands,
 * with half the redemptions a second and a p99 three times as long.
 */
#define LIMIT_FEWEST 128
#define LIMIT_MOST   1024

/* What a command is taken for until it was applied: its transfer, its answer and its share of the
 * batch's own rows; and for each row it names, that and one that hangs on it. */
#define ROWS_PER_COMMAND 3
#define ROWS_PER_KEY     2

static void waiting_clear(struct waiting *list)
{
    list->first = NULL;
    list->last = &list->first;
}

static struct command *command_of(struct queue_item *item)
{
    return CONTAINER_OF(item, struct command, item);
}

static struct waiting *list_for(struct gather *gather, const struct command *command)
{
    return command->low_priority ? &gather->keeper : &gather->people;
}

static void append(struct waiting *list, struct queue_item *item)
{
    item->next = NULL;
    *list->last = item;
    list->last = &item->next;
    list->count++;
}

/* Takes the item that `*at` links out of the list. */
static void unlink_item(struct waiting *list, struct queue_item **at)
{
    struct queue_item *item = *at;

    *at = item->next;
    if (list->last == &item->next)
        list->last = at;
    item->next = NULL;
    list->count--;
}

void gather_start(struct gather *gather, const struct teller_options *options, struct queue *queue,
                  struct in_flight *in_flight)
{
    *gather = (struct gather){
        .queue = queue,
        .in_flight = in_flight,
        .rows_most = options->batch_rows,
        .batch_us = options->batch_us,
        .limit = LIMIT_FEWEST,
    };
    waiting_clear(&gather->people);
    waiting_clear(&gather->keeper);
}

void gather_end(struct gather *gather)
{
    ASSERT(!gather->people.first && !gather->keeper.first);
    hash_map_free(&gather->passed_over);
    key_set_free(&gather->keys);
}

static void take_queue(struct gather *gather, int64_t timeout_us)
{
    struct queue_item *next;

    for (struct queue_item *item = queue_take_all(gather->queue, timeout_us); item; item = next) {
        next = item->next;
        append(list_for(gather, command_of(item)), item);
    }
}

enum arrival gather_wait(struct gather *gather, int64_t timeout_us)
{
    bool some_wait = gather->people.first || gather->keeper.first;
    bool was_closed = queue_is_closed(gather->queue); /* asked first: nothing can come after it */

    take_queue(gather, some_wait ? 0 : timeout_us);
    if (gather->people.first || gather->keeper.first)
        return ARRIVAL_SOME;
    return was_closed ? ARRIVAL_END : ARRIVAL_NONE;
}

static bool has_room(const struct gather *gather, const struct batch *batch)
{
    int64_t rows = (int64_t)(batch->count * ROWS_PER_COMMAND + batch->keys.keys * ROWS_PER_KEY);

    return batch->count < gather->limit && rows < gather->rows_most;
}

static bool must_wait(const struct gather *gather, const struct batch *batch,
                      const struct batch *other)
{
    return key_set_conflicts(&gather->keys, &gather->passed_over) ||
           key_set_conflicts(&gather->keys, &batch->claimed) ||
           key_set_conflicts(&gather->keys, &other->claimed);
}

/* Moves up to `most` commands from the list into the batch. */
static void fill_from(struct gather *gather, struct waiting *list, struct batch *batch,
                      const struct batch *other, size_t most)
{
    struct queue_item **at = &list->first;

    while (*at && most > 0 && has_room(gather, batch)) {
        struct command *command = command_of(*at);
        if (command->is_abandoned && command->is_abandoned(command)) {
            unlink_item(list, at);
            teller_count(TELLER_ABANDONED, 1);
            in_flight_fail(gather->in_flight, command, "abandoned");
            continue;
        }
        key_set_clear(&gather->keys);
        command->kind->keys(command, &gather->keys);
        key_set_sort(&gather->keys); /* a command may name a row twice */
        if (must_wait(gather, batch, other)) {
            key_set_claim(&gather->keys, &gather->passed_over);
            at = &(*at)->next;
            continue;
        }
        unlink_item(list, at);
        batch_add(batch, command, &gather->keys);
        most--;
    }
}

size_t gather_waiting(const struct gather *gather)
{
    return gather->people.count + gather->keeper.count;
}

static bool has_keeper(const struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        if (batch->entries[i].command->low_priority)
            return true;
    return false;
}

void gather_fill(struct gather *gather, struct batch *batch, const struct batch *other)
{
    hash_map_clear(&gather->passed_over);
    if (!has_keeper(batch))
        fill_from(gather, &gather->keeper, batch, other, 1);
    fill_from(gather, &gather->people, batch, other, SIZE_MAX);
    fill_from(gather, &gather->keeper, batch, other, SIZE_MAX);
}

void gather_put_back(struct gather *gather, struct command *command)
{
    struct waiting *list = list_for(gather, command);

    command->item.next = list->first;
    list->first = &command->item;
    list->count++;
    if (!command->item.next)
        list->last = &command->item.next;
}

static void fail_list(struct gather *gather, struct waiting *list, const char *failure)
{
    while (list->first) {
        struct command *command = command_of(list->first);
        unlink_item(list, &list->first);
        teller_count(TELLER_FAILED, 1);
        in_flight_fail(gather->in_flight, command, failure);
    }
}

void gather_fail(struct gather *gather, const char *failure)
{
    take_queue(gather, 0);
    fail_list(gather, &gather->people, failure);
    fail_list(gather, &gather->keeper, failure);
}

/* A batch that was far from full says nothing about the limit: it was slow for another reason. */
void gather_learn(struct gather *gather, size_t commands, int64_t took_us)
{
    if (took_us > gather->batch_us && commands * 2 >= gather->limit) {
        size_t share = (size_t)((int64_t)commands * gather->batch_us / took_us);
        size_t least = commands / 2 > LIMIT_FEWEST ? commands / 2 : LIMIT_FEWEST;
        gather->limit = share > least ? share : least;
    } else if (took_us <= gather->batch_us && commands >= gather->limit) {
        gather->limit += gather->limit / 8;
    }
    if (gather->limit > LIMIT_MOST)
        gather->limit = LIMIT_MOST;
    metric_set(&teller_metrics[TELLER_BATCH_LIMIT], (int64_t)gather->limit);
}
