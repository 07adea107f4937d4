/*
 * Who invents the random worlds of the whole product (product_world.h): what is there to begin
 * with, and what the author believes has become of it.
 */
#ifndef LINLI_PRODUCT_AUTHOR_H
#define LINLI_PRODUCT_AUTHOR_H

#include "ledger_script.h"
#include "product_statements.h"

#include "base/clock.h"

#define REWARDS        6
#define FIRST_REWARD   501
#define MERCHANTS      3
#define FIRST_MERCHANT 71
#define SHOPS          2 /* of each merchant; some clerks are in none */
#define FIRST_SHOP     31
#define VOUCHER_BASE   700000
#define CHECK_BASE     800000
#define PERIOD_BASE    9000 /* the numbers of merchants' statements, which are periods here */
#define UNDO_WINDOW_US (5 * HOUR_US)

static inline uint64_t merchant_of(uint64_t reward_id)
{
    return FIRST_MERCHANT + reward_id % MERCHANTS;
}

/* The only shop that takes it; 0: each does. */
static inline uint64_t shop_of(uint64_t reward_id)
{
    return reward_id == FIRST_REWARD + 1 ? FIRST_SHOP : 0;
}

static const struct reward_terms first_terms[REWARDS] = {
    {STOCK_OPEN, 3, 150, 0, 1, 5 * DAY_US},   {STOCK_OPEN, 1, 50, 1, 1, DAY_US},
    {STOCK_OPEN, 5, 500, 2, 7, 9 * DAY_US},   {STOCK_OPEN, 8, 0, 1, 2, 3 * DAY_US},
    {STOCK_OPEN, 12, 990, 3, 7, 14 * DAY_US}, {STOCK_OPEN, 2, 100, 1, 1429, 2 * DAY_US},
};

/* --- The author ------------------------------------------------------------------------------- */

/* What the author believes has become of a voucher. */
enum voucher_guess { MAYBE_ISSUED, MAYBE_CONFIRMED, MAYBE_CLOSED };

struct posted {
    struct reward_terms terms, former;
    uint32_t version;
};
struct product_author {
    struct author author;
    int utc_offset_minutes;
    struct posted posted[REWARDS];
    struct record records[WORLD_STEPS * COME_MOST]; /* by lot number */
    uint64_t activities;
    uint64_t reviewed;          /* records, in their order */
    uint64_t stocked;           /* rewards */
    int64_t purse[MEMBERS + 1]; /* what each may have to spend */
    struct voucher_note {
        struct reserve asked;
        enum voucher_guess guess;
        uint64_t check_id; /* that the judge opened, if it was accepted */
    } vouchers[WORLD_STEPS];
    size_t voucher_count;
    struct check_note { /* what the judge asked for */
        const struct command *about;
        struct voucher_note *voucher; /* NULL: a record's */
    } checks[WORLD_STEPS];
    size_t check_count;
    struct open_period periods[WORLD_STEPS];
    size_t period_count;
    int64_t cut_offs[MERCHANTS];  /* the latest */
    struct voucher_note *at_hand; /* that something happened to last */
};

static const char stale[1]; /* the context of a command that was looked up before a merge */

/* People are looked up before they are named; at times a merge comes between. */
static inline void look_up_later(struct author *author, struct command *command, uint64_t *wallet,
                                 uint64_t member_id)
{
    *wallet = member_id;
    command->context = chance(author, 4) ? (void *)(uintptr_t)stale : NULL;
}

/* The one who asks is nobody's member, mostly. */
static inline uint64_t any_person(struct author *author, uint64_t member_id)
{
    if (chance(author, 8))
        return chance(author, 60) || !author->merged_into[member_id]
                   ? member_id
                   : author->merged_into[member_id];
    return chance(author, 10) ? any_member(author) : 0;
}

#endif
