#include "ledger/judge_notes.h"

#include <string.h>

#include "ledger/judge.h"

#define WORDS_MOST 900 /* bytes; decisions.words_* hold a thousand characters */

/* --- Taking down ------------------------------------------------------------------------------ */

static struct text words_of(const struct linli_room *room)
{
    size_t length = room->length < WORDS_MOST ? room->length : WORDS_MOST;

    while (length < room->length && length > 0 &&
           ((unsigned char)room->bytes[length] & 0xC0) == 0x80)
        length--;
    return (struct text){room->bytes, length};
}

static struct said *take_down(struct judge_note *note, const struct plugin_call *call,
                              enum plugin_effect effect, uint64_t id)
{
    struct said *said = &note->said[note->said_count++];

    *said = (struct said){
        .id = id,
        .plugin_id = call->plugin->plugin_id,
        .version_id = call->plugin->version_id,
        .policy_id = call->plugin->policy_id,
        .mode = call->plugin->mode,
        .effect = effect,
        .fault = call->fault,
        .code = "",
    };
    if (call->fault == FAULT_NONE) {
        said->verdict = call->answer.opinion.verdict;
        said->code = call->answer.opinion.reason.code;
        said->zh = words_of(&call->answer.opinion.reason.zh);
        said->en = words_of(&call->answer.opinion.reason.en);
    }
    return said;
}

/* What another plugin failed to say: its question was not ours. */
static void take_down_missing(struct judge_note *note, uint64_t id)
{
    const struct missing_answer *missing = &note->about.missing;

    note->said[note->said_count++] = (struct said){
        .id = id,
        .plugin_id = missing->plugin_id,
        .version_id = missing->version_id,
        .policy_id = missing->policy_id,
        .mode = PLUGIN_ENFORCED,
        .effect = EFFECT_HOLD,
        .fault = missing->fault,
        .code = "",
    };
}

enum plugin_effect note_combine(struct judge_note *note, const struct plugin_call *calls,
                                struct id_maker *ids, struct arena *arena)
{
    enum plugin_effect whole = EFFECT_PASS;

    note->said = arena_take(arena, (note->call_count + 1) * sizeof *note->said);
    if (note->about.missing.plugin_id != 0) {
        take_down_missing(note, id_next(ids));
        whole = EFFECT_HOLD;
    }
    for (size_t i = 0; i < note->call_count; i++) {
        enum plugin_effect effect = judge_effect(calls[i].plugin, &calls[i]);

        if (calls[i].fault == FAULT_NONE && calls[i].answer.opinion.verdict == LINLI_ALLOW)
            continue;
        struct said *said = take_down(note, &calls[i], effect, id_next(ids));
        if (said->mode != PLUGIN_ENFORCED || effect <= whole)
            continue;
        whole = effect;
        if (effect == EFFECT_DENY)
            note->denied_by = said->id;
    }
    return whole;
}

/* --- Writing ---------------------------------------------------------------------------------- */

/* A batch's notes as far as they became true: replayed answers, commands that the book refused, and
 * those sent back to be judged again are left out. */
static const struct judge_note *note_of(const struct entry *entry)
{
    bool counts = entry->ending == ENDING_DECIDED &&
                  (entry->outcome.refusal == ACCEPTED || entry->denied != ACCEPTED);

    return counts ? entry->note : NULL;
}

static void then_id(struct sql *sql, uint64_t value)
{
    sql_add(sql, ",");
    sql_add_id(sql, value);
}

static void then_text(struct sql *sql, struct text text)
{
    sql_add(sql, ",");
    sql_add_bytes(sql, text.data, text.length);
}

static void add_decision(struct sql *sql, const struct judge_note *note, const struct said *said,
                         int64_t now_us)
{
    const struct linli_event *event = &note->about.event;
    bool made_check = said->mode == PLUGIN_ENFORCED && said->effect != EFFECT_PASS;

    sql_add(sql, "(");
    sql_add_id(sql, said->id);
    then_id(sql, made_check ? note->check_id : 0);
    sql_add(sql, ",");
    sql_add_int(sql, now_us);
    then_id(sql, event->kind);
    then_id(sql, event->event);
    then_id(sql, event->member);
    then_id(sql, event->actor);
    then_id(sql, event->merchant);
    then_id(sql, event->subject);
    sql_add(sql, ",");
    sql_add_int(sql, event->points);
    then_id(sql, said->plugin_id);
    then_id(sql, said->version_id);
    then_id(sql, said->policy_id);
    then_id(sql, said->mode);
    then_id(sql, said->verdict);
    then_id(sql, said->effect);
    then_id(sql, said->fault);
    then_text(sql, (struct text){said->code, strlen(said->code)});
    then_text(sql, said->zh);
    then_text(sql, said->en);
    sql_add(sql, ")");
}

/* All decisions of the batch in one statement, or none. */
static void write_decisions(const struct batch *batch, struct sql *sql)
{
    size_t rows = 0;

    for (size_t i = 0; i < batch->count; i++) {
        const struct judge_note *note = note_of(&batch->entries[i]);

        for (size_t k = 0; note && k < note->said_count; k++) {
            if (rows++ == 0)
                sql_add(sql, "INSERT INTO decisions (decision_id, check_id, at_us, kind, ref,"
                             " member_id, actor, merchant_id, subject, points, plugin_id,"
                             " version_id, policy_id, mode, verdict, effect, fault, code,"
                             " words_zh, words_en) VALUES ");
            else
                sql_add(sql, ",");
            add_decision(sql, note, &note->said[k], batch->now_us);
        }
    }
    if (rows > 0)
        sql_end(sql);
}

/* What one set was asked about the batch. */
struct tally {
    uint64_t id, revision;
    size_t events, questions, answers;
};

static void write_tally(const struct batch *batch, const struct tally *tally, struct sql *sql)
{
    if (tally->events == 0)
        return;
    sql_add(sql, "INSERT INTO judgements (judgement_id, at_us, revision, lane, height, events,"
                 " questions, answers) VALUES (");
    sql_add_id(sql, tally->id);
    sql_add(sql, ",");
    sql_add_int(sql, batch->now_us);
    then_id(sql, tally->revision);
    then_id(sql, batch->has_block ? batch->block.lane : 0);
    then_id(sql, batch->has_block ? batch->block.height : 0);
    then_id(sql, tally->events);
    then_id(sql, tally->questions);
    then_id(sql, tally->answers);
    sql_add(sql, ")");
    sql_end(sql);
}

/* One look after the other, so each set's notes stand together. */
void notes_write(void *context, const struct batch *batch, struct sql *sql)
{
    struct tally tally = {0};

    (void)context;
    write_decisions(batch, sql);
    for (size_t i = 0; i < batch->count; i++) {
        const struct judge_note *note = note_of(&batch->entries[i]);

        if (!note)
            continue;
        if (tally.events == 0 || tally.revision != note->revision) {
            write_tally(batch, &tally, sql);
            tally = (struct tally){.id = note->judgement_id, .revision = note->revision};
        }
        tally.events++;
        tally.questions += note->call_count;
        tally.answers += note->said_count;
    }
    write_tally(batch, &tally, sql);
}
