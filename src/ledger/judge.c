#include "ledger/judge.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash_map.h"
#include "base/log.h"
#include "ledger/batch.h"
#include "ledger/judge_notes.h"
#include "ledger/link.h"

const struct config_entry review_config[] = {
    {.name = "review.answer_days",
     .type = CONFIG_INT,
     .offset = offsetof(struct review_options, answer_days),
     .initial = "3",
     .min = 1,
     .max = 30,
     .reloadable = true,
     .help = "days within which what is being checked is answered; a redemption that nobody has"
             " answered by then is released"},
    {0},
};

struct rules_judge {
    struct judge judge;
    struct judge_tools tools;
};

/* --- What an answer does ---------------------------------------------------------------------- */

static enum plugin_effect default_on_fault(enum linli_event_kind kind)
{
    return kind == LINLI_EARN ? EFFECT_HOLD : EFFECT_MARK;
}

static enum plugin_effect effect_of_fault(const struct plugin *plugin,
                                          const struct linli_event *event)
{
    enum linli_event_kind kind = (enum linli_event_kind)event->kind;
    enum plugin_effect effect = plugin->on_fault ? plugin->on_fault : default_on_fault(kind);

    if (kind != LINLI_REDEEM || (effect != EFFECT_MARK && effect != EFFECT_HOLD))
        return effect;
    if (event->points >= plugin->hold_from)
        return EFFECT_HOLD;
    return plugin->hold_from < INT64_MAX ? EFFECT_MARK : effect;
}

/* What this kind of event can bear. */
static enum plugin_effect bearable(enum plugin_effect effect, enum linli_event_kind kind)
{
    switch (kind) {
    case LINLI_CONFIRM:
    case LINLI_CANCEL: return effect > EFFECT_MARK ? EFFECT_MARK : effect;
    case LINLI_REFUND:
    case LINLI_ADJUST: return effect == EFFECT_HOLD ? EFFECT_MARK : effect;
    case LINLI_EARN:
    case LINLI_REDEEM: break;
    }
    return effect;
}

enum plugin_effect judge_effect(const struct plugin *plugin, const struct plugin_call *call)
{
    const struct linli_event *event = &call->question.event;
    enum plugin_effect effect = EFFECT_PASS;

    if (call->fault != FAULT_NONE)
        effect = effect_of_fault(plugin, event);
    else if (call->answer.opinion.verdict == LINLI_FLAG)
        effect = plugin->on_flag;
    else if (call->answer.opinion.verdict == LINLI_DENY)
        effect = EFFECT_DENY;
    return bearable(effect, (enum linli_event_kind)event->kind);
}

/* --- The questions ---------------------------------------------------------------------------- */

/* Everything about one look at a batch. */
struct hearing {
    const struct judge_tools *tools;
    struct batch *batch;
    size_t first; /* of its commands that is judged now */
    struct arena *arena;
    const struct plugin_set *set; /* NULL: there is no rule */
    struct judge_note **notes;    /* by entry; NULL: not asked about */
    struct plugin_call *calls;
    struct fact_wish *wishes; /* one a call */
    size_t call_count;
};

static bool is_asked(const struct plugin *plugin, uint32_t event_kind)
{
    return plugin->manifest->kind == LINLI_AUDIT &&
           (plugin->mode == PLUGIN_ENFORCED || plugin->mode == PLUGIN_SHADOW) &&
           (plugin->manifest->events & event_kind) != 0;
}

static bool has_rules(const struct plugin_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (is_asked(&set->plugins[i], ~0U))
            return true;
    return false;
}

static void add_call(struct hearing *hearing, struct judge_note *note, const struct plugin *plugin)
{
    struct plugin_call *call = &hearing->calls[hearing->call_count];
    size_t facts = plugin->manifest->fact_count;

    *call = (struct plugin_call){.plugin = plugin, .operation = PLUGIN_CHECK};
    call->question.event = note->about.event;
    call->values = arena_take(hearing->arena, (facts + 1) * sizeof *call->values);
    hearing->wishes[hearing->call_count++] =
        (struct fact_wish){.subject = &note->about.subject,
                           .facts = plugin->manifest->fact_index,
                           .count = facts,
                           .values = call->values};
    note->call_count++;
}

