/*
 * Rating: one slice after the other. A slice asks facts for all its subjects at once, then the
 * policy about all of them, then writes what came of it together with how far the run has come: a
 * slice is written once, whoever else advances the same run.
 */
#include <stdlib.h>
#include <string.h>

#include "assess/policy.h"
#include "base/json_fields.h"
#include "base/log.h"
#include "outbox/inbox.h"
#include "people/members.h"
#include "people/units.h"

#define SLICE       2000            /* subjects */
#define DEADLINE_US (2 * SECOND_US) /* of a slice: a policy has a millisecond a subject */

struct subject {
    uint64_t id, unit_id;
    int64_t rated, failing; /* of a unit */
};

/* One slice on its way. */
struct slice {
    const struct run *run;
    const struct plugin *plugin;
    enum linli_scope scope;
    size_t first_fact, fact_count; /* of the manifest's facts, those of this scope */
    struct subject *subjects;
    size_t count;
    struct plugin_call *calls;
    struct arena *arena;
    int utc_offset_minutes;
    int64_t now_us;
    int64_t faults;
    bool more_again; /* of RUN_AGAIN: there are others by now */
};

/* --- Subjects --------------------------------------------------------------------------------- */

/* The day whose affiliations count. */
static int64_t held_us(const struct run *run)
{
    return run->forecast ? run->asked_us : run->until_us - 1;
}

static bool take_subjects(struct rows *rows, struct slice *slice, struct error *error)
{
    slice->subjects = arena_take(slice->arena, SLICE * sizeof *slice->subjects);
    while (rows_next(rows))
        slice->subjects[slice->count++] =
            (struct subject){.id = rows_id(rows, 0), .unit_id = rows_id(rows, 1)};
    return rows_end(rows, error);
}

static bool read_members(struct db *db, const char *path, struct slice *slice, struct error *error)
{
    const struct run *run = slice->run;
    int64_t at_us = held_us(run);
    struct rows *rows =
        db_query(db,
                 "SELECT f.member_id, f.unit_id FROM units u"
                 " JOIN affiliations f ON f.unit_id = u.unit_id"
                 " JOIN members m ON m.member_id = f.member_id"
                 " WHERE u.path LIKE CONCAT(?, '%') AND f.kind = ? AND f.from_us <= ?"
                 " AND f.to_us > ? AND f.member_id > ? AND m.erased_us = 0 AND m.merged_into = 0"
                 " AND " MEMBER_IS_THERE " ORDER BY f.member_id LIMIT ?",
                 DB_STR(path), DB_INT(run->affiliation), DB_INT(at_us), DB_INT(at_us),
                 DB_ID(run->last_id), DB_INT(SLICE));

    return take_subjects(rows, slice, error);
}

static bool read_again(struct db *db, struct slice *slice, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT subject_id, unit_id FROM ratings WHERE run_id = ?"
                                 " AND scope = ? AND state = ? ORDER BY subject_id LIMIT ?",
                                 DB_ID(slice->run->run_id), DB_INT(LINLI_OF_MEMBER),
                                 DB_INT(RATING_AGAIN), DB_INT(SLICE));

    return take_subjects(rows, slice, error);
}

