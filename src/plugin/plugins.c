#include "plugin/plugins.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "plugin/plugin_figures.h"
#include "plugin/seating.h"

#define ROOM_DESKS    2
#define DESKS         (1 + ROOM_DESKS) /* the teller's is the first */
#define LOOK_EVERY_US SECOND_US
#define RETRY_US      (30 * SECOND_US)      /* of a set that did not come up */
#define REPLACE_US    (500 * INT64_C(1000)) /* that a spare may need to come up */
#define FAULTS_MOST   256                   /* that wait to be written */
#define QUESTION_MOST 120

struct plugin_desk {
    struct plugins *plugins;
    bool is_taken;
    struct seating *seating;
    struct seating *coming; /* when it is returned */
};

/* A fault that waits to be written; it holds the generation that its plugin is of. */
struct fault_note {
    struct fault_note *next;
    struct generation *generation;
    const struct plugin *plugin;
    enum plugin_fault fault;
    int detail;
    char question[QUESTION_MOST];
};

struct plugins {
    struct plugin_options options;
    const struct plugin_source *source;
    struct generation_tools tools;
    struct db *db; /* the office's */
    pthread_t office;
    pthread_mutex_t lock;
    pthread_cond_t office_wanted, changed; /* a desk is free, a reload is done */
    bool stopping;
    uint64_t reloads_wanted, reloads_done; /* tickets */
    bool reload_fine;
    struct error reload_error;
    uint64_t refused_revision; /* did not come up; tried again at retry_us */
    int64_t retry_us;
    struct fault_note *faults, **faults_end;
    size_t fault_count;
    struct seating *retired;
    struct generation *generation; /* the newest */
    struct plugin_tally *tallies;
    struct plugin_desk desks[DESKS];
};

/* --- Faults --- */

/* What was asked, for whoever looks into it: the server's own numbers. */
static void describe_question(const struct plugin_call *call, char out[QUESTION_MOST])
{
    switch (call->operation) {
    case PLUGIN_CHECK:
        snprintf(out, QUESTION_MOST, "check: event %" PRIu32 " of %" PRIu64 ", member %" PRIu64,
                 call->question.event.kind, call->question.event.event,
                 call->question.event.member);
        return;
    case PLUGIN_AWARD:
        snprintf(out, QUESTION_MOST, "award: record %" PRIu64 ", member %" PRIu64,
                 call->question.award.record, call->question.award.member);
        return;
    case PLUGIN_RATE:
        snprintf(out, QUESTION_MOST, "rate: %s %" PRIu64,
                 call->question.rate.scope == LINLI_OF_UNIT ? "unit" : "member",
                 call->question.rate.subject);
        return;
    case PLUGIN_STEP:
        snprintf(out, QUESTION_MOST, "step: operation %" PRIu32 ", redemption %" PRIu64,
                 call->question.step.operation, call->question.step.redemption);
        return;
    }
    out[0] = '\0';
}

/* On the thread that asks: only notes. */
static void note_fault(void *context, const struct plugin_call *call, const char *why)
{
    struct plugin_desk *desk = context;
    struct plugins *plugins = desk->plugins;
    struct fault_note *note = memory_new(sizeof *note);

    note->generation = generation_hold(desk->seating->generation);
    note->plugin = call->plugin;
    note->fault = call->fault;
    note->detail = call->fault_detail;
    describe_question(call, note->question);
    LOG(WARN, "plugin.fault", LOG_STR("plugin", call->plugin->manifest->name),
        LOG_STR("fault", plugin_fault_name(call->fault)), LOG_STR("why", why),
        LOG_STR("question", note->question));
    pthread_mutex_lock(&plugins->lock);
    bool kept = plugins->fault_count < FAULTS_MOST;
    if (kept) {
        *plugins->faults_end = note;
        plugins->faults_end = &note->next;
        plugins->fault_count++;
        pthread_cond_signal(&plugins->office_wanted);
    }
    pthread_mutex_unlock(&plugins->lock);
    if (kept)
        return;
    generation_release(note->generation); /* the desk holds it too: this ends nothing */
    free(note);
}

