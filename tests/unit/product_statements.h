/*
 * What the server does by ordinary statements, as the simulations of the whole product do it: check
 * in and out, change terms, open and close a merchant's statement, erase somebody. (Proposals:
 * ledger_script.h.)
 */
#ifndef LINLI_PRODUCT_STATEMENTS_H
#define LINLI_PRODUCT_STATEMENTS_H

#include "product_rows.h"

#include "market/rewards.h"

/* Some members come to an activity; most of them are checked out already. */
#define COME_MOST 12
struct check_in {
    struct command command;
    uint64_t activity_id;
    size_t count;
    struct record records[COME_MOST]; /* .row.key is the id */
};

static inline enum refusal check_in_apply(struct book *book, const struct command *command,
                                          struct outcome *out)
{
    const struct check_in *want = (const struct check_in *)command;

    (void)out;
    for (size_t i = 0; i < want->count; i++)
        sim_copy(&record_rows, book_create(book, &record_rows, want->records[i].row.key),
                 &want->records[i].row);
    return ACCEPTED;
}

struct check_out {
    struct command command;
    uint64_t record_id;
    int64_t ended_us;
    int32_t minutes;
};

static inline enum refusal check_out_apply(struct book *book, const struct command *command,
                                           struct outcome *out)
{
    const struct check_out *want = (const struct check_out *)command;
    struct record *record = book_find(book, &record_rows, want->record_id);

    (void)out;
    if (!record || record->state != RECORD_OPEN)
        return REFUSED_WRONG_STATE;
    record->state = RECORD_PENDING;
    record->ended_us = want->ended_us;
    record->minutes = want->minutes;
    return ACCEPTED;
}

/* As reward_change_terms. */
struct change_terms {
    struct command command;
    uint64_t reward_id;
    uint32_t seen_version;
    struct reward_terms terms;
};

static inline void stock_set_terms(struct stock *stock, const struct reward_terms *terms)
{
    stock->state = terms->state;
    stock->price = terms->price;
    stock->reimburse_fen = terms->reimburse_fen;
    stock->limit_count = terms->limit_count;
    stock->limit_days = terms->limit_days;
    stock->valid_us = terms->valid_us;
    stock->sponsor_id = terms->sponsor_id;
    stock->budget_fen = terms->budget_fen;
    stock->sell_until_us = terms->sell_until_us;
    stock->terms_version++;
}

static inline enum refusal change_terms_apply(struct book *book, const struct command *command,
                                              struct outcome *out)
{
    const struct change_terms *want = (const struct change_terms *)command;
    struct stock *stock = book_find(book, &stock_rows, want->reward_id);

    (void)out;
    if (stock->terms_version != want->seen_version)
        return REFUSED_TERMS_CHANGED;
    stock_set_terms(stock, &want->terms);
    return ACCEPTED;
}

/* A merchant's statement is opened, and takes no more lines. */
struct open_period {
    struct command command;
    uint64_t statement_id, merchant_id;
    int64_t cut_off_us;
};

static inline enum refusal open_period_apply(struct book *book, const struct command *command,
                                             struct outcome *out)
{
    const struct open_period *want = (const struct open_period *)command;
    struct statement *statement = book_create(book, &statement_rows, want->statement_id);

    (void)out;
    statement->merchant_id = want->merchant_id;
    statement->cut_off_us = want->cut_off_us;
    return ACCEPTED;
}

struct close_period {
    struct command command;
    uint64_t statement_id;
};

static inline enum refusal close_period_apply(struct book *book, const struct command *command,
                                              struct outcome *out)
{
    const struct close_period *want = (const struct close_period *)command;
    struct statement *statement = book_find(book, &statement_rows, want->statement_id);

    (void)out;
    if (statement)
        statement->state = STATEMENT_DRAFT;
    return ACCEPTED;
}

/* As service_withdraw_held, for who was erased: what was awarded and waits comes to nothing. */
struct erase {
    struct command command;
    uint64_t member_id;
    int64_t at_us;
};

static inline void withdraw_check(struct book *book, uint64_t record_id, int64_t at_us)
{
    size_t count;
    struct row *const *rows = book_rows(book, &check_rows, &count);

    for (size_t i = 0; i < count; i++) {
        struct check_row *check = (struct check_row *)rows[i];

        if (check->kind == LINLI_EARN && check->held && check->state == CHECK_OPEN &&
            check->ref == record_id) {
            check->state = CHECK_WITHDRAWN;
            check->decided_us = at_us;
            check->reason = TEXT("会员已注销 (the member was erased)");
        }
    }
}

static inline enum refusal erase_apply(struct book *book, const struct command *command,
                                       struct outcome *out)
{
    const struct erase *want = (const struct erase *)command;
    size_t count;
    struct row *const *rows = book_rows(book, &record_rows, &count);

    (void)out;
    for (size_t i = 0; i < count; i++) {
        struct record *record = (struct record *)rows[i];

        if (record->member_id != want->member_id || record->state != RECORD_CHECKING)
            continue;
        record->state = RECORD_REJECTED;
        withdraw_check(book, record->row.key, want->at_us);
    }
    return ACCEPTED;
}

static const struct command_kind statement_erase = {.name = "erase", .apply = erase_apply};
static const struct command_kind statement_check_in = {.name = "check_in", .apply = check_in_apply};
static const struct command_kind statement_check_out = {.name = "check_out",
                                                        .apply = check_out_apply};
static const struct command_kind statement_open_period = {.name = "open_period",
                                                          .apply = open_period_apply};
static const struct command_kind statement_close_period = {.name = "close_period",
                                                           .apply = close_period_apply};
static const struct command_kind statement_change_terms = {.name = "change_terms",
                                                           .apply = change_terms_apply};

#endif