/* Units with members in this run, each with all that lies below it. */
static bool read_units(struct db *db, const char *path, struct slice *slice, struct error *error)
{
    const struct run *run = slice->run;
    struct rows *rows = db_query(db,
                                 "SELECT top.unit_id, SUM(t.rated), SUM(t.failing) FROM"
                                 " (SELECT u.path, SUM(r.counts) AS rated, SUM(r.fails) AS failing"
                                 "  FROM ratings r JOIN units u ON u.unit_id = r.unit_id"
                                 "  WHERE r.run_id = ? AND r.scope = ? AND r." RATING_COUNTS
                                 " GROUP BY r.unit_id, u.path) AS t"
                                 " JOIN units top ON t.path LIKE CONCAT(top.path, '%')"
                                 " WHERE top.path LIKE CONCAT(?, '%') AND top.unit_id > ?"
                                 " GROUP BY top.unit_id ORDER BY top.unit_id LIMIT ?",
                                 DB_ID(run->run_id), DB_INT(LINLI_OF_MEMBER), DB_STR(path),
                                 DB_ID(run->last_id), DB_INT(SLICE));

    slice->subjects = arena_take(slice->arena, SLICE * sizeof *slice->subjects);
    while (rows_next(rows))
        slice->subjects[slice->count++] = (struct subject){.id = rows_id(rows, 0),
                                                           .unit_id = rows_id(rows, 0),
                                                           .rated = rows_int(rows, 1),
                                                           .failing = rows_int(rows, 2)};
    return rows_end(rows, error);
}

/* --- Facts ------------------------------------------------------------------------------------ */

static void set_fact(const struct slice *slice, size_t i, const char *name, int64_t number,
                     bool known)
{
    const struct manifest *manifest = slice->plugin->manifest;

    for (size_t k = slice->first_fact; k < slice->first_fact + slice->fact_count; k++)
        if (strcmp(manifest->facts[k], name) == 0)
            slice->calls[i].values[k] =
                (struct linli_value){.number = known ? number : 0, .known = known};
}

/* What the run itself knows of a unit. A share of fewer than ten would point at somebody. */
static void set_run_facts(const struct slice *slice, size_t i)
{
    const struct subject *unit = &slice->subjects[i];
    int64_t share = unit->rated > 0 ? (unit->rated - unit->failing) * 100 / unit->rated : 0;

    set_fact(slice, i, "run.members_rated", unit->rated, true);
    set_fact(slice, i, "run.members_failing", unit->failing, true);
    set_fact(slice, i, "run.share_fulfilled", share, unit->rated >= 10);
}

static struct fact_subject subject_of(const struct slice *slice, size_t i)
{
    bool member = slice->scope == LINLI_OF_MEMBER;

    return (struct fact_subject){
        .member_id = member ? slice->subjects[i].id : 0,
        .unit_id = slice->subjects[i].unit_id,
        .at_us = slice->run->asked_us,
        .from_us = slice->run->from_us,
        .until_us = slice->run->until_us,
        .utc_offset_minutes = slice->utc_offset_minutes,
    };
}

static void ask_one(struct slice *slice, size_t i)
{
    const struct manifest *manifest = slice->plugin->manifest;

    slice->calls[i] = (struct plugin_call){
        .plugin = slice->plugin,
        .operation = PLUGIN_RATE,
        .question.rate = {.size = sizeof(struct linli_rate_question),
                          .scope = slice->scope,
                          .subject = slice->subjects[i].id,
                          .from_us = slice->run->from_us,
                          .to_us = slice->run->until_us,
                          .now_us = slice->run->asked_us,
                          .forecast = slice->run->forecast},
        .values = arena_take(slice->arena, (manifest->fact_count + 1) * sizeof(struct linli_value)),
    };
}

static bool load_facts(struct db *db, struct slice *slice, struct error *error)
{
    const struct manifest *manifest = slice->plugin->manifest;
    struct fact_subject *subjects = arena_take(slice->arena, slice->count * sizeof *subjects);
    struct fact_wish *wishes = arena_take(slice->arena, slice->count * sizeof *wishes);

    for (size_t i = 0; i < slice->count; i++) {
        subjects[i] = subject_of(slice, i);
        wishes[i] = (struct fact_wish){.subject = &subjects[i],
                                       .facts = manifest->fact_index + slice->first_fact,
                                       .count = slice->fact_count,
                                       .values = slice->calls[i].values + slice->first_fact};
    }
    if (!facts_load(db, wishes, slice->count, slice->arena, NULL, NULL, NULL, error))
        return false;
    for (size_t i = 0; slice->scope == LINLI_OF_UNIT && i < slice->count; i++)
        set_run_facts(slice, i);
    return true;
}