static void write_fault(struct plugins *plugins, struct fault_note *note)
{
    struct error error = {0};

    if (!plugins->source->note_fault(plugins->db, note->plugin, note->fault, note->detail,
                                     note->question, &error))
        LOG(ERROR, "plugin.fault_not_noted", LOG_STR("plugin", note->plugin->manifest->name),
            LOG_STR("code", error.code), LOG_STR("detail", error.detail));
    generation_release(note->generation);
    free(note);
}

static struct fault_note *take_faults(struct plugins *plugins)
{
    struct fault_note *notes = plugins->faults;

    plugins->faults = NULL;
    plugins->faults_end = &plugins->faults;
    plugins->fault_count = 0;
    return notes;
}

/* --- Changing the set --- */

static void retire(struct plugins *plugins, struct seating *seating)
{
    if (!seating)
        return;
    seating->next = plugins->retired;
    plugins->retired = seating;
    pthread_cond_signal(&plugins->office_wanted);
}

/* With the lock held: a desk that is in use changes when it is returned, and keeps what it asks
 * until then. */
static void seat_desk(struct plugins *plugins, struct plugin_desk *desk, struct seating *seating)
{
    if (desk->is_taken) {
        seating_take_over(seating, desk->coming);
        retire(plugins, desk->coming);
        desk->coming = seating;
        return;
    }
    seating_take_over(seating, desk->seating);
    retire(plugins, desk->seating);
    desk->seating = seating;
}

static void publish(struct plugins *plugins, struct generation *generation,
                    struct seating *seatings[DESKS])
{
    struct generation *before;

    pthread_mutex_lock(&plugins->lock);
    for (size_t i = 0; i < generation->set.count; i++)
        generation->where[i].tally =
            plugin_tally_of(&plugins->tallies, &generation->set.plugins[i]);
    before = plugins->generation;
    plugins->generation = generation;
    for (size_t i = 0; i < DESKS; i++)
        seat_desk(plugins, &plugins->desks[i], seatings[i]);
    pthread_mutex_unlock(&plugins->lock);
    generation_release(before);
    figures_set(generation->set.revision, generation->set.count);
    LOG(INFO, "plugin.set", LOG_INT("revision", generation->set.revision),
        LOG_INT("plugins", generation->set.count));
}

/* All new hosts of all desks come up at the same time. */
static bool seat_all(struct plugins *plugins, struct generation *generation,
                     struct seating *seatings[DESKS], struct error *error)
{
    bool fine = true;

    for (size_t i = 0; i < DESKS; i++) {
        seatings[i] = fine ? seating_new(generation, plugins->generation, error) : NULL;
        fine = seatings[i] != NULL;
    }
    int64_t deadline_us = clock_monotonic_us() + plugins->options.start_us;
    for (size_t i = 0; fine && i < DESKS; i++)
        fine = seating_await(seatings[i], deadline_us, error);
    for (size_t i = 0; !fine && i < DESKS; i++)
        seating_free(seatings[i]);
    return fine;
}

static bool is_complete(const struct generation *generation, const struct generation *before,
                        struct error *error)
{
    const struct plugin *lacking = generation_lacks(generation, before);

    if (!lacking)
        return true;
    const char *why = generation->where[lacking - generation->set.plugins].why;
    return error_set(error, "plugin.not_up", "%s does not come up: %s", lacking->manifest->name,
                     why);
}

/* On the office's thread. The old set stays when the new one does not come up whole, and lends its
 * hosts to nobody before. */
