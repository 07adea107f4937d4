#include "ledger/book.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/hash_map.h"
#include "ledger/chain.h"

#define KINDS_MOST     16
#define TRANSFERS_MOST UINT16_MAX

/* The rows of one kind. */
struct table {
    const struct row_kind *kind;
    struct hash_map rows;
    struct row **sorted; /* of the last book_changed or book_rows */
    size_t sorted_capacity;
};

struct book {
    uint8_t lane;
    uint64_t height;
    int64_t now_us;

    struct table tables[KINDS_MOST];
    size_t table_count;
    const struct row_kind *kinds[KINDS_MOST];
    struct arena *row_memory; /* rows, until book_clear */

    struct arena *batch_memory; /* packed details, until book_begin */
    struct buffer packing;
    struct transfer *transfers;
    size_t transfer_count, transfer_capacity;
    struct hash_map balances; /* account → change in this batch */
    struct balance_change *changes;
    size_t change_capacity;
};

struct book *book_new(void)
{
    struct book *book = memory_new(sizeof(*book));

    book->row_memory = arena_new();
    book->batch_memory = arena_new();
    return book;
}

void book_free(struct book *book)
{
    if (!book)
        return;
    book_clear(book);
    for (size_t i = 0; i < book->table_count; i++) {
        hash_map_free(&book->tables[i].rows);
        free(book->tables[i].sorted);
    }
    arena_free(book->row_memory);
    arena_free(book->batch_memory);
    buffer_free(&book->packing);
    free(book->transfers);
    hash_map_free(&book->balances);
    free(book->changes);
    free(book);
}

static void unmark_rows(const struct table *table)
{
    struct hash_map_entry *entry;

    for (size_t at = 0; (entry = hash_map_next(&table->rows, &at));) {
        struct row *row = entry->pointer;

        row->is_new = row->changed = false;
        if (table->kind->unmark)
            table->kind->unmark(row);
    }
}

void book_begin(struct book *book, uint8_t lane, uint64_t height, int64_t now_us)
{
    book->lane = lane;
    book->height = height;
    book->now_us = now_us;
    for (size_t i = 0; i < book->table_count; i++)
        unmark_rows(&book->tables[i]);
    arena_reset(book->batch_memory);
    book->transfer_count = 0;
    hash_map_clear(&book->balances);
}

static void forget_rows(const struct table *table)
{
    struct hash_map_entry *entry;

    if (!table->kind->forget)
        return;
    for (size_t at = 0; (entry = hash_map_next(&table->rows, &at));)
        table->kind->forget(entry->pointer);
}

void book_clear(struct book *book)
{
    for (size_t i = 0; i < book->table_count; i++) {
        forget_rows(&book->tables[i]);
        hash_map_clear(&book->tables[i].rows);
    }
    arena_reset(book->row_memory);
}

int64_t book_now_us(const struct book *book)
{
    return book->now_us;
}

uint8_t book_lane(const struct book *book)
{
    return book->lane;
}

struct arena *book_arena(struct book *book)
{
    return book->batch_memory;
}

/* --- Rows ------------------------------------------------------------------------------------ */

/* A handful of kinds: looking through them costs less than hashing would. */
static struct table *find_table(struct book *book, const struct row_kind *kind)
{
    for (size_t i = 0; i < book->table_count; i++)
        if (book->tables[i].kind == kind)
            return &book->tables[i];
    return NULL;
}

static struct table *table_of(struct book *book, const struct row_kind *kind)
{
    struct table *table = find_table(book, kind);

    if (table)
        return table;
    ASSERT(book->table_count < KINDS_MOST);
    table = &book->tables[book->table_count++];
    table->kind = kind;
    return table;
}

void *book_find(struct book *book, const struct row_kind *kind, uint64_t key)
{
    const struct table *table = find_table(book, kind);

    return table ? hash_map_get(&table->rows, key) : NULL;
}

void *book_add(struct book *book, const struct row_kind *kind, uint64_t key)
{
    struct table *table = table_of(book, kind);
    bool is_new;
    struct hash_map_entry *entry = hash_map_insert(&table->rows, key, &is_new);

    ASSERT(is_new && kind->size >= sizeof(struct row));
    struct row *row = arena_take(book->row_memory, kind->size);
    row->key = key;
    row->memory = book->row_memory;
    entry->pointer = row;
    return row;
}

void *book_create(struct book *book, const struct row_kind *kind, uint64_t key)
{
    struct row *row = book_add(book, kind, key);

    row->is_new = row->changed = true;
    return row;
}

bool book_holds(const struct book *book, struct error *error)
{
    struct hash_map_entry *entry;

    for (size_t i = 0; i < book->table_count; i++) {
        const struct table *table = &book->tables[i];

        for (size_t at = 0; table->kind->holds && (entry = hash_map_next(&table->rows, &at));)
            if (!table->kind->holds(entry->pointer))
                return error_set(error, "ledger.row_spoilt",
                                 "%s %" PRIu64 " cannot be as it is: linli ledger verify says more",
                                 table->kind->name, entry->key);
    }
    return true;
}

