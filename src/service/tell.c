#include "service/tell.h"

#include <stdlib.h>

#include "service/sign_ups.h"

/* NULL when it broke. */
static json_t *details_of(struct db *db, uint64_t activity_id, struct text reason,
                          struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT title FROM activities WHERE activity_id = ?", DB_ID(activity_id));
    json_t *details = json_object();

    if (rows_next(rows))
        json_object_set_new(details, "title", json_text(rows_text(rows, 0)));
    if (reason.length > 0)
        json_object_set_new(details, "reason", json_text(reason));
    if (rows_end(rows, error))
        return details;
    json_decref(details);
    return NULL;
}

bool tell_of_activity(struct db *db, uint64_t activity_id, const uint64_t *members, size_t count,
                      enum notice_kind kind, struct text reason, int64_t now_us,
                      struct error *error)
{
    json_t *details = count > 0 ? details_of(db, activity_id, reason, error) : NULL;
    bool told = count == 0 || details != NULL;

    for (size_t i = 0; told && i < count; i++)
        told = inbox_tell(db, members[i], kind, activity_id, json_incref(details), now_us, error);
    json_decref(details);
    return told;
}

bool tell_everybody(struct db *db, uint64_t activity_id, enum notice_kind kind, struct text reason,
                    int64_t now_us, struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT member_id FROM sign_ups WHERE activity_id = ? AND state IN (?, ?)",
                 DB_ID(activity_id), DB_INT(SIGNED_UP), DB_INT(WAITING));
    uint64_t *members = NULL;
    size_t count = 0, room = 0;
    bool told;

    while (rows_next(rows)) {
        if (count == room)
            members = memory_resize(members, room = room * 2 + 64, sizeof *members);
        members[count++] = rows_id(rows, 0);
    }
    told = rows_end(rows, error) &&
           tell_of_activity(db, activity_id, members, count, kind, reason, now_us, error);
    free(members);
    return told;
}
