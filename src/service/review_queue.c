#include "service/review_queue.h"

/* kind 1 is LINLI_EARN, whose ref is a record; those of the market name a redemption. */
#define ITEM_COLUMNS                                                                               \
    "SELECT c.check_id, c.kind, c.state, c.held, c.member_id, c.ref, c.subject, c.merchant_id,"    \
    " c.asked_by, c.points, c.opened_us, c.due_us, c.decided_by, c.decided_us, c.reason, c.said,"  \
    " a.unit_id, COALESCE(a.title, w.title), r.member_id FROM checks c"                            \
    " LEFT JOIN records r ON c.kind = 1 AND r.record_id = c.ref"                                   \
    " LEFT JOIN activities a ON a.activity_id = r.activity_id"                                     \
    " LEFT JOIN units u ON u.unit_id = a.unit_id"                                                  \
    " LEFT JOIN redemptions d ON c.kind IN (2, 4, 8, 16) AND d.redemption_id = c.ref"              \
    " LEFT JOIN rewards w ON w.reward_id = d.reward_id "

static void read_item(struct rows *rows, struct arena *arena, struct review_item *item)
{
    *item = (struct review_item){
        .check = {.row = {.key = rows_id(rows, 0)},
                  .kind = (enum linli_event_kind)rows_int(rows, 1),
                  .state = (enum check_state)rows_int(rows, 2),
                  .held = rows_int(rows, 3) != 0,
                  .member_id = rows_id(rows, 4),
                  .ref = rows_id(rows, 5),
                  .subject = rows_id(rows, 6),
                  .merchant_id = rows_id(rows, 7),
                  .asked_by = rows_id(rows, 8),
                  .terms = {.points = rows_int(rows, 9)},
                  .opened_us = rows_int(rows, 10),
                  .due_us = rows_int(rows, 11),
                  .decided_by = rows_id(rows, 12),
                  .decided_us = rows_int(rows, 13)},
        .reason = rows_copy(rows, 14, arena),
        .said = rows_copy(rows, 15, arena),
        .unit_id = rows_id(rows, 16),
        .title = rows_copy(rows, 17, arena),
        .record_of = rows_id(rows, 18),
    };
}

enum find review_find(struct db *db, uint64_t check_id, struct arena *arena,
                      struct review_item *item, struct error *error)
{
    struct rows *rows = db_query(db, ITEM_COLUMNS "WHERE c.check_id = ?", DB_ID(check_id));
    bool found = rows_next(rows);

    if (found)
        read_item(rows, arena, item);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

bool review_list(struct db *db, const struct review_filter *filter, uint64_t before, int64_t limit,
                 struct arena *arena, struct review_item **items, size_t *count,
                 struct error *error)
{
    struct rows *rows = db_query(
        db,
        ITEM_COLUMNS "WHERE (? = 0 OR c.check_id < ?) AND (? = 0 OR c.state = ?)"
                     " AND (? = 0 OR c.kind = ?)"
                     " AND (? = 0 OR u.path LIKE CONCAT('%/', ?, '/%'))"
                     " AND (? = 0 OR (c.member_id = ? AND c.held = 1))"
                     " ORDER BY c.check_id DESC LIMIT ?",
        DB_ID(before), DB_ID(before), DB_INT(filter->state), DB_INT(filter->state),
        DB_INT(filter->kind), DB_INT(filter->kind), DB_ID(filter->under), DB_ID(filter->under),
        DB_ID(filter->member_id), DB_ID(filter->member_id), DB_INT(limit));

    *items = arena_take(arena, (size_t)limit * sizeof **items);
    for (*count = 0; rows_next(rows); (*count)++)
        read_item(rows, arena, &(*items)[*count]);
    return rows_end(rows, error);
}

enum find review_say(struct db *db, uint64_t check_id, uint64_t member_id, struct text words,
                     struct error *error)
{
    int64_t changed = db_run(db, error,
                             "UPDATE checks SET said = ? WHERE check_id = ? AND member_id = ?"
                             " AND state = ? AND held = 1",
                             DB_TEXT(words), DB_ID(check_id), DB_ID(member_id), DB_INT(CHECK_OPEN));