/* --- What came of it -------------------------------------------------------------------------- */

/* NULL: none was given. */
static const struct manifest_rating *rating_of_call(const struct slice *slice,
                                                    const struct plugin_call *call)
{
    const struct manifest *manifest = slice->plugin->manifest;
    const char *code = call->fault == FAULT_NONE ? call->answer.rating->code : "";

    for (size_t i = 0; i < manifest->assessment.rating_count; i++)
        if (strcmp(manifest->assessment.ratings[i].code, code) == 0)
            return &manifest->assessment.ratings[i];
    return NULL;
}

static json_t *reasons_json(const struct linli_rating *rating)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < rating->reason_count; i++) {
        const struct linli_reason *reason = &rating->reasons[i];
        json_array_append_new(
            list, json_pack("{s:s, s:o, s:o, s:I}", "code", reason->code, "zh",
                            json_text((struct text){reason->zh.bytes, reason->zh.length}), "en",
                            json_text((struct text){reason->en.bytes, reason->en.length}),
                            "missing", (json_int_t)rating->missing[i]));
    }
    return list;
}

static json_t *facts_json_of(const struct slice *slice, const struct plugin_call *call)
{
    json_t *facts = json_object();

    for (size_t k = slice->first_fact; k < slice->first_fact + slice->fact_count; k++)
        json_object_set_new(facts, slice->plugin->manifest->facts[k],
                            call->values[k].known ? json_integer(call->values[k].number)
                                                  : json_null());
    return facts;
}

static void add_text(struct sql *sql, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);

    sql_add(sql, ",");
    sql_add_bytes(sql, text, strlen(text));
    free(text);
    json_decref(json);
}

static void add_rating(struct sql *sql, struct slice *slice, size_t i)
{
    const struct plugin_call *call = &slice->calls[i];
    bool answered = call->fault == FAULT_NONE;
    const char *code = answered ? call->answer.rating->code : "";
    const struct manifest_rating *rating = rating_of_call(slice, call);

    slice->faults += !answered;
    sql_add_id(sql, slice->run->run_id);
    sql_add(sql, ",");
    sql_add_int(sql, slice->scope);
    sql_add(sql, ",");
    sql_add_id(sql, slice->subjects[i].id);
    sql_add(sql, ",");
    sql_add_id(sql, slice->subjects[i].unit_id);
    for (int column = 0; column < 2; column++) { /* as it stands, and as drafted */
        sql_add(sql, ",");
        sql_add_bytes(sql, code, strlen(code));
    }
    sql_add(sql, ",");
    sql_add_int(sql, rating && !rating->aside);
    sql_add(sql, ",");
    sql_add_int(sql, rating && rating->fails);
    add_text(sql, answered ? reasons_json(call->answer.rating) : json_array());
    add_text(sql, facts_json_of(slice, call));
}

/* Again after an appeal or a merge: a row is there already. What was dropped meanwhile stays so,
 * and what a person decided. */
#define HAS_LEFT  "state > 1" /* neither RATING_STANDS nor RATING_AGAIN */
#define IS_OTHERS HAS_LEFT " OR rating <> drafted"
static void add_slice(struct sql *sql, struct slice *slice)
{
    sql_add(sql, "INSERT INTO ratings (run_id, scope, subject_id, unit_id, rating, drafted, counts,"
                 " fails, reasons, facts) VALUES ");
    for (size_t i = 0; i < slice->count; i++) {
        sql_add_literal(sql, i == 0 ? "(" : ",(", i == 0 ? 1 : 2);
        add_rating(sql, slice, i);
        sql_add(sql, ")");
    }
    sql_add(sql, " ON DUPLICATE KEY UPDATE"
                 " counts = IF(" IS_OTHERS ", counts, VALUES(counts)),"
                 " fails = IF(" IS_OTHERS ", fails, VALUES(fails)),"
                 " rating = IF(" IS_OTHERS ", rating, VALUES(rating)),"
                 " drafted = IF(" HAS_LEFT ", drafted, VALUES(drafted)),"
                 " reasons = IF(" HAS_LEFT ", reasons, VALUES(reasons)),"
                 " facts = IF(" HAS_LEFT ", facts, VALUES(facts)),"
                 " state = IF(" HAS_LEFT ", state, 0)");
    sql_end(sql);
}

