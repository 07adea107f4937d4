#include "service/replay.h"

#include <string.h>

#include "plugin/registry_rows.h"
#include "service/record.h"

#define SLICE 500

/* --- What happened ---------------------------------------------------------------------------- */

/* Of one kind: after an id, in the order of ids. Its columns are the event's: ref, member, actor,
 * merchant, subject, points, minutes, at, started, ended, grade. */
struct source {
    enum linli_event_kind kind;
    struct rows *(*select)(struct db *db, uint64_t after, int64_t from_us, int64_t until_us);
};

static struct rows *select_earned(struct db *db, uint64_t after, int64_t from_us, int64_t until_us)
{
    return db_query(db,
                    "SELECT record_id, member_id, reviewed_by, 0, activity_id, points, minutes,"
                    " reviewed_us, started_us, ended_us, grade FROM records"
                    " WHERE record_id > ? AND state = ? AND reviewed_us >= ? AND reviewed_us < ?"
                    " ORDER BY record_id LIMIT ?",
                    DB_ID(after), DB_INT(RECORD_APPROVED), DB_INT(from_us), DB_INT(until_us),
                    DB_INT(SLICE));
}

static struct rows *select_redeemed(struct db *db, uint64_t after, int64_t from_us,
                                    int64_t until_us)
{
    return db_query(db,
                    "SELECT d.redemption_id, d.member_id, COALESCE(p.actor, 0), 0, d.reward_id,"
                    " d.points, 0, d.created_us, 0, 0, 0 FROM redemptions d"
                    " LEFT JOIN proxy_redemptions p ON p.redemption_id = d.redemption_id"
                    " WHERE d.redemption_id > ? AND d.created_us >= ? AND d.created_us < ?"
                    " ORDER BY d.redemption_id LIMIT ?",
                    DB_ID(after), DB_INT(from_us), DB_INT(until_us), DB_INT(SLICE));
}

static struct rows *select_confirmed(struct db *db, uint64_t after, int64_t from_us,
                                     int64_t until_us)
{
    return db_query(db,
                    "SELECT redemption_id, member_id, confirmed_by, merchant_id, reward_id, points,"
                    " 0, confirmed_us, 0, 0, 0 FROM redemptions"
                    " WHERE redemption_id > ? AND confirmed_us >= ? AND confirmed_us < ?"
                    " ORDER BY redemption_id LIMIT ?",
                    DB_ID(after), DB_INT(from_us), DB_INT(until_us), DB_INT(SLICE));
}

static const struct source sources[] = {
    {LINLI_EARN, select_earned},
    {LINLI_REDEEM, select_redeemed},
    {LINLI_CONFIRM, select_confirmed},
};

/* --- A slice ---------------------------------------------------------------------------------- */

struct replaying {
    const struct replay *replay;
    struct replay_sum *sum;
    struct db *db;
    struct plugin_options options;
    uint8_t pseudonym_key[32]; /* a script that knows somebody by number knows them here as well */
    struct buffer image;
    json_t *settings;
    struct arena *arena; /* of one slice */
    struct plugin_call *calls;
    struct fact_subject *subjects;
    struct fact_wish *wishes;
    size_t count;
    size_t slices; /* asked so far */
};

static void read_event(struct rows *rows, enum linli_event_kind kind, struct linli_event *event)
{
    *event = (struct linli_event){
        .size = sizeof *event,
        .kind = kind,
        .event = rows_id(rows, 0),
        .member = rows_id(rows, 1),
        .actor = rows_id(rows, 2),
        .merchant = rows_id(rows, 3),
        .subject = rows_id(rows, 4),
        .points = rows_int(rows, 5),
        .minutes = rows_int(rows, 6),
        .at_us = rows_int(rows, 7),
        .started_us = rows_int(rows, 8),
        .ended_us = rows_int(rows, 9),
        .grade = (uint32_t)rows_int(rows, 10),
        .replayed = 1,
    };
}

/* As commands' `event` functions have it, but then. */
static struct fact_subject subject_of(const struct replay *replay, const struct linli_event *event)
{
    bool earned = event->kind == LINLI_EARN;

    return (struct fact_subject){
        .member_id = event->member,
        .actor_id = event->actor,
        .merchant_id = event->merchant,
        .reward_id = earned ? 0 : event->subject,
        .redemption_id = earned ? 0 : event->event,
        .record_id = earned ? event->event : 0,
        .activity_id = earned ? event->subject : 0,
        .points = event->points,
        .started_us = event->started_us,
        .ended_us = event->ended_us,
        .at_us = event->at_us,
        .utc_offset_minutes = replay->utc_offset_minutes,
        .at_counter = !earned,
        .past = true,
    };
}

