#include "service/replay.h"

#include <string.h>

#include "plugin/registry_rows.h"

#define SLICE 2000         /* events whose facts are loaded at once */
#define PART  (10 * SLICE) /* that are read at once */

struct replaying {
    const struct replay *replay;
    struct replay_sum *sum;
    struct db *db;
    struct past_span span;
    uint64_t total; /* events, for the progress */
    struct plugin_options options;
    uint8_t pseudonym_key[32]; /* a script that knows somebody by number knows them here as well */
    struct buffer image;
    json_t *settings;
    struct plugin_trial *trial;
    struct arena *whole, *part, *slice; /* what lives as long */
};

/* --- A slice ---------------------------------------------------------------------------------- */

/* As commands' `event` functions have it, but then. */
static struct fact_subject subject_of(const struct replay *replay, const struct linli_event *event)
{
    struct fact_subject subject = {
        .member_id = event->member,
        .actor_id = event->actor,
        .merchant_id = event->merchant,
        .points = event->points,
        .started_us = event->started_us,
        .ended_us = event->ended_us,
        .at_us = event->at_us,
        .utc_offset_minutes = replay->utc_offset_minutes,
        .at_counter = (event->kind & (LINLI_REDEEM | LINLI_CONFIRM)) != 0,
        .past = true,
    };

    if (event->kind == LINLI_EARN) {
        subject.record_id = event->event;
        subject.activity_id = event->subject;
    } else if (event->kind != LINLI_ADJUST) {
        subject.redemption_id = event->event;
        subject.reward_id = event->subject;
    }
    return subject;
}

static void count_call(struct replaying *work, const struct plugin_call *call,
                       const struct linli_event *event)
{
    const struct replay *replay = work->replay;
    unsigned verdict = call->answer.opinion.verdict;
    struct replay_sum *sum = work->sum;

    sum->asked++;
    sum->faulted += call->fault != FAULT_NONE;
    sum->flagged += call->fault == FAULT_NONE && verdict == LINLI_FLAG;
    sum->denied += call->fault == FAULT_NONE && verdict == LINLI_DENY;
    if (replay->hit && (call->fault != FAULT_NONE || verdict != LINLI_ALLOW))
        replay->hit(replay->context, &(struct replay_hit){call, event});
}

/* The facts, then the questions. The desk turns ids into the plugin's pseudonyms on the way: hits
 * are told with the event as it was. */
static bool ask_slice(struct replaying *work, const struct linli_event *events, size_t count,
                      struct error *error)
{
    const struct manifest *manifest = work->replay->plugin->manifest;
    struct plugin_call *calls;
    struct fact_subject *subjects;
    struct fact_wish *wishes;

    arena_reset(work->slice);
    calls = arena_take(work->slice, count * sizeof *calls);
    subjects = arena_take(work->slice, count * sizeof *subjects);
    wishes = arena_take(work->slice, count * sizeof *wishes);
    for (size_t i = 0; i < count; i++) {
        calls[i].operation = PLUGIN_CHECK;
        calls[i].question.event = events[i];
        calls[i].values =
            arena_take(work->slice, (manifest->fact_count + 1) * sizeof *calls[i].values);
        subjects[i] = subject_of(work->replay, &events[i]);
        wishes[i] = (struct fact_wish){&subjects[i], manifest->fact_index, manifest->fact_count,
                                       calls[i].values};
    }
    if (!facts_load(work->db, wishes, count, work->slice, NULL, NULL, NULL, error))
        return false;
    plugin_trial_ask(work->trial, calls, count, work->slice);
    for (size_t i = 0; i < count; i++)
        count_call(work, &calls[i], &events[i]);
    if (work->replay->progress)
        work->replay->progress(work->replay->context, work->sum->asked, work->total);
    return true;
}

/* --- A part ----------------------------------------------------------------------------------- */

