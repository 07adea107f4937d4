/*
 * Operations: a redemption names the one that is open, and that one names it; what waits for a
 * merchant has one, and nobody's wish is kept without. They are not in the history, which knows
 * points only: redemptions and operations are held against each other.
 */
#include "market/operation.h"
#include "market/verify.h"

/* The state that a redemption with this open operation is in; 0: it may be in several. */
static int64_t state_with(enum operation_kind kind, enum operation_state state, int64_t seen)
{
    bool is_dead = state == OPERATION_DEAD;

    switch (kind) {
    case OPERATION_RESERVE: return is_dead ? REDEMPTION_STUCK : REDEMPTION_ISSUING;
    case OPERATION_CANCEL:
        if (seen == REDEMPTION_CANCELLED)
            return seen; /* told, since nobody knew whether it had come */
        return is_dead ? REDEMPTION_STUCK : REDEMPTION_ISSUED;
    case OPERATION_LAPSE: return is_dead ? REDEMPTION_STUCK : REDEMPTION_ISSUED;
    case OPERATION_CONFIRM:
        return seen == REDEMPTION_SETTLED ? REDEMPTION_SETTLED : REDEMPTION_CONFIRMED;
    case OPERATION_UNDO: return REDEMPTION_ISSUED;
    case OPERATION_REFUND: return REDEMPTION_REFUNDED;
    case OPERATION_SETTLE: return REDEMPTION_SETTLED;
    }
    return 0;
}

/* Of a redemption that names an operation, or waits for one. */
static bool redemption_verdict(void *context, struct rows *rows, struct misfit *misfit)
{
    const struct row_name name = {
        .table = "redemptions", .column = "redemption_id", .key = rows_id(rows, 0)};
    enum operation_kind kind = (enum operation_kind)rows_int(rows, 4);
    enum operation_state state = (enum operation_state)rows_int(rows, 5);
    int64_t seen = rows_int(rows, 1);
    bool is_open = state == OPERATION_WAITING || state == OPERATION_DEAD;
    struct check checks[] = {
        {"operation_id (of an open one)", CHECK_NUMBER, is_open ? rows_int(rows, 2) : 0,
         rows_int(rows, 2)},
        {"asking", CHECK_NUMBER, (int64_t)kind, rows_int(rows, 3)},
        {"state", CHECK_NUMBER, state_with(kind, state, seen), seen},
        {0},
    };

    (void)context;
    return row_fits(misfit, name, checks);
}

/* An open operation that its redemption does not name. */
static bool operation_verdict(void *context, struct rows *rows, struct misfit *misfit)
{
    (void)context;
    return row_is_too_much(misfit, (struct row_name){.table = "operations",
                                                     .column = "operation_id",
                                                     .key = rows_id(rows, 0)});
}

static enum verdict compare(void *state, struct verify *verify)
{
    struct db *db = verify_db(verify);
    enum verdict verdict = verify_rows(
        verify,
        db_stream(db, "SELECT r.redemption_id, r.state, r.operation_id, r.asking, o.kind, o.state"
                      " FROM redemptions r LEFT JOIN operations o"
                      " ON o.operation_id = r.operation_id AND o.redemption_id = r.redemption_id"
                      " WHERE r.operation_id <> 0 OR r.intent <> 0 OR r.asking <> 0"
                      " OR r.state IN (2, 9) ORDER BY r.redemption_id"),
        redemption_verdict, state);

    if (verdict != VERDICT_FITS)
        return verdict;
    return verify_rows(verify,
                       db_stream(db,
                                 "SELECT o.operation_id FROM operations o LEFT JOIN redemptions r"
                                 " ON r.redemption_id = o.redemption_id"
                                 " AND r.operation_id = o.operation_id"
                                 " WHERE o.state IN (1, 5) AND r.redemption_id IS NULL"
                                 " ORDER BY o.operation_id"),
                       operation_verdict, state);
}

const struct verifier verifier_operations = {.name = "operations", .compare = compare};
