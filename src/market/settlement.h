/*
 * Settlement, the pure part: a confirmation goes onto a statement, and its points from the
 * merchant's account to the settled one, as one command. A statement takes lines while it is
 * filling and never again; finding, signing and paying are straight SQL (market/statements.h).
 */
#ifndef LINLI_SETTLEMENT_H
#define LINLI_SETTLEMENT_H

#include "ledger/command.h"

enum statement_state {
    STATEMENT_FILLING, /* the teller adds what was confirmed before the cut-off */
    STATEMENT_DRAFT,   /* complete: the merchant's manager is to look at it */
    STATEMENT_SIGNED,  /* the manager agrees */
    STATEMENT_PAID,    /* an administrator notes how it was paid, outside Linli */
};

struct statement {
    struct row row; /* key: statement id */
    uint64_t merchant_id;
    enum statement_state state;
    int64_t cut_off_us; /* what was confirmed before it belongs here */
    int64_t line_count, points, reimburse_fen;
};

struct statement_line {
    struct row row; /* key: redemption id; only ever new */
    uint64_t statement_id;
    int64_t confirmed_us;
};
extern const struct row_kind statement_rows, statement_line_rows;

/* Idempotent by the redemption's state. The transfer's subject is the statement. */
struct settle {
    struct command command;
    uint64_t redemption_id, statement_id;
    uint64_t operation_id; /* minted by the caller, for a merchant who is to hear of it */
    int64_t undo_window_us;
};
extern const struct command_kind command_settle;

#endif