static int compare_rows(const void *a, const void *b)
{
    const struct row *left = *(struct row *const *)a, *right = *(struct row *const *)b;

    return (left->key > right->key) - (left->key < right->key);
}

static struct row *const *sort_rows(struct table *table, bool only_changed, size_t *count)
{
    struct hash_map_entry *entry;

    *count = 0;
    if (table->sorted_capacity < table->rows.count) {
        table->sorted_capacity = table->rows.count;
        table->sorted = memory_resize(table->sorted, table->sorted_capacity, sizeof(struct row *));
    }
    for (size_t at = 0; (entry = hash_map_next(&table->rows, &at));) {
        struct row *row = entry->pointer;

        if (row->changed || !only_changed)
            table->sorted[(*count)++] = row;
    }
    if (*count > 1)
        qsort(table->sorted, *count, sizeof(struct row *), compare_rows);
    return table->sorted;
}

struct row *const *book_changed(struct book *book, const struct row_kind *kind, size_t *count)
{
    return sort_rows(table_of(book, kind), true, count);
}

struct row *const *book_rows(struct book *book, const struct row_kind *kind, size_t *count)
{
    return sort_rows(table_of(book, kind), false, count);
}

const struct row_kind *const *book_kinds(struct book *book, size_t *count)
{
    for (size_t i = 0; i < book->table_count; i++) {
        const struct row_kind *kind = book->tables[i].kind;
        size_t at = i;

        for (; at > 0 && book->kinds[at - 1]->lock_order > kind->lock_order; at--)
            book->kinds[at] = book->kinds[at - 1];
        book->kinds[at] = kind;
    }
    *count = book->table_count;
    return book->kinds;
}

/* --- Transfers ------------------------------------------------------------------------------- */

/* What the members' own accounts hold stands in their wallets. */
static void change_balance(struct book *book, uint64_t account, int64_t change)
{
    if (account_is_members(account_kind(account)))
        return;
    struct hash_map_entry *entry = hash_map_insert(&book->balances, account, NULL);
    int64_t sum;
    ASSERT(!__builtin_add_overflow((int64_t)entry->number, change, &sum));
    entry->number = (uint64_t)sum;
}

static struct text pack_parts(struct book *book, const struct lot_part *parts, size_t count)
{
    if (count == 0)
        return (struct text){0};
    buffer_clear(&book->packing);
    lot_parts_pack(&book->packing, parts, count);
    return (struct text){
        arena_copy(book->batch_memory, book->packing.data, book->packing.length),
        book->packing.length,
    };
}

static struct transfer *next_transfer(struct book *book)
{
    ASSERT(book->transfer_count < TRANSFERS_MOST);
    if (book->transfer_count == book->transfer_capacity) {
        book->transfer_capacity = book->transfer_capacity ? book->transfer_capacity * 2 : 64;
        book->transfers =
            memory_resize(book->transfers, book->transfer_capacity, sizeof(*book->transfers));
    }
    return &book->transfers[book->transfer_count++];
}

void book_post(struct book *book, struct transfer *transfer, const struct lot_part *parts,
               size_t part_count)
{
    ASSERT(transfer->points >= 0);
    ASSERT(transfer->points == 0 ||
           (transfer->from && transfer->to && transfer->from != transfer->to));
    transfer->id = TRANSFER_ID(book->lane, book->height, book->transfer_count);
    transfer->detail = pack_parts(book, parts, part_count);
    if (transfer->points > 0) {
        change_balance(book, transfer->from, -transfer->points);
        change_balance(book, transfer->to, transfer->points);
    }
    *next_transfer(book) = *transfer;
}

const struct transfer *book_transfers(const struct book *book, size_t *count)
{
    *count = book->transfer_count;
    return book->transfers;
}

static int compare_changes(const void *a, const void *b)
{
    const struct balance_change *left = a, *right = b;

    return (left->account > right->account) - (left->account < right->account);
}

const struct balance_change *book_balance_changes(struct book *book, size_t *count)
{
    const struct hash_map_entry *entry;

    *count = 0;
    if (book->change_capacity < book->balances.count) {
        book->change_capacity = book->balances.count;
        book->changes = memory_resize(book->changes, book->change_capacity, sizeof(*book->changes));
    }
    for (size_t at = 0; (entry = hash_map_next(&book->balances, &at));)
        if (entry->number != 0)
            book->changes[(*count)++] =
                (struct balance_change){.account = entry->key, .change = (int64_t)entry->number};
    if (*count > 1)
        qsort(book->changes, *count, sizeof(*book->changes), compare_changes);
    return book->changes;
}