static bool ask_part(struct replaying *work, struct error *error)
{
    size_t most = work->replay->most ? work->replay->most : PART, count;
    struct replay_sum *sum = work->sum;
    struct linli_event *events;
    bool more;

    arena_reset(work->part);
    if (!past_read(work->db, &work->span, &sum->next, most, work->part, &events, &count, &more,
                   error))
        return false;
    for (size_t i = 0; i < count; i += SLICE)
        if (!ask_slice(work, events + i, count - i < SLICE ? count - i : SLICE, error))
            return false;
    if (count > 0)
        sum->next = (struct past_place){events[count - 1].at_us, events[count - 1].kind,
                                        events[count - 1].event};
    sum->ended = !more;
    return true;
}

/* --- All of it -------------------------------------------------------------------------------- */

/* Those in force, or the asker's with the secrets of those in force. */
static bool take_settings(struct replaying *work, struct error *error)
{
    const struct plugin_row *plugin = work->replay->plugin;
    json_t *in_force = registry_policy(work->db, plugin->policy_id, error);

    if (!in_force)
        return false;
    if (!work->replay->settings) {
        work->settings = in_force;
        return true;
    }
    work->settings = json_deep_copy(work->replay->settings);
    registry_keep_secrets(plugin->manifest, work->settings, in_force);
    json_decref(in_force);
    return true;
}

/* A built-in file of another version of Linli may want other facts than the database knows of. */
static bool is_what_was_asked(const struct manifest *file, const struct plugin_row *plugin,
                              struct error *error)
{
    const struct manifest *known = plugin->manifest;
    size_t size = known->fact_count * sizeof *known->fact_index;

    return (file->fact_count == known->fact_count &&
            memcmp(file->fact_index, known->fact_index, size) == 0) ||
           error_set(error, "replay.other_file",
                     "the file of %s is not the one that the database knows: start the server of"
                     " this version first",
                     plugin->name);
}

static bool bring_up(struct replaying *work, struct error *error)
{
    struct manifest *manifest = arena_take(work->whole, sizeof *manifest);

    work->trial =
        plugin_trial_start(&work->options, (struct text){work->image.data, work->image.length},
                           work->settings, work->whole, manifest, error);
    return work->trial && is_what_was_asked(manifest, work->replay->plugin, error);
}

static bool prepare(struct replaying *work, struct error *error)
{
    const struct replay *replay = work->replay;
    const struct plugin_row *plugin = replay->plugin;

    registry_hooks->pseudonym_key(work->pseudonym_key);
    work->options.pseudonym_key = work->pseudonym_key;

    if (plugin->kind != LINLI_AUDIT)
        return error_set(error, "replay.kind", "%s is no audit rule", plugin->name);
    if (registry_image(work->db, replay->registry, plugin, plugin->version_id, &work->image,
                       error) != FIND_FOUND)
        return false;
    work->span = (struct past_span){plugin->manifest->events, replay->from_us, replay->until_us};
    return registry_is_trusted(work->db, plugin->version_id, &work->options.image_is_signed,
                               error) &&
           take_settings(work, error) && bring_up(work, error) &&
           (!replay->progress || past_count(work->db, &work->span, &work->total, error));
}

bool replay_run(const struct replay *replay, struct db *db, struct replay_sum *sum,
                struct error *error)
{
    struct replaying work = {.replay = replay,
                             .sum = sum,
                             .db = db,
                             .options = *replay->registry->options,
                             .whole = arena_new(),
                             .part = arena_new(),
                             .slice = arena_new()};
    bool fine = prepare(&work, error);

    *sum = (struct replay_sum){.next = replay->from};
    while (fine && !sum->ended) {
        fine = ask_part(&work, error);
        if (replay->most > 0)
            break;
    }
    plugin_trial_end(work.trial);
    json_decref(work.settings);
    buffer_free(&work.image);
    arena_free(work.slice);
    arena_free(work.part);
    arena_free(work.whole);
    return fine;
}
