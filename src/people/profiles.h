/*
 * What a member offers: skills, from a table of neutral labels, and times of the week that are
 * free. Both are the member's own to say or not; search and recommendations read them.
 */
#ifndef LINLI_PROFILES_H
#define LINLI_PROFILES_H

#include "base/arena.h"
#include "people/people.h"
#include "store/find.h"

#define SKILLS_MOST   200 /* labels in the table */
#define SKILLS_OF_ONE 30
#define DAY_PARTS     3 /* morning, afternoon, evening */
/* The bit of a weekday (1 Monday .. 7) and a part of it (0 .. 2) in members.free_times. */
#define FREE_TIME(day, part) (UINT32_C(1) << (((day)-1) * DAY_PARTS + (part)))

struct skill {
    uint64_t skill_id;
    char *code, *name_zh, *name_en;
};
/* By id; texts live in the arena. */
bool skill_list(struct db *db, struct arena *arena, struct skill **skills, size_t *count,
                struct error *error) MUST_CHECK;

struct profile {
    uint32_t free_times;
    uint64_t skills[SKILLS_OF_ONE];
    size_t skill_count;
};
enum find profile_read(struct db *db, uint64_t member_id, struct profile *profile,
                       struct error *error) MUST_CHECK;
/* Replaces the whole. PEOPLE_DONE, NOT_FOUND (the member, or a skill), BROKEN. */
enum people_answer profile_write(struct db *db, uint64_t member_id, const struct profile *profile,
                                 struct error *error) MUST_CHECK;

#endif