/* Time is the batch's; where somebody waits at a counter only cheap facts are loaded. */
static void set_time(const struct hearing *hearing, struct command_event *about)
{
    about->event.size = sizeof about->event;
    about->event.at_us = hearing->batch->now_us;
    about->subject.at_us = hearing->batch->now_us;
    about->subject.utc_offset_minutes = (int32_t)*hearing->tools->utc_offset_minutes;
    about->subject.at_counter = (about->event.kind & (LINLI_REDEEM | LINLI_CONFIRM)) != 0;
}

static void hear_command(struct hearing *hearing, size_t index)
{
    struct command *command = batch_command(hearing->batch, index);
    struct judge_note *note;

    command->judged = (struct judgement){0};
    if (!command->kind->event)
        return;
    note = arena_take(hearing->arena, sizeof *note);
    note->judgement_id = id_next(hearing->tools->ids);
    command->kind->event(command, &note->about);
    set_time(hearing, &note->about);
    note->first_call = hearing->call_count;
    for (size_t i = 0; hearing->set && i < hearing->set->count; i++)
        if (is_asked(&hearing->set->plugins[i], note->about.event.kind))
            add_call(hearing, note, &hearing->set->plugins[i]);
    if (note->call_count > 0 || note->about.missing.plugin_id != 0)
        hearing->notes[index] = note;
}

static void hear_all(struct hearing *hearing)
{
    size_t count = batch_size(hearing->batch), most;

    most = (count - hearing->first) * (hearing->set ? hearing->set->count : 0) + 1;
    hearing->notes = arena_take(hearing->arena, count * sizeof(struct judge_note *));
    hearing->calls = arena_take(hearing->arena, most * sizeof *hearing->calls);
    hearing->wishes = arena_take(hearing->arena, most * sizeof *hearing->wishes);
    for (size_t i = hearing->first; i < count; i++)
        hear_command(hearing, i);
}

/* --- Facts ------------------------------------------------------------------------------------ */

/* Whether what is said of this command rests on what is known of its wallet. */
static bool rests_on_wallet(const struct hearing *hearing, size_t index)
{
    const struct judge_note *note = hearing->notes[index];

    if (!note || note->about.event.member == 0)
        return false;
    for (size_t i = 0; i < note->call_count; i++)
        if (hearing->wishes[note->first_call + i].count > 0)
            return true;
    return false;
}

/* Before the facts: so a wallet that moves while they are read is found to have moved. */
static void ask_versions(const struct hearing *hearing, struct sql *sql)
{
    size_t asked = 0;

    for (size_t i = hearing->first; i < batch_size(hearing->batch); i++) {
        if (!rests_on_wallet(hearing, i))
            continue;
        if (asked++ == 0)
            sql_add(sql, "SELECT member_id, version FROM wallets FORCE INDEX (PRIMARY)"
                         " WHERE member_id IN (");
        else
            sql_add(sql, ",");
        sql_add_id(sql, hearing->notes[i]->about.event.member);
    }
    if (asked > 0) {
        sql_add(sql, ")");
        sql_end(sql);
    }
}

/* A wallet is in at most one command of a batch. */
static void read_versions(struct rows *rows, void *context)
{
    struct hearing *hearing = context;
    struct hash_map places = {0};

    for (size_t i = hearing->first; i < batch_size(hearing->batch); i++)
        if (hearing->notes[i])
            hash_map_insert(&places, hearing->notes[i]->about.event.member, NULL)->number = i;
    while (rows_next(rows)) {
        const struct hash_map_entry *entry = hash_map_find(&places, rows_id(rows, 0));

        if (entry)
            batch_expect_version(hearing->batch, entry->number, entry->key,
                                 (uint32_t)rows_int(rows, 1));
    }
    hash_map_free(&places);
}

enum loaded { FACTS_LOADED, FACTS_MISSING, DATABASE_AWAY };

