#include "ledger/statement.h"

static bool read_lots(struct db *db, int64_t now_us, struct arena *arena, struct wallet_view *view,
                      struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT lot_id, points, remaining, expires_us, source, grade"
                                 " FROM lots WHERE member_id = ? AND remaining > 0"
                                 " AND expires_us > ? ORDER BY expires_us, lot_id",
                                 DB_ID(view->member_id), DB_INT(now_us));
    size_t capacity = 0;

    while (rows_next(rows)) {
        if (view->lot_count == capacity) {
            struct lot *more = arena_take(arena, (capacity * 2 + 16) * sizeof *more);

            for (size_t i = 0; i < view->lot_count; i++)
                more[i] = view->lots[i];
            view->lots = more;
            capacity = capacity * 2 + 16;
        }
        view->lots[view->lot_count++] = (struct lot){.id = rows_id(rows, 0),
                                                     .points = rows_int(rows, 1),
                                                     .remaining = rows_int(rows, 2),
                                                     .expires_us = rows_int(rows, 3),
                                                     .source = (uint8_t)rows_int(rows, 4),
                                                     .grade = (uint8_t)rows_int(rows, 5)};
        view->spendable += rows_int(rows, 2);
    }
    return rows_end(rows, error);
}

enum find wallet_view_read(struct db *db, uint64_t member_id, int64_t now_us, struct arena *arena,
                           struct wallet_view *view, struct error *error)
{
    struct rows *rows = db_query(
        db, "SELECT version, held, owed, state, merged_into FROM wallets WHERE member_id = ?",
        DB_ID(member_id));
    bool found = rows_next(rows);

    *view = (struct wallet_view){.member_id = member_id};
    if (found) {
        view->version = (uint32_t)rows_int(rows, 0);
        view->held = rows_int(rows, 1);
        view->owed = rows_int(rows, 2);
        view->state = (enum wallet_state)rows_int(rows, 3);
        view->merged_into = rows_id(rows, 4);
    }
    if (!rows_end(rows, error) || (found && !read_lots(db, now_us, arena, view, error)))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

bool wallet_owner(struct db *db, uint64_t member_id, uint64_t *owner_id, struct error *error)
{
    uint64_t merged_into = member_id;

    /* A merged wallet takes part in no further merge, so the way has an end. */
    while (merged_into != 0) {
        struct rows *rows =
            db_query(db, "SELECT merged_into FROM wallets WHERE member_id = ?", DB_ID(merged_into));

        *owner_id = merged_into;
        merged_into = rows_next(rows) ? rows_id(rows, 0) : 0;
        if (!rows_end(rows, error))
            return false;
    }
    return true;
}

bool transfer_list_of_member(struct db *db, uint64_t member_id, uint64_t before, int64_t limit,
                             struct arena *arena, struct transfer_view **views, size_t *count,
                             struct error *error)
{
    /* Ids grow within a lane only; between lanes the blocks' time orders. */
    struct rows *rows =
        db_query(db,
                 "SELECT t.transfer_id, t.kind, t.from_account, t.to_account, t.points, t.ref,"
                 " t.subject, b.time_us FROM transfers t JOIN blocks b"
                 " ON b.lane = t.transfer_id >> 56"
                 " AND b.height = (t.transfer_id >> 16) & 0xffffffffff"
                 " WHERE t.member_id = ? AND (? = 0 OR (b.time_us, t.transfer_id) <"
                 " ((SELECT e.time_us FROM blocks e WHERE e.lane = ? >> 56"
                 "   AND e.height = (? >> 16) & 0xffffffffff), ?))"
                 " ORDER BY b.time_us DESC, t.transfer_id DESC LIMIT ?",
                 DB_ID(member_id), DB_ID(before), DB_ID(before), DB_ID(before), DB_ID(before),
                 DB_INT(limit));

