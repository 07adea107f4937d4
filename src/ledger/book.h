/*
 * The book: rows in memory, and the transfers that change them. Pure: no database, no clock, no
 * randomness. The teller fills a book with the locked rows of one batch; the tests and the
 * simulator keep one for a million commands. What `apply` may do is here and nowhere else.
 *
 * Rows are of registered kinds (struct row_kind): wallets here; stock and redemptions come from
 * market, records from service. The book and the teller know none of those by name.
 */
#ifndef LINLI_BOOK_H
#define LINLI_BOOK_H

#include "base/arena.h"
#include "base/buffer.h"
#include "ledger/account.h"
#include "ledger/refusal.h"
#include "store/db.h"
#include "store/sql.h"

struct book;

/* Every kind's row struct begins with this. */
struct row {
    uint64_t key;
    struct arena *memory; /* the book's: for what hangs on the row, as long as the row itself */
    bool is_new;          /* made in this batch: to be inserted */
    bool changed;         /* to be written; row_change sets it */
};

struct row_kind;
/* A command's or a batch's rows of one kind: sorted, each key once. */
struct row_keys {
    const uint64_t *keys;
    size_t count;
};

/* A further plain read of a kind, made after every lock is held: a wallet's lots, say. */
struct row_read {
    void (*select)(struct sql *sql, struct row_keys keys, int64_t now_us);
    /* Takes the statement's rows into the book's rows. */
    void (*fill)(struct book *book, struct rows *rows);
};

struct row_kind {
    const char *name;
    size_t size;
    int lock_order; /* ascending: redemptions 10, statements 15, records 20, checks 25, proposals
                       30, stock 40, wallets 50 */
    bool exclusive; /* at most one command of a batch may name the same row (wallets) */
    /* SELECT … FORCE INDEX (PRIMARY) … ORDER BY key FOR UPDATE: one statement. */
    void (*lock)(struct sql *sql, struct row_keys keys);
    void (*fill)(struct book *book, struct rows *rows);
    struct row_read reads[2]; /* those with a NULL select are not there */
    /* Whether a row can be as it is: one that was changed by hand may not. May be NULL. */
    bool (*holds)(const struct row *row);
    /* Statements for the changed rows, sorted by key; never called with none. */
    void (*write)(struct sql *sql, struct row *const *rows, size_t count);
    /* Frees what hangs on a row outside row.memory; may be NULL. */
    void (*forget)(struct row *row);
    /* A new batch begins with the row still there: takes the marks of what hangs on it away, as
     * book_begin does with is_new and changed. May be NULL. */
    void (*unmark)(struct row *row);
};

struct book *book_new(void);
void book_free(struct book *book);

/* Starts a batch: transfers will be numbered lane | height | 0…; the time is the batch's. Rows
 * stay (a persistent book), but none is `changed` or `is_new` any more. */
void book_begin(struct book *book, uint8_t lane, uint64_t height, int64_t now_us);
/* Forgets every row: the teller's book between batches. */
void book_clear(struct book *book);
int64_t book_now_us(const struct book *book);
uint8_t book_lane(const struct book *book);
/* Memory until book_begin. */
struct arena *book_arena(struct book *book);

/* NULL when there is no such row. */
void *book_find(struct book *book, const struct row_kind *kind, uint64_t key);
/* Adds a row, zeroed but for its key; asserts that it is not there. `fill` functions use
 * book_add; `apply` functions use book_create, which also marks it new and changed. */
void *book_add(struct book *book, const struct row_kind *kind, uint64_t key);
void *book_create(struct book *book, const struct row_kind *kind, uint64_t key);
static inline void row_change(struct row *row)
{
    row->changed = true;
}
/* The changed rows of a kind, sorted by key, in memory of the book until the next call. */
struct row *const *book_changed(struct book *book, const struct row_kind *kind, size_t *count);
/* All rows of a kind, likewise. */
struct row *const *book_rows(struct book *book, const struct row_kind *kind, size_t *count);
/* Whether all rows can be as they are; `error` names one that cannot. */
bool book_holds(const struct book *book, struct error *error) MUST_CHECK;
/* The kinds that the book has met, in lock order: the order of writing. Same memory. */
const struct row_kind *const *book_kinds(struct book *book, size_t *count);