/* A connection that was lost since the last look says nothing about the facts: twice, then. */
static enum loaded load_facts(struct hearing *hearing, struct link *link)
{
    struct error error = {0};
    struct sql versions = {0};
    enum loaded loaded = DATABASE_AWAY;

    ask_versions(hearing, &versions);
    for (int tries = 0; loaded == DATABASE_AWAY && tries < 2 && link_wait(link, &error); tries++) {
        if (facts_load(link->db, hearing->wishes, hearing->call_count, hearing->arena, &versions,
                       read_versions, hearing, &error))
            loaded = FACTS_LOADED;
        else if (db_is_connected(link->db))
            loaded = FACTS_MISSING;
    }
    sql_free(&versions);
    if (loaded != FACTS_LOADED)
        LOG(WARN, "judge.no_facts", LOG_INT("commands", batch_size(hearing->batch)),
            LOG_STR("code", error.code), LOG_STR("detail", error.detail));
    return loaded;
}

/* --- The judgement ---------------------------------------------------------------------------- */

static void judge_command(struct hearing *hearing, size_t index)
{
    const struct judge_tools *tools = hearing->tools;
    struct command *command = batch_command(hearing->batch, index);
    struct judge_note *note = hearing->notes[index];
    enum plugin_effect effect =
        note_combine(note, hearing->calls + note->first_call, tools->ids, hearing->arena);
    int offset = (int)*tools->utc_offset_minutes;
    int32_t answer_day =
        calendar_day(hearing->batch->now_us, offset) + (int32_t)tools->options->answer_days;

    hearing->batch->entries[index].note = note;
    if (effect == EFFECT_DENY) {
        batch_deny(hearing->batch, index, REFUSED_DENIED);
        hearing->batch->entries[index].denied_by = note->denied_by;
    }
    if (effect != EFFECT_MARK && effect != EFFECT_HOLD)
        return;
    note->check_id = id_next(tools->ids);
    command->judged = (struct judgement){
        .effect = effect == EFFECT_HOLD ? JUDGED_HOLD : JUDGED_MARK,
        .check_id = note->check_id,
        .answer_by_us = calendar_day_start_us(answer_day + 1, offset),
        .answer_day = answer_day,
    };
}

static bool ask_plugins(struct hearing *hearing, struct plugin_desk *desk, struct link *link)
{
    switch (load_facts(hearing, link)) {
    case FACTS_LOADED:
        plugin_desk_ask(desk, hearing->calls, hearing->call_count, hearing->arena, 0);
        return true;
    case FACTS_MISSING:
        for (size_t i = 0; i < hearing->call_count; i++)
            hearing->calls[i].fault = FAULT_NO_FACTS;
        return true;
    case DATABASE_AWAY: break;
    }
    return false;
}

static bool judge_batch(void *context, struct batch *batch, size_t first, struct link *link)
{
    const struct rules_judge *judge = context;
    struct plugin_desk *desk = plugins_borrow(judge->tools.plugins, DESK_TELLER);
    const struct plugin_set *set = plugin_desk_set(desk);
    struct hearing hearing = {.tools = &judge->tools,
                              .batch = batch,
                              .first = first,
                              .arena = batch_papers(batch),
                              .set = has_rules(set) ? set : NULL};

    hear_all(&hearing);
    bool judged = hearing.call_count == 0 || ask_plugins(&hearing, desk, link);
    for (size_t i = first; judged && i < batch_size(batch); i++)
        if (hearing.notes[i]) {
            hearing.notes[i]->revision = set->revision;
            judge_command(&hearing, i);
        }
    plugins_return(desk);
    return judged;
}

struct judge *judge_new(const struct judge_tools *tools)
{
    struct rules_judge *judge = memory_new(sizeof *judge);

    judge->tools = *tools;
    judge->judge = (struct judge){judge_batch, judge, notes_write};
    return &judge->judge;
}

void judge_free(struct judge *judge)
{
    if (judge)
        free(CONTAINER_OF(judge, struct rules_judge, judge));
}
