/*
 * Stock: what a redemption locks of a reward. initial = free + held + sold, always.
 */
#ifndef LINLI_STOCK_H
#define LINLI_STOCK_H

#include "ledger/command.h"

#define STOCK_MOST INT64_C(1000000000) /* pieces of one reward, ever */

enum stock_state { STOCK_OPEN, STOCK_CLOSED };

struct stock {
    struct row row; /* key: reward id */
    uint64_t merchant_id;
    enum stock_state state;
    int64_t price, reimburse_fen;
    uint32_t terms_version;
    int32_t limit_count; /* pieces a member may have in `limit_days` days; 0: no limit */
    int32_t limit_days;
    int64_t valid_us;      /* a voucher's life */
    uint64_t sponsor_id;   /* who pays beside the programme; fixed into the voucher; 0: nobody */
    int64_t budget_fen;    /* what its vouchers may take in all; 0: no bound */
    int64_t committed_fen; /* what those that live, were used or settled do take */
    int64_t sell_until_us; /* nothing is issued from then on; 0: no end */
    int64_t initial, free, held, sold;
    uint64_t integration_id; /* of the merchant's plugin; 0: vouchers are Linli's own */
    uint32_t calls;          /* market/calls.h */
};
extern const struct row_kind stock_rows;

struct restock {
    struct command command;
    uint64_t reward_id;
    int32_t pieces; /* negative takes free pieces away */
};
/* The outcome's `points` are the pieces that are free now. */
extern const struct command_kind command_restock;

#endif