    *views = arena_take(arena, (size_t)limit * sizeof **views);
    for (*count = 0; rows_next(rows); (*count)++) {
        (*views)[*count] = (struct transfer_view){
            .transfer = {.id = rows_id(rows, 0),
                         .kind = (enum transfer_kind)rows_int(rows, 1),
                         .from = rows_id(rows, 2),
                         .to = rows_id(rows, 3),
                         .points = rows_int(rows, 4),
                         .member_id = member_id,
                         .ref = rows_id(rows, 5),
                         .subject = rows_id(rows, 6)},
            .at_us = rows_int(rows, 7),
        };
    }
    return rows_end(rows, error);
}

/* --- Proposals ------------------------------------------------------------------------------- */

const char *proposal_kind_name(enum proposal_kind kind)
{
    static const char *const names[] = {
        [PROPOSAL_ADJUST] = "adjust",
        [PROPOSAL_CLAW_BACK] = "claw_back",
        [PROPOSAL_WAIVE] = "waive",
    };

    return name_from(names, ARRAY_LENGTH(names), (size_t)kind);
}

const char *proposal_state_name(enum proposal_state state)
{
    static const char *const names[] = {
        [PROPOSAL_OPEN] = "open",
        [PROPOSAL_APPROVED] = "approved",
        [PROPOSAL_REJECTED] = "rejected",
    };

    return name_from(names, ARRAY_LENGTH(names), (size_t)state);
}

bool proposal_create(struct db *db, const struct proposal_view *view, struct error *error)
{
    const struct proposal *proposal = &view->proposal;

    return db_run(db, error,
                  "INSERT INTO proposals (proposal_id, kind, state, member_id, subject, points,"
                  " reason, proposed_by, proposed_us, decided_by, decided_us)"
                  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)",
                  DB_ID(proposal->row.key), DB_INT(proposal->kind), DB_INT(PROPOSAL_OPEN),
                  DB_ID(proposal->member_id), DB_ID(proposal->subject), DB_INT(proposal->points),
                  DB_STR(view->reason), DB_ID(proposal->proposed_by),
                  DB_INT(view->proposed_us)) >= 0;
}

#define PROPOSAL_COLUMNS                                                                           \
    "SELECT proposal_id, kind, state, member_id, subject, points, reason, proposed_by,"            \
    " proposed_us, decided_by, decided_us FROM proposals "

static void read_proposal(struct rows *rows, struct arena *arena, struct proposal_view *view)
{
    *view = (struct proposal_view){
        .proposal = {.row = {.key = rows_id(rows, 0)},
                     .kind = (enum proposal_kind)rows_int(rows, 1),
                     .state = (enum proposal_state)rows_int(rows, 2),
                     .member_id = rows_id(rows, 3),
                     .subject = rows_id(rows, 4),
                     .points = rows_int(rows, 5),
                     .proposed_by = rows_id(rows, 7),
                     .decided_by = rows_id(rows, 9),
                     .decided_us = rows_int(rows, 10)},
        .reason = rows_copy(rows, 6, arena),
        .proposed_us = rows_int(rows, 8),
    };
}

enum find proposal_find(struct db *db, uint64_t proposal_id, struct arena *arena,
                        struct proposal_view *view, struct error *error)
{
    struct rows *rows = db_query(db, PROPOSAL_COLUMNS "WHERE proposal_id = ?", DB_ID(proposal_id));
    bool found = rows_next(rows);

    if (found)
        read_proposal(rows, arena, view);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

bool proposal_list(struct db *db, bool open_only, uint64_t after, int64_t limit,
                   struct arena *arena, struct proposal_view **views, size_t *count,
                   struct error *error)
{
    struct rows *rows =
        db_query(db,
                 PROPOSAL_COLUMNS "WHERE proposal_id > ? AND (? = 0 OR state = ?)"
                                  " ORDER BY proposal_id LIMIT ?",
                 DB_ID(after), DB_INT(open_only), DB_INT(PROPOSAL_OPEN), DB_INT(limit));

    *views = arena_take(arena, (size_t)limit * sizeof **views);
    for (*count = 0; rows_next(rows); (*count)++)
        read_proposal(rows, arena, &(*views)[*count]);
    return rows_end(rows, error);
}
