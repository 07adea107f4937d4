/*
 * What reviewed records are worth, asked of whoever decides that: the enforced assessment plugin
 * that awards, the first by rank; without one, the programme's own policy. Many records are one
 * question. A plugin that gives no answer does not cost the member the points, nor invent any: the
 * award is held for a person, under the programme's terms. Query threads.
 */
#ifndef LINLI_AWARD_ASK_H
#define LINLI_AWARD_ASK_H

#include "plugin/plugins.h"
#include "service/activities.h"
#include "service/award_policy.h"

struct award_ask {
    struct plugins *plugins;
    const struct award_policy *programme;
    int utc_offset_minutes;
    uint64_t actor; /* who reviews */
    int64_t now_us;
};

struct award_terms {
    struct award_answer answer;
    struct missing_answer missing; /* plugin_id 0: nothing is */
};

/* terms[i] for views[i]; texts and calls live in the arena. Never fails: see above. */
void award_ask(const struct award_ask *ask, struct db *db, const struct record_view *const *views,
               size_t count, struct arena *arena, struct award_terms *terms);

#endif
