/*
 * How the simulations keep the rows of market and service: what the SQL of market/stock.c,
 * market/redemption.c, market/settlement.c and service/record.c does, in memory.
 */
#ifndef LINLI_PRODUCT_ROWS_H
#define LINLI_PRODUCT_ROWS_H

#include "simulator_rows.h"

#include "ledger/check.h"
#include "market/redemption.h"
#include "market/settlement.h"
#include "service/record.h"

/* --- Stock: only the counts are written, the terms are others' -------------------------------- */

static inline void sim_save_stock(struct book *store, struct row *stored_row, const struct row *row)
{
    struct stock *stored = (struct stock *)stored_row;
    const struct stock *stock = (const struct stock *)row;

    (void)store;
    assert_false(row->is_new);
    stored->initial = stock->initial;
    stored->free = stock->free;
    stored->held = stock->held;
    stored->sold = stock->sold;
    stored->committed_fen = stock->committed_fen;
}

/* --- Redemptions: of one that was there only its state is written ----------------------------- */

static inline void sim_print_redemption(const struct row *row, int64_t now_us, struct buffer *out)
{
    const struct redemption *redemption = (const struct redemption *)row;
    const int64_t numbers[] = {
        (int64_t)redemption->member_id,
        (int64_t)redemption->reward_id,
        (int64_t)redemption->merchant_id,
        redemption->state,
        redemption->points,
        redemption->reimburse_fen,
        redemption->terms_version,
        redemption->code_key,
        redemption->limit_period,
        redemption->created_us,
        redemption->expires_us,
        redemption->confirmed_us,
        redemption->closed_us,
        (int64_t)redemption->confirmed_by,
        (int64_t)redemption->sponsor_id,
        (int64_t)redemption->shop_id,
    };

    (void)now_us;
    buffer_add(out, numbers, sizeof(numbers));
    buffer_add(out, redemption->code_hash, sizeof(redemption->code_hash));
    buffer_add(out, redemption->allocation.data, redemption->allocation.length);
}

static inline void sim_copy_redemption(struct redemption *to, const struct redemption *from)
{
    sim_copy(&redemption_rows, &to->row, &from->row);
    to->allocation = (struct buffer){0};
    buffer_add(&to->allocation, from->allocation.data, from->allocation.length);
}

static inline void sim_load_redemption(struct row *row, const struct row *stored, int64_t now_us)
{
    (void)now_us;
    sim_copy_redemption((struct redemption *)row, (const struct redemption *)stored);
}

static inline void sim_save_redemption(struct book *store, struct row *stored_row,
                                       const struct row *row)
{
    struct redemption *stored = (struct redemption *)stored_row;
    const struct redemption *redemption = (const struct redemption *)row;

    (void)store;
    if (row->is_new) {
        sim_copy_redemption(stored, redemption);
        return;
    }
    stored->state = redemption->state;
    stored->confirmed_us = redemption->confirmed_us;
    stored->confirmed_by = redemption->confirmed_by;
    stored->closed_us = redemption->closed_us;
    stored->shop_id = redemption->shop_id;
    stored->expires_us = redemption->expires_us;
}

/* --- Records: only the decision is written ---------------------------------------------------- */

static inline void sim_save_record(struct book *store, struct row *stored_row,
                                   const struct row *row)
{
    struct record *stored = (struct record *)stored_row;
    const struct record *record = (const struct record *)row;

    (void)store;
    assert_false(row->is_new);
    stored->state = record->state;
    stored->points = record->points;
    stored->reviewed_by = record->reviewed_by;
    stored->reviewed_us = record->reviewed_us;
}

/* --- Statements: only what their lines add up to is written ----------------------------------- */

static inline void sim_save_statement(struct book *store, struct row *stored_row,
                                      const struct row *row)
{
    struct statement *stored = (struct statement *)stored_row;
    const struct statement *statement = (const struct statement *)row;

    (void)store;
    assert_false(row->is_new);
    stored->line_count = statement->line_count;
    stored->points = statement->points;
    stored->reimburse_fen = statement->reimburse_fen;
}

/* --- Checks: of one that was there only the decision is written ------------------------------- */

static inline void sim_print_check(const struct row *row, int64_t now_us, struct buffer *out)
{
    const struct check_row *check = (const struct check_row *)row;
    const struct check_terms *terms = &check->terms;
    const int64_t numbers[] = {
        check->kind,
        check->state,
        check->held,
        (int64_t)check->member_id,
        (int64_t)check->ref,
        (int64_t)check->subject,
        (int64_t)check->merchant_id,
        (int64_t)check->asked_by,
        check->opened_us,
        check->due_us,
        terms->points,
        terms->daily_cap,
        terms->day,
        terms->day_ends_us,
        terms->expires_us,
        (int64_t)check->decided_by,
        check->decided_us,
    };

    (void)now_us;
    buffer_add(out, numbers, sizeof(numbers));
    buffer_add(out, check->reason.data, check->reason.length);
}

static inline void sim_save_check(struct book *store, struct row *stored_row, const struct row *row)
{
    struct check_row *stored = (struct check_row *)stored_row;
    const struct check_row *check = (const struct check_row *)row;

    (void)store;
    if (row->is_new) {
        sim_copy(&check_rows, &stored->row, row);
    } else {
        stored->state = check->state;
        stored->decided_by = check->decided_by;
        stored->decided_us = check->decided_us;
    }
    stored->reason.data = arena_copy(stored->row.memory, check->reason.data, check->reason.length);
    stored->reason.length = check->reason.length;
}

#define SIM_CHECKS                                                                                 \
    {                                                                                              \
        .kind = &check_rows, .print = sim_print_check, .save = sim_save_check                      \
    }
#define SIM_STOCK                                                                                  \
    {                                                                                              \
        .kind = &stock_rows, .save = sim_save_stock                                                \
    }
#define SIM_REDEMPTIONS                                                                            \
    {                                                                                              \
        .kind = &redemption_rows, .print = sim_print_redemption, .load = sim_load_redemption,      \
        .save = sim_save_redemption                                                                \
    }
#define SIM_STATEMENTS                                                                             \
    {                                                                                              \
        .kind = &statement_rows, .save = sim_save_statement                                        \
    }
#define SIM_STATEMENT_LINES                                                                        \
    {                                                                                              \
        .kind = &statement_line_rows                                                               \
    }
#define SIM_RECORDS                                                                                \
    {                                                                                              \
        .kind = &record_rows, .save = sim_save_record                                              \
    }

#endif