/* Whether the run still is where this slice began; locks it. */
static bool is_still_there(struct db *db, const struct run *run, bool *there, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT state, step, last_id FROM assessment_runs"
                                 " WHERE run_id = ? FOR UPDATE",
                                 DB_ID(run->run_id));

    *there = rows_next(rows) && rows_int(rows, 0) == RUN_RATING && rows_int(rows, 1) == run->step &&
             rows_id(rows, 2) == run->last_id;
    return rows_end(rows, error);
}

static bool write_ratings(struct db *db, struct slice *slice, struct error *error)
{
    struct sql sql = {0};
    bool fine = true;

    if (slice->count > 0) {
        add_slice(&sql, slice);
        fine = db_batch(db, &sql, error) && db_batch_end(db, error);
    }
    sql_free(&sql);
    return fine;
}

/* Whose account was erased or merged while the policy was asked is not in the run; and whoever had
 * another merged into theirs is asked about again. */
static bool pass_over_gone(struct db *db, const struct slice *slice, struct error *error)
{
    uint64_t run_id = slice->run->run_id, last = slice->count;

    if (slice->run->step != RUN_MEMBERS || last == 0)
        return true;
    return db_run(db, error,
                  "DELETE r FROM ratings r JOIN members m ON m.member_id = r.subject_id"
                  " AND (m.erased_us > 0 OR m.merged_into > 0) WHERE r.run_id = ? AND r.scope = ?"
                  " AND r.subject_id BETWEEN ? AND ? AND r.state = ?",
                  DB_ID(run_id), DB_INT(LINLI_OF_MEMBER), DB_ID(slice->subjects[0].id),
                  DB_ID(slice->subjects[last - 1].id), DB_INT(RATING_STANDS)) >= 0 &&
           db_run(db, error,
                  "UPDATE ratings r JOIN merges q ON q.into_id = r.subject_id AND q.done_us > ?"
                  " SET r.state = ? WHERE r.run_id = ? AND r.scope = ?"
                  " AND r.subject_id BETWEEN ? AND ? AND r.state = ?",
                  DB_INT(slice->now_us - MINUTE_US), DB_INT(RATING_AGAIN), DB_ID(run_id),
                  DB_INT(LINLI_OF_MEMBER), DB_ID(slice->subjects[0].id),
                  DB_ID(slice->subjects[last - 1].id), DB_INT(RATING_STANDS)) >= 0;
}

/* Of a run that people have seen: whoever falls short after all. */
static bool tell_again(struct db *db, const struct slice *slice, struct error *error)
{
    if (slice->run->step != RUN_AGAIN || slice->run->shown_us == 0)
        return true;
    for (size_t i = 0; i < slice->count; i++) {
        const struct manifest_rating *rating = rating_of_call(slice, &slice->calls[i]);

        if (rating && rating->fails &&
            !inbox_tell(db, slice->subjects[i].id, NOTICE_RATING_SHOWN, slice->run->run_id, NULL,
                        slice->now_us, error))
            return false;
    }
    return true;
}

/* A merge may have added some while these were asked about: the run is where it was all the same.
 */
static bool look_for_more(struct db *db, struct slice *slice, struct error *error)
{
    struct rows *rows;

    if (slice->run->step != RUN_AGAIN)
        return true;
    rows =
        db_query(db, "SELECT 1 FROM ratings WHERE run_id = ? AND scope = ? AND state = ? LIMIT 1",
                 DB_ID(slice->run->run_id), DB_INT(LINLI_OF_MEMBER), DB_INT(RATING_AGAIN));
    slice->more_again = rows_next(rows);
    return rows_end(rows, error);
}