static bool reload(struct plugins *plugins, struct error *error)
{
    struct seating *seatings[DESKS];
    struct generation *generation =
        generation_new(&plugins->tools, plugins->generation, plugins->db, error);

    bool fine = generation && is_complete(generation, plugins->generation, error) &&
                seat_all(plugins, generation, seatings, error);
    figures_reloaded(fine);
    if (fine) {
        publish(plugins, generation, seatings);
        return true;
    }
    if (generation)
        plugins->refused_revision = generation->set.revision;
    plugins->retry_us = clock_monotonic_us() + RETRY_US;
    generation_release(generation);
    return false;
}

/* Whether another server, or the third fault of a plugin, has changed the set. */
static bool has_moved(struct plugins *plugins)
{
    struct error error = {0};
    uint64_t revision;

    if (!plugins->generation || !plugins->source->revision(plugins->db, &revision, &error))
        return false; /* not begun yet; or the database is away: the set stays */
    if (revision == plugins->generation->set.revision)
        return false;
    return revision != plugins->refused_revision || clock_monotonic_us() >= plugins->retry_us;
}

/* --- The office: a thread that writes faults, follows the set, and clears away --- */

static bool wait_for_work(struct plugins *plugins)
{
    int64_t until_us = clock_monotonic_us() + LOOK_EVERY_US;
    const struct timespec until = {until_us / SECOND_US, until_us % SECOND_US * 1000};
    int result = 0;

    while (result != ETIMEDOUT && !plugins->stopping && !plugins->faults && !plugins->retired &&
           plugins->reloads_wanted == plugins->reloads_done)
        result = pthread_cond_timedwait(&plugins->office_wanted, &plugins->lock, &until);
    return !plugins->stopping;
}

static void clear_away(struct seating *retired)
{
    while (retired) {
        struct seating *next = retired->next;
        seating_free(retired);
        retired = next;
    }
}

static void write_faults(struct plugins *plugins, struct fault_note *notes)
{
    while (notes) {
        struct fault_note *next = notes->next;
        write_fault(plugins, notes);
        notes = next;
    }
}

static void follow(struct plugins *plugins, uint64_t ticket)
{
    bool wanted = ticket != plugins->reloads_done;
    struct error error = {0};
    bool fine;

    if (!wanted && !has_moved(plugins))
        return;
    fine = reload(plugins, &error);
    if (!fine)
        LOG(ERROR, "plugin.set_kept", LOG_STR("code", error.code), LOG_STR("detail", error.detail));
    pthread_mutex_lock(&plugins->lock);
    plugins->reloads_done = ticket;
    plugins->reload_fine = fine;
    plugins->reload_error = error;
    pthread_cond_broadcast(&plugins->changed);
    pthread_mutex_unlock(&plugins->lock);
}

static void *office_run(void *context)
{
    struct plugins *plugins = context;
    bool goes_on = true;

    while (goes_on) {
        pthread_mutex_lock(&plugins->lock);
        goes_on = wait_for_work(plugins);
        struct fault_note *notes = take_faults(plugins);
        struct seating *retired = plugins->retired;
        uint64_t ticket = plugins->reloads_wanted;
        plugins->retired = NULL;
        pthread_mutex_unlock(&plugins->lock);
        clear_away(retired);
        write_faults(plugins, notes);
        if (goes_on)
            follow(plugins, ticket);
    }
    return NULL;
}

bool plugins_reload(struct plugins *plugins, struct error *error)
{
    bool fine;

    pthread_mutex_lock(&plugins->lock);
    uint64_t ticket = ++plugins->reloads_wanted;
    pthread_cond_signal(&plugins->office_wanted);
    while (plugins->reloads_done < ticket && !plugins->stopping)
        pthread_cond_wait(&plugins->changed, &plugins->lock);
    fine = plugins->reloads_done >= ticket && plugins->reload_fine;
    if (!fine && error)
        *error = plugins->reload_error;
    pthread_mutex_unlock(&plugins->lock);
    return fine;
}

/* --- Desks --- */

