/*
 * Disputes that nobody answered by the day that was promised. What is marked was told, and what was
 * told is marked: one transaction a statement.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "market/disputes.h"
#include "outbox/inbox.h"
#include "people/accounts.h"
#include "people/audit.h"

struct late {
    uint64_t statement_id, merchant_id;
    char *merchant_name;
    int64_t now_us;
};

struct told {
    uint64_t account_id;
    bool of_programme;
};

/* Both sides: who decides, and who waits. */
static bool read_people(struct db *db, uint64_t merchant_id, struct told **people, size_t *count,
                        struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT account_id, role = ? FROM accounts WHERE state = ?"
                 " AND (role = ? OR (role = ? AND scope_id = ?))",
                 DB_INT(ROLE_ADMINISTRATOR), DB_INT(ACCOUNT_IS_ACTIVE), DB_INT(ROLE_ADMINISTRATOR),
                 DB_INT(ROLE_MANAGER), DB_ID(merchant_id));
    size_t room = 0;

    for (*count = 0, *people = NULL; rows_next(rows); (*count)++) {
        if (*count == room)
            *people = memory_resize(*people, room = room * 2 + 16, sizeof **people);
        (*people)[*count] = (struct told){rows_id(rows, 0), rows_int(rows, 1) != 0};
    }
    return rows_end(rows, error);
}

static bool tell(struct db *db, const struct late *late, const char *count, struct error *error)
{
    struct told *people;
    size_t people_count;
    bool fine = read_people(db, late->merchant_id, &people, &people_count, error);

    for (size_t i = 0; fine && i < people_count; i++)
        fine = inbox_tell(db, people[i].account_id,
                          people[i].of_programme ? NOTICE_DISPUTES_LATE : NOTICE_DISPUTES_WAIT,
                          late->statement_id,
                          json_pack("{s:s, s:s}", "count", count, "merchant", late->merchant_name),
                          late->now_us, error);
    free(people);
    return fine;
}

/* Nothing is told when another keeper was faster, or the answer came at the last moment. */
static bool escalate(struct db *db, void *context, struct error *error)
{
    const struct late *late = context;
    struct audit audit = {.action = "statement.disputes_late", .object_id = late->statement_id};
    char count[24];
    int64_t marked = db_run(db, error,
                            "UPDATE disputes SET escalated_us = ? WHERE statement_id = ?"
                            " AND state = ? AND escalated_us = 0 AND due_us < ?",
                            DB_INT(late->now_us), DB_ID(late->statement_id), DB_INT(DISPUTE_OPEN),
                            DB_INT(late->now_us));

    if (marked <= 0)
        return marked == 0;
    snprintf(count, sizeof count, "%" PRId64, marked);
    audit.after = text_from(count);
    return tell(db, late, count, error) && audit_append(db, &audit, late->now_us, error);
}

bool disputes_escalate(struct db *db, int64_t now_us, int most, struct error *error)
{
    struct arena *arena = arena_new();
    struct late *late = arena_take(arena, (size_t)most * sizeof *late);
    size_t count = 0;
    struct rows *rows = db_query(db,
                                 "SELECT q.statement_id, q.merchant_id, m.name FROM disputes q"
                                 " JOIN merchants m ON m.merchant_id = q.merchant_id"
                                 " WHERE q.state = ? AND q.escalated_us = 0 AND q.due_us < ?"
                                 " GROUP BY q.statement_id, q.merchant_id, m.name LIMIT ?",
                                 DB_INT(DISPUTE_OPEN), DB_INT(now_us), DB_INT(most));
    bool fine;

    for (; rows_next(rows); count++)
        late[count] =
            (struct late){rows_id(rows, 0), rows_id(rows, 1), rows_copy(rows, 2, arena), now_us};
    fine = rows_end(rows, error);
    for (size_t i = 0; fine && i < count; i++)
        fine = db_transaction(db, escalate, &late[i], error);
    arena_free(arena);
    return fine;
}