/* --- Transfers ------------------------------------------------------------------------------ */

enum transfer_kind {
    TRANSFER_AWARD = 1, /* issuance → wallet; ref: record or lot; subject: lot */
    TRANSFER_HOLD, /* wallet → held; ref: redemption, subject: reward, pieces -1 free +1 held */
    TRANSFER_CAPTURE,    /* held → merchant; ref: redemption; a piece from held to sold */
    TRANSFER_UNCAPTURE,  /* merchant → held: a confirmation undone */
    TRANSFER_RELEASE,    /* held → wallet: cancelled; a piece back to free */
    TRANSFER_LAPSE,      /* held → wallet: voucher expired; a piece back to free */
    TRANSFER_REFUND,     /* merchant → wallet; a piece from sold back to free */
    TRANSFER_SETTLE,     /* merchant → settled; ref: redemption; subject: statement */
    TRANSFER_LOT_EXPIRY, /* wallet → expired; ref and subject: lot */
    TRANSFER_ADJUST,     /* adjustment ↔ wallet; ref: proposal */
    TRANSFER_CLAW_BACK,  /* wallet → revoked, maybe 0 points; ref: proposal, subject: lot */
    TRANSFER_OWE,     /* receivable → revoked: what had been spent; ref: proposal, subject: lot */
    TRANSFER_WAIVE,   /* waived → receivable; ref: proposal */
    TRANSFER_MERGE,   /* wallet → wallet, and what is owed; ref: the member merged away, whose
                         lots, spent ones too, are now member_id's; no parts */
    TRANSFER_RESTOCK, /* no points; ref and subject: reward; pieces added or taken */
    TRANSFER_FREEZE,  /* no points; ref: member; pieces 1 frozen, 0 open */
    TRANSFER_REPAY,   /* wallet → receivable or waived: a clawed-back lot's points that came back
                         from a voucher; ref: redemption, subject: lot */
};
const char *transfer_kind_name(enum transfer_kind kind); /* "award" */

/* A part of a lot: what a transfer took from it (negative) or gave to it (positive). */
struct lot_part {
    uint64_t lot_id;
    int64_t points;
    int64_t expires_us; /* the lot's expiry after the transfer */
    uint8_t grade;
    uint8_t source;
};

struct transfer {
    uint64_t id;
    enum transfer_kind kind;
    uint64_t from, to; /* account numbers */
    int64_t points;    /* >= 0 */
    uint64_t member_id;
    uint64_t ref, subject;
    int32_t pieces;
    uint64_t actor;     /* account that asked; 0 for the keeper */
    struct text detail; /* packed lot parts, empty for none; book's memory until book_begin */
};

/*
 * Numbers the transfer, packs `parts`, posts both sides to the balances it keeps for system and
 * merchant accounts (wallet accounts are the wallet functions' business) and adds it to the batch.
 * `transfer->id` and `detail` are filled. At most 65,535 a batch.
 */
void book_post(struct book *book, struct transfer *transfer, const struct lot_part *parts,
               size_t part_count);
const struct transfer *book_transfers(const struct book *book, size_t *count);

/* Changes of system and merchant balances in this batch, sorted by account. */
struct balance_change {
    uint64_t account;
    int64_t change;
};
const struct balance_change *book_balance_changes(struct book *book, size_t *count);

/* A transfer that would need more is refused: what the columns for them hold. */
#define LOT_PARTS_MOST 600

/* The packed form: count u16, then per part lot u64, points i64, expires i64, grade u8, source u8;
 * no parts are no bytes. Unpacking refuses anything but exactly that. */
void lot_parts_pack(struct buffer *out, const struct lot_part *parts, size_t count);
bool lot_parts_unpack(struct text packed, struct arena *arena, struct lot_part **parts,
                      size_t *count) MUST_CHECK;

#endif
