#include "service/recommend.h"

#include <stdlib.h>

#include "base/clock.h"
#include "people/profiles.h"
#include "service/sign_ups.h"

#define CANDIDATES_MOST 500
#define PART_US         (6 * HOUR_US) /* night, morning, afternoon, evening: four a day */

const struct reason_text reason_texts[REASONS_COUNT] = {
#define REASON_TEXT(name, bit, code, weight, zh, en) [bit] = {code, weight, zh, en},
    REASONS(REASON_TEXT)
#undef REASON_TEXT
};

int reasons_weight(unsigned reasons)
{
    int weight = 0;

    for (int bit = 0; bit < REASONS_COUNT; bit++)
        if (reasons & 1u << bit)
            weight += reason_texts[bit].weight;
    return weight;
}

/* The night counts as the morning that it ends in. Day 0 was a Thursday. */
static uint32_t part_of(int64_t at_us, int offset_minutes)
{
    int32_t day = calendar_day(at_us, offset_minutes);
    int part = (int)((at_us - calendar_day_start_us(day, offset_minutes)) / PART_US) - 1;
    int weekday = (int)(((int64_t)day + 3) % 7) + 1;

    return FREE_TIME(weekday, part < 0 ? 0 : part);
}

bool time_is_free(uint32_t free_times, int64_t starts_us, int64_t ends_us, int offset_minutes)
{
    if (ends_us - starts_us > DAY_US)
        return false;
    for (int64_t at_us = starts_us; at_us < ends_us; at_us += HOUR_US)
        if (!(free_times & part_of(at_us, offset_minutes)))
            return false;
    return (free_times & part_of(ends_us - 1, offset_minutes)) != 0;
}

/* What the database can say of each; the member's free times come with every row. */
static struct rows *query_candidates(struct db *db, uint64_t member_id, int64_t now_us)
{
    return db_query(
        db,
        "SELECT a.activity_id, a.starts_us, a.ends_us, m.free_times, a.unit_id = m.unit_id,"
        " u.parent_id = mu.parent_id OR mu.path LIKE CONCAT(u.path, '%')"
        "  OR u.path LIKE CONCAT(mu.path, '%'),"
        " EXISTS (SELECT 1 FROM member_skills ms JOIN skills k ON k.skill_id = ms.skill_id"
        "  WHERE ms.member_id = m.member_id AND k.code = a.skill),"
        " EXISTS (SELECT 1 FROM records r JOIN activities d ON d.activity_id = r.activity_id"
        "  WHERE r.member_id = m.member_id AND r.state = ? AND d.category = a.category)"
        " FROM members m JOIN units mu ON mu.unit_id = m.unit_id"
        " JOIN activities a ON a.state = ? AND a.starts_us > ? AND a.starts_us < ?"
        "  AND a.signed_up < a.capacity"
        " JOIN units u ON u.unit_id = a.unit_id"
        " WHERE m.member_id = ?"
        " AND NOT EXISTS (SELECT 1 FROM activities p WHERE p.part_of = a.activity_id)"
        " AND NOT EXISTS (SELECT 1 FROM sign_ups s WHERE s.activity_id = a.activity_id"
        "  AND s.member_id = m.member_id AND s.state IN (?, ?))"
        " ORDER BY a.starts_us LIMIT ?",
        DB_INT(RECORD_APPROVED), DB_INT(ACTIVITY_PUBLISHED), DB_INT(now_us),
        DB_INT(now_us + RECOMMENDED_AHEAD_US), DB_ID(member_id), DB_INT(SIGNED_UP), DB_INT(WAITING),
        DB_INT(CANDIDATES_MOST));
}

static unsigned reasons_of(struct rows *rows, int offset_minutes)
{
    bool is_own = rows_int(rows, 4) != 0;
    unsigned reasons = 0;

    if (rows_int(rows, 6))
        reasons |= REASON_SKILL;
    if (is_own)
        reasons |= REASON_OWN_UNIT;
    else if (rows_int(rows, 5))
        reasons |= REASON_NEAR;
    if (time_is_free((uint32_t)rows_int(rows, 3), rows_int(rows, 1), rows_int(rows, 2),
                     offset_minutes))
        reasons |= REASON_FREE_TIME;
    if (rows_int(rows, 7))
        reasons |= REASON_DONE_BEFORE;
    return reasons;
}

static int better_first(const void *a, const void *b)
{
    const struct recommendation *one = a, *other = b;
    int difference = reasons_weight(other->reasons) - reasons_weight(one->reasons);

    if (difference != 0)
        return difference;
    return (one->starts_us > other->starts_us) - (one->starts_us < other->starts_us);
}

bool recommend(struct db *db, uint64_t member_id, int64_t now_us, int offset_minutes, size_t most,
               struct arena *arena, struct recommendation **list, size_t *count,
               struct error *error)
{
    struct rows *rows = query_candidates(db, member_id, now_us);

    *list = arena_take(arena, CANDIDATES_MOST * sizeof **list);
    *count = 0;
    while (rows_next(rows)) {
        unsigned reasons = reasons_of(rows, offset_minutes);

        if (reasons != 0)
            (*list)[(*count)++] =
                (struct recommendation){rows_id(rows, 0), rows_int(rows, 1), reasons};
    }
    if (!rows_end(rows, error))
        return false;
    qsort(*list, *count, sizeof **list, better_first);
    if (*count > most)
        *count = most;
    return true;
}
