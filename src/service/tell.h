/*
 * Inside the room: notices about an activity or a record, with the activity's title. In the
 * caller's transaction.
 */
#ifndef LINLI_TELL_H
#define LINLI_TELL_H

#include "base/json_fields.h"
#include "outbox/inbox.h"

/* Tells each of `members`. `reason` empty: the text names none. */
bool tell_of_activity(struct db *db, uint64_t activity_id, const uint64_t *members, size_t count,
                      enum notice_kind kind, struct text reason, int64_t now_us,
                      struct error *error) MUST_CHECK;
/* Everybody who has a place or waits. */
bool tell_everybody(struct db *db, uint64_t activity_id, enum notice_kind kind, struct text reason,
                    int64_t now_us, struct error *error) MUST_CHECK;

#endif
