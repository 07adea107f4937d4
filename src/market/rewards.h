/*
 * Rewards: what a merchant offers for points. The words are here; price, limits and counts are the
 * stock row's (market/stock.h), which a redemption locks. Query threads; texts live in the arena.
 */
#ifndef LINLI_REWARDS_H
#define LINLI_REWARDS_H

#include "market/stock.h"
#include "store/find.h"

/* What a member agrees to; every change raises the version, so that nobody pays an old price. */
struct reward_terms {
    enum stock_state state;
    int64_t price;         /* hundredths */
    int64_t reimburse_fen; /* what the programme pays the merchant, beside the ledger */
    int32_t limit_count, limit_days;
    int64_t valid_us;
    uint64_t sponsor_id;   /* 0: nobody pays beside the programme */
    int64_t budget_fen;    /* 0: no bound */
    int64_t sell_until_us; /* 0: no end */
};

struct reward {
    uint64_t id, merchant_id;
    char *merchant_name, *title, *description;
    struct reward_terms terms;
    uint32_t terms_version;
    int64_t initial, free, held, sold;
    int64_t committed_fen; /* of the budget */
    uint64_t shop_id;      /* the only shop that takes it; 0: each of the merchant's does */
    char *shop_name, *sponsor_name; /* NULL: none */
    char *item;                     /* its article number at the merchant; "": none */
    uint32_t calls;                 /* market/calls.h */
    int64_t created_us, updated_us;
};

/* Without any stock: pieces come by the restock command. */
bool reward_create(struct db *db, const struct reward *reward, struct error *error) MUST_CHECK;
enum find reward_find(struct db *db, uint64_t reward_id, struct arena *arena, struct reward *reward,
                      struct error *error);
/* What is looked for; rewards come by ids above `after`. */
struct reward_filter {
    uint64_t merchant_id; /* 0: of all */
    bool with_closed;     /* also what cannot be redeemed at present */
    struct text words;    /* in the title or the merchant's name; empty: any */
    int sector;           /* -1: any */
    int64_t price_least, price_most;
    int64_t now_us;
};
bool reward_list(struct db *db, const struct reward_filter *filter, uint64_t after, int64_t limit,
                 struct arena *arena, struct reward **rewards, size_t *count,
                 struct error *error) MUST_CHECK;
bool reward_set_item(struct db *db, uint64_t reward_id, struct text item,
                     struct error *error) MUST_CHECK;
/* New terms, if the present version is `seen_version`; FIND_NOTHING when it moved meanwhile. */
enum find reward_change_terms(struct db *db, const struct reward *reward, uint32_t seen_version,
                              const struct reward_terms *terms, struct error *error);

#endif