    if (changed < 0)
        return FIND_FAILED;
    return changed > 0 ? FIND_FOUND : FIND_NOTHING;
}

bool review_count(struct db *db, uint64_t under, int64_t now_us, int64_t *open, int64_t *overdue,
                  struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT COUNT(*), COUNT(IF(c.due_us <= ?, 1, NULL)) FROM checks c"
                 " LEFT JOIN records r ON c.kind = 1 AND r.record_id = c.ref"
                 " LEFT JOIN activities a ON a.activity_id = r.activity_id"
                 " LEFT JOIN units u ON u.unit_id = a.unit_id"
                 " WHERE c.state = ? AND (? = 0 OR u.path LIKE CONCAT('%/', ?, '/%'))",
                 DB_INT(now_us), DB_INT(CHECK_OPEN), DB_ID(under), DB_ID(under));

    *open = *overdue = 0;
    if (rows_next(rows)) {
        *open = rows_int(rows, 0);
        *overdue = rows_int(rows, 1);
    }
    return rows_end(rows, error);
}

/* --- Decisions -------------------------------------------------------------------------------- */

static void read_decision(struct rows *rows, struct arena *arena, struct decision_view *view)
{
    *view = (struct decision_view){
        .id = rows_id(rows, 0),
        .check_id = rows_id(rows, 1),
        .at_us = rows_int(rows, 2),
        .kind = (unsigned)rows_int(rows, 3),
        .ref = rows_id(rows, 4),
        .member_id = rows_id(rows, 5),
        .actor = rows_id(rows, 6),
        .merchant_id = rows_id(rows, 7),
        .points = rows_int(rows, 8),
        .plugin_id = rows_id(rows, 9),
        .version_id = rows_id(rows, 10),
        .policy_id = rows_id(rows, 11),
        .mode = (enum plugin_mode)rows_int(rows, 12),
        .verdict = (unsigned)rows_int(rows, 13),
        .effect = (enum plugin_effect)rows_int(rows, 14),
        .fault = (unsigned)rows_int(rows, 15),
        .code = rows_copy(rows, 16, arena),
        .zh = rows_copy(rows, 17, arena),
        .en = rows_copy(rows, 18, arena),
        .plugin = rows_copy(rows, 19, arena),
    };
}

bool decisions_list(struct db *db, const struct decision_filter *filter, uint64_t before,
                    int64_t limit, struct arena *arena, struct decision_view **views, size_t *count,
                    struct error *error)
{
    struct rows *rows = db_query(
        db,
        "SELECT d.decision_id, d.check_id, d.at_us, d.kind, d.ref, d.member_id, d.actor,"
        " d.merchant_id, d.points, d.plugin_id, d.version_id, d.policy_id, d.mode, d.verdict,"
        " d.effect, d.fault, d.code, d.words_zh, d.words_en, p.name FROM decisions d"
        " LEFT JOIN plugins p ON p.plugin_id = d.plugin_id"
        " WHERE (? = 0 OR d.decision_id < ?) AND (? = 0 OR d.decision_id = ?)"
        " AND (? = 0 OR d.check_id = ?) AND (? = 0 OR d.plugin_id = ?)"
        " AND (? = 0 OR d.member_id = ?) AND (? = 0 OR d.ref = ?) AND (? = 0 OR d.mode = ?)"
        " AND d.at_us >= ? AND (? = 0 OR d.at_us < ?) ORDER BY d.decision_id DESC LIMIT ?",
        DB_ID(before), DB_ID(before), DB_ID(filter->decision_id), DB_ID(filter->decision_id),
        DB_ID(filter->check_id), DB_ID(filter->check_id), DB_ID(filter->plugin_id),
        DB_ID(filter->plugin_id), DB_ID(filter->member_id), DB_ID(filter->member_id),
        DB_ID(filter->ref), DB_ID(filter->ref), DB_INT(filter->mode), DB_INT(filter->mode),
        DB_INT(filter->from_us), DB_INT(filter->until_us), DB_INT(filter->until_us), DB_INT(limit));

    *views = arena_take(arena, (size_t)limit * sizeof **views);
    for (*count = 0; rows_next(rows); (*count)++)
        read_decision(rows, arena, &(*views)[*count]);
    return rows_end(rows, error);
}