/* The step after a slice: a full one is followed by another of its kind, and so is any while there
 * are members to be asked about again. */
static enum run_step step_after(const struct slice *slice)
{
    const struct run *run = slice->run;
    bool rates_units = (slice->plugin->manifest->assessment.scopes & LINLI_OF_UNIT) != 0;

    if (slice->more_again || (run->step != RUN_AGAIN && slice->count == SLICE))
        return run->step;
    if (run->step == RUN_MEMBERS)
        return RUN_AGAIN;
    return run->step == RUN_AGAIN && rates_units ? RUN_UNITS : RUN_DONE;
}

static bool write_progress(struct db *db, const struct slice *slice, struct error *error)
{
    const struct run *run = slice->run;
    enum run_step step = step_after(slice);
    bool members = run->step == RUN_MEMBERS, done = step == RUN_DONE;
    bool goes_on = step == run->step && step != RUN_AGAIN; /* who was, is not AGAIN any more */
    uint64_t last_id = goes_on ? slice->subjects[slice->count - 1].id : 0;

    return db_run(db, error,
                  "UPDATE assessment_runs SET step = ?, last_id = ?, members_done = members_done +"
                  " ?, faults = faults + ?, state = IF(?, IF(shown_us > 0, ?, ?), state),"
                  " finished_us = IF(?, ?, finished_us), waits = '' WHERE run_id = ?",
                  DB_INT(step), DB_ID(last_id), DB_INT(members ? slice->count : 0),
                  DB_INT(slice->faults), DB_INT(done), DB_INT(RUN_SHOWN), DB_INT(RUN_DRAFT),
                  DB_INT(done), DB_INT(slice->now_us), DB_ID(run->run_id)) == 1;
}

static bool write_slice(struct db *db, void *context, struct error *error)
{
    struct slice *slice = context;
    bool there;

    slice->faults = 0; /* it may run again */
    if (!is_still_there(db, slice->run, &there, error))
        return false;
    return !there || (write_ratings(db, slice, error) && pass_over_gone(db, slice, error) &&
                      tell_again(db, slice, error) && look_for_more(db, slice, error) &&
                      write_progress(db, slice, error));
}

/* --- The run ---------------------------------------------------------------------------------- */

static bool fail_run(struct db *db, const struct run *run, const char *why, struct error *error)
{
    LOG(WARN, "assessment.failed", LOG_INT("run", (int64_t)run->run_id), LOG_STR("why", why));
    return db_run(
               db, error,
               "UPDATE assessment_runs SET state = ?, failure = ? WHERE run_id = ? AND state = ?",
               DB_INT(RUN_FAILED), DB_STR(why), DB_ID(run->run_id), DB_INT(RUN_RATING)) >= 0;
}

/* The policy cannot be asked. What people have worked with is not lost by that. */
static bool put_off(struct db *db, const struct run *run, const char *why, struct error *error)
{
    if (run->finished_us == 0)
        return fail_run(db, run, why, error);
    if (strcmp(run->waits, why) == 0)
        return true;
    LOG(WARN, "assessment.waits", LOG_INT("run", (int64_t)run->run_id), LOG_STR("why", why));
    return db_run(db, error, "UPDATE assessment_runs SET waits = ? WHERE run_id = ? AND state = ?",
                  DB_STR(why), DB_ID(run->run_id), DB_INT(RUN_RATING)) >= 0;
}

static void choose_facts(struct slice *slice)
{
    const struct manifest *manifest = slice->plugin->manifest;
    size_t split = manifest->assessment.unit_facts_from;

    slice->first_fact = slice->scope == LINLI_OF_MEMBER ? 0 : split;
    slice->fact_count = slice->scope == LINLI_OF_MEMBER ? split : manifest->fact_count - split;
}

