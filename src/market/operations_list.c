/* Operations as administrators and managers see them. */
#include "market/merchant_calls.h"

#define OPERATION_COLUMNS                                                                          \
    "SELECT o.operation_id, o.redemption_id, o.merchant_id, m.name, i.plugin, o.kind, o.state,"    \
    " d.state, d.points, o.created_us, o.closed_us, o.due_us, o.deadline_us, o.attempt, o.status," \
    " o.querying, o.sent, o.leased_by, o.fault, o.reason, d.intent, o.decided_by"                  \
    " FROM operations o JOIN redemptions d ON d.redemption_id = o.redemption_id"                   \
    " JOIN merchants m ON m.merchant_id = o.merchant_id"                                           \
    " JOIN integrations i ON i.integration_id = o.integration_id "

static void read_view(struct rows *rows, struct arena *arena, struct operation_view *view)
{
    *view = (struct operation_view){
        .id = rows_id(rows, 0),
        .redemption_id = rows_id(rows, 1),
        .merchant_id = rows_id(rows, 2),
        .merchant_name = rows_copy(rows, 3, arena),
        .plugin = rows_copy(rows, 4, arena),
        .kind = (enum operation_kind)rows_int(rows, 5),
        .state = (enum operation_state)rows_int(rows, 6),
        .redemption_state = (enum redemption_state)rows_int(rows, 7),
        .points = rows_int(rows, 8),
        .created_us = rows_int(rows, 9),
        .closed_us = rows_int(rows, 10),
        .due_us = rows_int(rows, 11),
        .deadline_us = rows_int(rows, 12),
        .attempt = (int32_t)rows_int(rows, 13),
        .status = (int32_t)rows_int(rows, 14),
        .querying = rows_int(rows, 15) != 0,
        .sent = rows_int(rows, 16) != 0,
        .leased = rows_int(rows, 17) != 0,
        .fault = rows_copy(rows, 18, arena),
        .reason = rows_copy(rows, 19, arena),
        .intent = (enum intent)rows_int(rows, 20),
        .decided_by = rows_id(rows, 21),
    };
}

bool operation_list(struct db *db, const struct operation_filter *filter, uint64_t after,
                    int64_t limit, struct arena *arena, struct operation_view **views,
                    size_t *count, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 OPERATION_COLUMNS "WHERE o.operation_id > ? AND (? = 0 OR o.merchant_id = ?)"
                                   " AND (? = 0 OR o.redemption_id = ?) AND (? = 0 OR o.state = ?)"
                                   " ORDER BY o.operation_id LIMIT ?",
                 DB_ID(after), DB_ID(filter->merchant_id), DB_ID(filter->merchant_id),
                 DB_ID(filter->redemption_id), DB_ID(filter->redemption_id), DB_INT(filter->state),
                 DB_INT(filter->state), DB_INT(limit));

    *views = arena_take(arena, (size_t)limit * sizeof **views);
    for (*count = 0; rows_next(rows); (*count)++)
        read_view(rows, arena, &(*views)[*count]);
    return rows_end(rows, error);
}

enum find operation_find(struct db *db, uint64_t operation_id, struct arena *arena,
                         struct operation_view *view, struct error *error)
{
    struct rows *rows =
        db_query(db, OPERATION_COLUMNS "WHERE o.operation_id = ?", DB_ID(operation_id));
    bool found = rows_next(rows);

    if (found)
        read_view(rows, arena, view);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}
