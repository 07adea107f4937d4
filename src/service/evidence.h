/*
 * What is shown for a record: notes and photos of those who were there. Seen by the record's member
 * and by those who may see the record, nobody else. And the five counts of an activity, kept apart,
 * as its coordinator enters them when it is over. Query threads.
 */
#ifndef LINLI_EVIDENCE_H
#define LINLI_EVIDENCE_H

#include "service/activities.h"

#define EVIDENCE_MOST 20 /* of one record */

struct evidence {
    uint64_t id, record_id, added_by;
    int64_t added_us;
    struct text note;       /* or empty */
    const char *media_type; /* "" without a photo */
    struct text photo;      /* cleaned (service/photo.h); not read by evidence_list */
};
/* TOO_MUCH beyond EVIDENCE_MOST; WRONG_STATE for a rejected record. */
bool evidence_add(struct db *db, const struct evidence *evidence, enum refusal *refusal,
                  struct error *error) MUST_CHECK;
/* By id, without the photos; EVIDENCE_MOST at most. */
bool evidence_list(struct db *db, uint64_t record_id, struct arena *arena, struct evidence **list,
                   size_t *count, struct error *error) MUST_CHECK;
enum find evidence_find(struct db *db, uint64_t evidence_id, struct arena *arena,
                        struct evidence *evidence, struct error *error);
bool evidence_remove(struct db *db, uint64_t evidence_id, struct error *error) MUST_CHECK;

struct activity_counts {
    uint64_t activity_id;
    int32_t volunteers, attendances, residents, households, cases;
    uint64_t entered_by;
    int64_t entered_us;
};
/* Again corrects them; the audit trail has what they were. WRONG_STATE before the activity runs. */
bool activity_counts_enter(struct db *db, const struct activity_counts *counts,
                           enum refusal *refusal, struct error *error) MUST_CHECK;
enum find activity_counts_find(struct db *db, uint64_t activity_id, struct activity_counts *counts,
                               struct error *error);

#endif