static struct plugin_desk *free_desk(struct plugins *plugins, enum plugin_desk_use use)
{
    size_t first = use == DESK_TELLER ? 0 : 1, behind = use == DESK_TELLER ? 1 : DESKS;

    for (size_t i = first; i < behind; i++) {
        if (!plugins->desks[i].is_taken)
            return &plugins->desks[i];
    }
    return NULL;
}

struct plugin_desk *plugins_borrow(struct plugins *plugins, enum plugin_desk_use use)
{
    struct plugin_desk *desk;

    pthread_mutex_lock(&plugins->lock);
    while (!(desk = free_desk(plugins, use)))
        pthread_cond_wait(&plugins->changed, &plugins->lock);
    desk->is_taken = true;
    pthread_mutex_unlock(&plugins->lock);
    return desk;
}

void plugins_return(struct plugin_desk *desk)
{
    struct plugins *plugins = desk->plugins;

    pthread_mutex_lock(&plugins->lock);
    ASSERT(desk->is_taken);
    desk->is_taken = false;
    if (desk->coming) {
        seating_take_over(desk->coming, desk->seating);
        retire(plugins, desk->seating);
        desk->seating = desk->coming;
        desk->coming = NULL;
    }
    pthread_cond_broadcast(&plugins->changed);
    pthread_mutex_unlock(&plugins->lock);
}

const struct plugin_set *plugin_desk_set(const struct plugin_desk *desk)
{
    return &desk->seating->generation->set;
}

static struct place place_of(const struct seating *seating, const struct plugin_call *call)
{
    const struct generation *generation = seating->generation;
    size_t index = (size_t)(call->plugin - generation->set.plugins);

    ASSERT(index < generation->set.count); /* a plugin of this desk's set */
    const struct where *where = &generation->where[index];
    if (where->why)
        return (struct place){NULL, 0};
    return (struct place){&seating->seats[where->crew], where->guest};
}

void plugin_desk_ask(struct plugin_desk *desk, struct plugin_call *calls, size_t count,
                     struct arena *arena, int64_t deadline_us)
{
    const struct plugin_options *options = &desk->plugins->options;
    const struct generation *generation = desk->seating->generation;
    const struct asking_terms terms = {
        .deadline_us = deadline_us > 0 ? deadline_us : options->deadline_us,
        .start_us = REPLACE_US,
        .recycle = options->recycle,
        .memory = options->memory / 4 * 3,
        .note = note_fault,
        .context = desk,
    };
    struct place *places = arena_take(arena, (count + 1) * sizeof *places);
    struct plugin_count *counts = arena_take(arena, (generation->set.count + 1) * sizeof *counts);

    for (size_t i = 0; i < count; i++)
        places[i] = place_of(desk->seating, &calls[i]);
    seats_ask(desk->seating->seats, generation->crew_count, &terms, calls, places, count, arena);
    for (size_t i = 0; i < count; i++)
        plugin_count_add(&counts[calls[i].plugin - generation->set.plugins], &calls[i]);
    for (size_t i = 0; i < generation->set.count; i++)
        plugin_tally_add(generation->where[i].tally, &counts[i]);
}

struct plugin_figures plugins_figures(struct plugins *plugins, uint64_t plugin_id)
{
    pthread_mutex_lock(&plugins->lock);
    struct plugin_tally *tally = plugin_tally_find(plugins->tallies, plugin_id);
    pthread_mutex_unlock(&plugins->lock);
    return tally ? plugin_tally_read(tally) : (struct plugin_figures){0};
}

/* Tallies outlive their sets: the lock is not held while they are written. */
void plugins_write_metrics(struct plugins *plugins, struct buffer *out)
{
    struct plugin_tally **tallies;
    size_t count;

    pthread_mutex_lock(&plugins->lock);
    count = plugins->generation->set.count;
    tallies = memory_new((count + 1) * sizeof(struct plugin_tally *));
    for (size_t i = 0; i < count; i++)
        tallies[i] = plugins->generation->where[i].tally;
    pthread_mutex_unlock(&plugins->lock);
    plugin_tallies_write(tallies, count, out);
    free(tallies);
}