static bool read_subjects(struct db *db, const char *path, struct slice *slice, struct error *error)
{
    switch (slice->run->step) {
    case RUN_MEMBERS: return read_members(db, path, slice, error);
    case RUN_AGAIN: return read_again(db, slice, error);
    default: return read_units(db, path, slice, error);
    }
}

static bool rate_slice(struct db *db, struct policy *policy, const char *path, struct slice *slice,
                       struct error *error)
{
    struct error why;

    choose_facts(slice);
    if (!read_subjects(db, path, slice, error))
        return false;
    slice->calls = arena_take(slice->arena, (slice->count + 1) * sizeof *slice->calls);
    for (size_t i = 0; i < slice->count; i++)
        ask_one(slice, i);
    if (slice->count > 0) {
        if (!load_facts(db, slice, error))
            return false;
        if (!policy_ask(policy, slice->calls, slice->count, DEADLINE_US, slice->arena, &why))
            return put_off(db, slice->run, why.detail, error);
    }
    return db_transaction(db, write_slice, slice, error);
}

static bool count_members(struct db *db, const struct run *run, const char *path,
                          struct error *error)
{
    int64_t at_us = held_us(run);

    return run->members_done > 0 || run->step != RUN_MEMBERS ||
           db_run(db, error,
                  "UPDATE assessment_runs SET members = (SELECT COUNT(*) FROM units u"
                  " JOIN affiliations f ON f.unit_id = u.unit_id"
                  " JOIN members m ON m.member_id = f.member_id"
                  " WHERE u.path LIKE CONCAT(?, '%') AND f.kind = ? AND f.from_us <= ?"
                  " AND f.to_us > ? AND m.erased_us = 0 AND m.merged_into = 0"
                  " AND " MEMBER_IS_THERE ") WHERE run_id = ?",
                  DB_STR(path), DB_INT(run->affiliation), DB_INT(at_us), DB_INT(at_us),
                  DB_ID(run->run_id)) >= 0;
}

static bool advance(struct db *db, const struct run_tools *tools, struct slice *slice,
                    struct error *error)
{
    const struct run *run = slice->run;
    struct policy policy;
    struct unit unit;
    enum find found = unit_find(db, run->unit_id, slice->arena, &unit, error);
    bool fine;

    if (found != FIND_FOUND)
        return found == FIND_NOTHING && fail_run(db, run, "its unit is not there any more", error);
    found = policy_open(db, tools, run, slice->arena, &policy, error);
    if (found == FIND_NOTHING)
        return put_off(db, run, error->detail, error);
    if (found == FIND_FAILED)
        return false;
    slice->plugin = policy.plugin;
    fine = count_members(db, run, unit.path, error) &&
           rate_slice(db, &policy, unit.path, slice, error);
    policy_close(&policy);
    return fine;
}

bool run_advance(struct db *db, const struct run_tools *tools, uint64_t run_id, int64_t now_us,
                 bool *more, struct error *error)
{
    struct arena *arena = arena_new();
    struct run run;
    enum find found = run_find(db, run_id, arena, &run, error);
    struct slice slice = {.run = &run,
                          .arena = arena,
                          .utc_offset_minutes = (int)tools->programme->utc_offset_minutes,
                          .now_us = now_us};
    bool fine = found != FIND_FAILED;

    *more = false;
    if (found == FIND_FOUND && run.state == RUN_RATING) {
        slice.scope = run.step == RUN_UNITS ? LINLI_OF_UNIT : LINLI_OF_MEMBER;
        fine = advance(db, tools, &slice, error) &&
               run_find(db, run_id, arena, &run, error) == FIND_FOUND;
        *more = fine && run.state == RUN_RATING && *run.waits == '\0';
    }
    arena_free(arena);
    return fine;
}