static bool read_slice(struct replaying *work, const struct source *source, uint64_t *after,
                       struct error *error)
{
    const struct replay *replay = work->replay;
    const struct manifest *manifest = replay->plugin->manifest;
    struct rows *rows = source->select(work->db, *after, replay->from_us, replay->until_us);

    arena_reset(work->arena);
    work->calls = arena_take(work->arena, SLICE * sizeof *work->calls);
    work->subjects = arena_take(work->arena, SLICE * sizeof *work->subjects);
    work->wishes = arena_take(work->arena, SLICE * sizeof *work->wishes);
    for (work->count = 0; rows_next(rows); work->count++) {
        struct plugin_call *call = &work->calls[work->count];

        call->operation = PLUGIN_CHECK;
        read_event(rows, source->kind, &call->question.event);
        call->values = arena_take(work->arena, (manifest->fact_count + 1) * sizeof *call->values);
        work->subjects[work->count] = subject_of(replay, &call->question.event);
        work->wishes[work->count] = (struct fact_wish){
            &work->subjects[work->count], manifest->fact_index, manifest->fact_count, call->values};
        *after = call->question.event.event;
    }
    return rows_end(rows, error);
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

/* The facts, then the questions, in a host of their own. The desk turns ids into the plugin's
 * pseudonyms on the way: hits are told with the event as it was. */
static bool ask_slice(struct replaying *work, struct error *error)
{
    struct linli_event *events = arena_take(work->arena, work->count * sizeof *events);
    struct manifest *manifest = arena_take(work->arena, sizeof *manifest);

    for (size_t i = 0; i < work->count; i++)
        events[i] = work->calls[i].question.event;
    if (!facts_load(work->db, work->wishes, work->count, work->arena, NULL, NULL, NULL, error) ||
        !plugin_try(&work->options, work->replay->registry->program,
                    (struct text){work->image.data, work->image.length}, work->settings,
                    work->arena, manifest, work->calls, work->count, error) ||
        !is_what_was_asked(manifest, work->replay->plugin, error))
        return false;
    for (size_t i = 0; i < work->count; i++)
        count_call(work, &work->calls[i], &events[i]);
    if (work->replay->progress)
        work->replay->progress(work->replay->context, work->sum->asked);
    return true;
}

/* Whether as many slices were asked as somebody wanted. */
static bool is_enough(const struct replaying *work)
{
    return work->replay->slices > 0 && work->slices >= work->replay->slices;
}

static bool replay_source(struct replaying *work, const struct source *source,
                          struct replay_place *at, struct error *error)
{
    do {
        if (!read_slice(work, source, &at->after, error))
            return false;
        if (work->count > 0 && !ask_slice(work, error))
            return false;
        work->slices++;
    } while (work->count == SLICE && !is_enough(work));
    if (work->count < SLICE)
        *at = (struct replay_place){.kind = at->kind + 1};
    return true;
}

/* --- All of it -------------------------------------------------------------------------------- */

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
    if (!registry_is_trusted(work->db, plugin->version_id, &work->options.image_is_signed, error))
        return false;
    work->settings = replay->settings ? json_deep_copy(replay->settings)
                                      : registry_policy(work->db, plugin->policy_id, error);
    return work->settings != NULL;
}

bool replay_run(const struct replay *replay, struct db *db, struct replay_sum *sum,
                struct error *error)
{
    struct replaying work = {.replay = replay,
                             .sum = sum,
                             .db = db,
                             .options = *replay->registry->options,
                             .arena = arena_new()};
    bool fine = prepare(&work, error);

    *sum = (struct replay_sum){.next = replay->from};
    while (fine && sum->next.kind < ARRAY_LENGTH(sources) && !is_enough(&work)) {
        const struct source *source = &sources[sum->next.kind];

        if (replay->plugin->manifest->events & source->kind)
            fine = replay_source(&work, source, &sum->next, error);
        else
            sum->next = (struct replay_place){.kind = sum->next.kind + 1};
    }
    sum->ended = sum->next.kind >= ARRAY_LENGTH(sources);
    json_decref(work.settings);
    buffer_free(&work.image);
    arena_free(work.arena);
    return fine;
}
