#include "service/award_ask.h"

#include <string.h>

#include "base/log.h"

static const struct plugin *find_policy(const struct plugin_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct plugin *plugin = &set->plugins[i];

        if (plugin->mode == PLUGIN_ENFORCED && plugin->manifest->kind == LINLI_ASSESSMENT &&
            plugin->manifest->assessment.awards)
            return plugin;
    }
    return NULL;
}

static struct award_answer programmes(const struct award_ask *ask, const struct record_view *view)
{
    const struct award_question question = {
        .minutes = view->record.minutes,
        .coefficient_percent = view->coefficient_percent,
        .grade = view->record.grade,
        .started_us = view->record.started_us,
        .now_us = ask->now_us,
    };

    /* cppcheck-suppress returnDanglingLifetime ; an answer is a value */
    return ask->programme->answer(ask->programme->context, &question);
}

static struct linli_award_question question_of(const struct award_ask *ask,
                                               const struct record_view *view)
{
    const struct record *record = &view->record;

    return (struct linli_award_question){
        .size = sizeof(struct linli_award_question),
        .grade = (uint32_t)record->grade,
        .record = record->row.key,
        .member = record->member_id,
        .activity = record->activity_id,
        .category = {view->category, strlen(view->category)},
        .minutes = record->minutes,
        .coefficient_percent = view->coefficient_percent,
        .difficulty = view->difficulty,
        .started_us = record->started_us,
        .now_us = ask->now_us,
    };
}

static struct fact_subject subject_of(const struct award_ask *ask, const struct record_view *view)
{
    const struct record *record = &view->record;

    return (struct fact_subject){
        .member_id = record->member_id,
        .actor_id = ask->actor,
        .record_id = record->row.key,
        .activity_id = record->activity_id,
        .started_us = record->started_us,
        .ended_us = record->ended_us,
        .at_us = ask->now_us,
        .utc_offset_minutes = ask->utc_offset_minutes,
    };
}

/* One question a record, with its facts; all faulted when those cannot be loaded. */
static struct plugin_call *ask_policy(const struct award_ask *ask, struct db *db,
                                      struct plugin_desk *desk, const struct plugin *policy,
                                      const struct record_view *const *views, size_t count,
                                      struct arena *arena)
{
    const struct manifest *manifest = policy->manifest;
    struct plugin_call *calls = arena_take(arena, count * sizeof *calls);
    struct fact_subject *subjects = arena_take(arena, count * sizeof *subjects);
    struct fact_wish *wishes = arena_take(arena, count * sizeof *wishes);
    struct error error;

    for (size_t i = 0; i < count; i++) {
        calls[i] = (struct plugin_call){.plugin = policy, .operation = PLUGIN_AWARD};
        calls[i].question.award = question_of(ask, views[i]);
        calls[i].values = arena_take(arena, (manifest->fact_count + 1) * sizeof *calls[i].values);
        subjects[i] = subject_of(ask, views[i]);
        wishes[i] = (struct fact_wish){&subjects[i], manifest->fact_index, manifest->fact_count,
                                       calls[i].values};
    }
    if (facts_load(db, wishes, count, arena, NULL, NULL, NULL, &error)) {
        plugin_desk_ask(desk, calls, count, arena, 0);
        return calls;
    }
    LOG(WARN, "award.no_facts", LOG_INT("records", count), LOG_STR("code", error.code),
        LOG_STR("detail", error.detail));
    for (size_t i = 0; i < count; i++)
        calls[i].fault = FAULT_NO_FACTS;
    return calls;
}

static void take_answer(const struct plugin_call *call, struct award_terms *terms)
{
    const struct linli_award *award = &call->answer.award;

    if (call->fault != FAULT_NONE) {
        terms->missing = (struct missing_answer){call->plugin->plugin_id, call->plugin->version_id,
                                                 call->plugin->policy_id, call->fault};
        return;
    }
    terms->answer.points = award->points;
    terms->answer.daily_cap = award->daily_cap;
    if (award->expires_us != 0)
        terms->answer.expires_us = award->expires_us;
}

void award_ask(const struct award_ask *ask, struct db *db, const struct record_view *const *views,
               size_t count, struct arena *arena, struct award_terms *terms)
{
    struct plugin_desk *desk;
    const struct plugin *policy;

    for (size_t i = 0; i < count; i++)
        terms[i] = (struct award_terms){.answer = programmes(ask, views[i])};
    if (count == 0)
        return;
    desk = plugins_borrow(ask->plugins, DESK_ROOM);
    policy = find_policy(plugin_desk_set(desk));
    if (policy) {
        const struct plugin_call *calls = ask_policy(ask, db, desk, policy, views, count, arena);
        for (size_t i = 0; i < count; i++)
            take_answer(&calls[i], &terms[i]);
    }
    plugins_return(desk);
}
