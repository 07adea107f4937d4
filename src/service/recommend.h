/*
 * Which activities suit a member, and why: by what they say of themselves (skills, free times),
 * where they live, and what they have done before. Computed when asked, kept nowhere. Query
 * threads.
 */
#ifndef LINLI_RECOMMEND_H
#define LINLI_RECOMMEND_H

#include "service/activities.h"

/* Why: bit, code, what it weighs, texts. */
#define REASONS(X)                                                                                 \
    X(SKILL, 0, "skill", 4, "需要您的技能", "Wants a skill of yours")                              \
    X(OWN_UNIT, 1, "own_unit", 3, "就在您的社区", "In your own community")                         \
    X(NEAR, 2, "near", 2, "在您附近", "Near you")                                                  \
    X(FREE_TIME, 3, "free_time", 2, "在您空闲的时间", "At a time when you are free")               \
    X(DONE_BEFORE, 4, "done_before", 1, "您参加过同类活动", "You have done this kind before")

enum {
#define REASON_ENUM(name, bit, ...) REASON_##name = 1 << (bit),
    REASONS(REASON_ENUM)
#undef REASON_ENUM
};
#define REASONS_COUNT 5
struct reason_text {
    const char *code;
    int weight;
    const char *zh, *en;
};
extern const struct reason_text reason_texts[REASONS_COUNT]; /* by bit number */

/* Pure: whether every part of a day that the time touches is one of `free_times`
 * (people/profiles.h: morning to 12, afternoon to 18, evening). Longer than a day: never. */
bool time_is_free(uint32_t free_times, int64_t starts_us, int64_t ends_us, int offset_minutes);
/* Pure: the sum of the weights. */
int reasons_weight(unsigned reasons);

struct recommendation {
    uint64_t activity_id;
    int64_t starts_us;
    unsigned reasons; /* bits of REASON_; never 0 */
};
#define RECOMMENDED_AHEAD_US (30 * DAY_US)
/* Of what begins within RECOMMENDED_AHEAD_US, has a free place and the member has not signed up
 * for; the best first, of equals the sooner; at most `most`. */
bool recommend(struct db *db, uint64_t member_id, int64_t now_us, int offset_minutes, size_t most,
               struct arena *arena, struct recommendation **list, size_t *count,
               struct error *error) MUST_CHECK;

#endif