/* With the lock held: the newest generation stays while it is. */
static void look_at(const struct generation *generation, uint64_t plugin_id,
                    struct plugin_here *here)
{
    for (size_t i = 0; i < generation->set.count; i++) {
        const struct plugin *plugin = &generation->set.plugins[i];
        const char *why = generation->where[i].why;

        if (plugin->plugin_id != plugin_id)
            continue;
        if (why) {
            snprintf(here->why, sizeof here->why, "%s", why);
            return;
        }
        here->runs = true;
        here->version_id = plugin->version_id;
        here->policy_id = plugin->policy_id;
        here->mode = plugin->mode;
        return;
    }
}

struct plugin_here plugins_look(struct plugins *plugins, uint64_t plugin_id)
{
    struct plugin_here here = {0};

    pthread_mutex_lock(&plugins->lock);
    if (plugins->generation)
        look_at(plugins->generation, plugin_id, &here);
    if (!plugins->reload_fine && here.why[0] == '\0')
        snprintf(here.why, sizeof here.why, "%s", plugins->reload_error.detail);
    pthread_mutex_unlock(&plugins->lock);
    return here;
}

/* --- Life --- */

static void prepare(struct plugins *plugins, const struct plugin_options *options,
                    const struct plugin_source *source, const char *program)
{
    pthread_condattr_t attributes;

    plugins->options = *options;
    plugins->source = source;
    plugins->faults_end = &plugins->faults;
    plugins->tools = (struct generation_tools){
        .recruiter = {.options = &plugins->options, .program = program}, .source = source};
    pthread_mutex_init(&plugins->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&plugins->office_wanted, &attributes);
    pthread_cond_init(&plugins->changed, NULL);
    pthread_condattr_destroy(&attributes);
    for (size_t i = 0; i < DESKS; i++)
        plugins->desks[i].plugins = plugins;
}

static void free_plugins(struct plugins *plugins)
{
    for (size_t i = 0; i < DESKS; i++) {
        seating_free(plugins->desks[i].seating);
        seating_free(plugins->desks[i].coming);
    }
    clear_away(plugins->retired);
    generation_release(plugins->generation);
    plugin_tally_free(plugins->tallies);
    spawner_stop(plugins->tools.recruiter.spawner);
    db_free(plugins->db);
    pthread_cond_destroy(&plugins->office_wanted);
    pthread_cond_destroy(&plugins->changed);
    pthread_mutex_destroy(&plugins->lock);
    free(plugins);
}

struct plugins *plugins_start(const struct plugin_options *options, const struct db_options *db,
                              const struct plugin_source *source, const char *program,
                              struct error *error)
{
    struct plugins *plugins = memory_new(sizeof *plugins);

    prepare(plugins, options, source, program);
    plugins->db = db_new(db);
    plugins->tools.recruiter.spawner = spawner_start();
    if (source->pseudonym_key &&
        !source->pseudonym_key(plugins->db, plugins->tools.recruiter.pseudonym_key, error)) {
        free_plugins(plugins);
        return NULL;
    }
    ASSERT(pthread_create(&plugins->office, NULL, office_run, plugins) == 0);
    if (plugins_reload(plugins, error))
        return plugins;
    plugins_stop(plugins);
    return NULL;
}

void plugins_stop(struct plugins *plugins)
{
    if (!plugins)
        return;
    pthread_mutex_lock(&plugins->lock);
    plugins->stopping = true;
    pthread_cond_broadcast(&plugins->office_wanted);
    pthread_cond_broadcast(&plugins->changed);
    pthread_mutex_unlock(&plugins->lock);
    pthread_join(plugins->office, NULL);
    free_plugins(plugins);
}
