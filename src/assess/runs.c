/* Runs: made, found, shown, signed, published. */
#include "assess/runs.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "outbox/inbox.h"
#include "people/audit.h"
#include "people/units.h"

#define PERIOD_DAYS_MOST 3660

const char *run_state_name(enum run_state state)
{
    static const char *const names[] = {
        [RUN_RATING] = "rating", [RUN_DRAFT] = "draft",         [RUN_SHOWN] = "shown",
        [RUN_SIGNED] = "signed", [RUN_PUBLISHED] = "published", [RUN_FAILED] = "failed",
    };

    return name_from(names, ARRAY_LENGTH(names), state);
}

/* --- Finding ---------------------------------------------------------------------------------- */

#define RUN_COLUMNS                                                                                \
    "SELECT run_id, plugin_id, version_id, policy_id, unit_id, affiliation, revision, from_day,"   \
    " to_day, from_us, until_us, asked_us, forecast, state, step, last_id, members, members_done," \
    " faults, failure, created_by, finished_us, shown_us, appeals_until_us, signed_by,"            \
    " signed_name, signed_us, published_us, waits FROM assessment_runs "

static void read_run(struct rows *rows, struct arena *arena, struct run *run)
{
    *run = (struct run){
        .run_id = rows_id(rows, 0),
        .plugin_id = rows_id(rows, 1),
        .version_id = rows_id(rows, 2),
        .policy_id = rows_id(rows, 3),
        .unit_id = rows_id(rows, 4),
        .affiliation = (enum affiliation_kind)rows_int(rows, 5),
        .revision = (uint32_t)rows_int(rows, 6),
        .from_day = (int32_t)rows_int(rows, 7),
        .to_day = (int32_t)rows_int(rows, 8),
        .from_us = rows_int(rows, 9),
        .until_us = rows_int(rows, 10),
        .asked_us = rows_int(rows, 11),
        .forecast = rows_int(rows, 12) != 0,
        .state = (enum run_state)rows_int(rows, 13),
        .step = (enum run_step)rows_int(rows, 14),
        .last_id = rows_id(rows, 15),
        .members = rows_int(rows, 16),
        .members_done = rows_int(rows, 17),
        .faults = rows_int(rows, 18),
        .failure = rows_copy(rows, 19, arena),
        .created_by = rows_id(rows, 20),
        .finished_us = rows_int(rows, 21),
        .shown_us = rows_int(rows, 22),
        .appeals_until_us = rows_int(rows, 23),
        .signed_by = rows_id(rows, 24),
        .signed_name = rows_copy(rows, 25, arena),
        .signed_us = rows_int(rows, 26),
        .published_us = rows_int(rows, 27),
        .waits = rows_copy(rows, 28, arena),
    };
}

static enum find find_in(struct rows *rows, struct arena *arena, struct run *run,
                         struct error *error)
{
    bool found = rows_next(rows);

    if (found)
        read_run(rows, arena, run);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

enum find run_find(struct db *db, uint64_t run_id, struct arena *arena, struct run *run,
                   struct error *error)
{
    return find_in(db_query(db, RUN_COLUMNS "WHERE run_id = ?", DB_ID(run_id)), arena, run, error);
}

enum find run_find_newest(struct db *db, uint64_t unit_id, struct arena *arena, struct run *run,
                          struct error *error)
{
    struct rows *rows =
        db_query(db,
                 RUN_COLUMNS "WHERE shown_us > 0 AND run_id IN (SELECT r.run_id FROM ratings r"
                             " WHERE r.subject_id = ? AND r.scope = ?)"
                             " ORDER BY run_id DESC LIMIT 1",
                 DB_ID(unit_id), DB_INT(LINLI_OF_UNIT));

    return find_in(rows, arena, run, error);
}

bool run_list(struct db *db, uint64_t before_id, size_t limit, struct arena *arena,
              struct run **runs, size_t *count, struct error *error)
{
    struct rows *rows = db_query(db,
                                 RUN_COLUMNS "WHERE ? = 0 OR run_id < ? ORDER BY run_id DESC"
                                             " LIMIT ?",
                                 DB_ID(before_id), DB_ID(before_id), DB_INT(limit));

    *runs = arena_take(arena, (limit + 1) * sizeof **runs);
    *count = 0;
    while (rows_next(rows))
        read_run(rows, arena, &(*runs)[(*count)++]);
    return rows_end(rows, error);
}

bool run_next(struct db *db, uint64_t after_id, uint64_t *run_id, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT run_id FROM assessment_runs WHERE state = ?"
                                 " AND run_id > ? ORDER BY run_id LIMIT 1",
                                 DB_INT(RUN_RATING), DB_ID(after_id));

    *run_id = rows_next(rows) ? rows_id(rows, 0) : 0;
    return rows_end(rows, error);
}

/* --- Making ----------------------------------------------------------------------------------- */

struct making {
    const struct new_run *wanted;
    struct run run;
    int64_t now_us;
};

/* Which policy is in force now: the run is held to it. */
static bool take_policy(struct plugins *plugins, uint64_t plugin_id, struct run *run)
{
    struct plugin_desk *desk = plugins_borrow(plugins, DESK_ROOM);
    const struct plugin_set *set = plugin_desk_set(desk);
    bool taken = false;

    for (size_t i = 0; i < set->count && !taken; i++) {
        const struct plugin *plugin = &set->plugins[i];

        taken = plugin->plugin_id == plugin_id && plugin->manifest->kind == LINLI_ASSESSMENT &&
                plugin->manifest->assessment.rates;
        run->version_id = plugin->version_id;
        run->policy_id = plugin->policy_id;
    }
    plugins_return(desk);
    return taken;
}

static bool set_period(struct making *making)
{
    const struct new_run *wanted = making->wanted;
    struct run *run = &making->run;

    run->from_us = calendar_day_start_us(wanted->from_day, wanted->utc_offset_minutes);
    run->until_us = calendar_day_start_us(wanted->to_day + 1, wanted->utc_offset_minutes);
    run->forecast = run->until_us > making->now_us;
    return wanted->from_day <= wanted->to_day &&
           wanted->to_day - wanted->from_day < PERIOD_DAYS_MOST && run->from_us < making->now_us;
}

static bool count_earlier(struct db *db, const struct new_run *wanted, uint32_t *revision,
                          struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT COALESCE(MAX(revision), 0) FROM assessment_runs"
                                 " WHERE plugin_id = ? AND unit_id = ? AND from_day = ?"
                                 " AND to_day = ? FOR UPDATE",
                                 DB_ID(wanted->plugin_id), DB_ID(wanted->unit_id),
                                 DB_INT(wanted->from_day), DB_INT(wanted->to_day));

    *revision = rows_next(rows) ? (uint32_t)rows_int(rows, 0) : 0;
    return rows_end(rows, error);
}

static bool insert_run(struct db *db, void *context, struct error *error)
{
    struct making *making = context;
    const struct new_run *wanted = making->wanted;
    struct run *run = &making->run;
    uint32_t earlier;

    return count_earlier(db, wanted, &earlier, error) &&
           db_run(db, error,
                  "INSERT INTO assessment_runs (run_id, plugin_id, version_id, policy_id, unit_id,"
                  " affiliation, revision, from_day, to_day, from_us, until_us, asked_us,"
                  " forecast, state, step, last_id, members, members_done, faults, failure,"
                  " created_by, finished_us, shown_us, appeals_until_us, signed_by, signed_name,"
                  " signed_us, published_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                  " 0, 0, 0, 0, '', ?, 0, 0, 0, 0, '', 0, 0)",
                  DB_ID(run->run_id), DB_ID(wanted->plugin_id), DB_ID(run->version_id),
                  DB_ID(run->policy_id), DB_ID(wanted->unit_id), DB_INT(wanted->affiliation),
                  DB_INT(earlier + 1), DB_INT(wanted->from_day), DB_INT(wanted->to_day),
                  DB_INT(run->from_us), DB_INT(run->until_us), DB_INT(making->now_us),
                  DB_INT(run->forecast), DB_INT(RUN_RATING), DB_INT(RUN_MEMBERS),
                  DB_ID(wanted->actor)) == 1 &&
           audit_append(db,
                        &(struct audit){.actor = wanted->actor,
                                        .action = "assessment.create",
                                        .object_id = run->run_id},
                        making->now_us, error);
}

enum run_answer run_create(struct db *db, struct id_maker *ids, struct plugins *plugins,
                           const struct new_run *wanted, int64_t now_us, uint64_t *run_id,
                           struct error *error)
{
    struct making making = {.wanted = wanted, .now_us = now_us};
    struct arena *arena = arena_new();
    struct unit unit;
    enum find found = unit_find(db, wanted->unit_id, arena, &unit, error);

    arena_free(arena);
    if (found != FIND_FOUND)
        return found == FIND_NOTHING ? RUN_NOT_FOUND : RUN_BROKEN;
    if (!set_period(&making))
        return RUN_BAD_PERIOD;
    if (!take_policy(plugins, wanted->plugin_id, &making.run))
        return RUN_NO_POLICY;
    *run_id = making.run.run_id = id_next(ids);
    return db_transaction(db, insert_run, &making, error) ? RUN_FINE : RUN_BROKEN;
}

/* --- From state to state ---------------------------------------------------------------------- */

/* A step of a person: what it needs, and what it writes. */
struct step {
    uint64_t run_id, actor, person_id;
    int64_t appeals_until_us, appeals_read, now_us;
    struct text name;
    const char *action;
    bool (*write)(struct db *db, struct step *step, struct error *error);
    enum run_answer answer;
};

static bool take_step(struct db *db, void *context, struct error *error)
{
    struct step *step = context;

    step->answer = RUN_FINE;
    if (!step->write(db, step, error))
        return false;
    return step->answer != RUN_FINE || audit_append(db,
                                                    &(struct audit){.actor = step->actor,
                                                                    .action = step->action,
                                                                    .object_id = step->run_id,
                                                                    .why = step->name},
                                                    step->now_us, error);
}

static enum run_answer run_take_step(struct db *db, struct step *step, struct error *error)
{
    return db_transaction(db, take_step, step, error) ? step->answer : RUN_BROKEN;
}

/* None changed: there is no such run, or it is in another state. */
static bool moved(struct db *db, struct step *step, int64_t changed, struct error *error)
{
    struct rows *rows;

    if (changed != 0)
        return changed > 0;
    rows = db_query(db, "SELECT 1 FROM assessment_runs WHERE run_id = ?", DB_ID(step->run_id));
    step->answer = rows_next(rows) ? RUN_WRONG_STATE : RUN_NOT_FOUND;
    return rows_end(rows, error);
}

/* Whoever falls short is told; the others find theirs when they look. */
static bool tell_failing(struct db *db, const struct step *step, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT subject_id FROM ratings WHERE run_id = ? AND scope = ? AND fails"
                 " AND " RATING_COUNTS,
                 DB_ID(step->run_id), DB_INT(LINLI_OF_MEMBER));
    bool told = true;

    while (told && rows_next(rows))
        told = inbox_tell(db, rows_id(rows, 0), NOTICE_RATING_SHOWN, step->run_id, NULL,
                          step->now_us, error);
    return rows_end(rows, told ? error : NULL) && told;
}

static bool write_shown(struct db *db, struct step *step, struct error *error)
{
    int64_t changed =
        db_run(db, error,
               "UPDATE assessment_runs SET state = ?, shown_us = ?, appeals_until_us = ?"
               " WHERE run_id = ? AND state = ? AND NOT forecast",
               DB_INT(RUN_SHOWN), DB_INT(step->now_us), DB_INT(step->appeals_until_us),
               DB_ID(step->run_id), DB_INT(RUN_DRAFT));

    return moved(db, step, changed, error) &&
           (step->answer != RUN_FINE || tell_failing(db, step, error));
}

enum run_answer run_show(struct db *db, uint64_t run_id, uint64_t actor, int64_t appeals_until_us,
                         int64_t now_us, struct error *error)
{
    struct step step = {.run_id = run_id,
                        .actor = actor,
                        .appeals_until_us = appeals_until_us,
                        .now_us = now_us,
                        .action = "assessment.show",
                        .write = write_shown};

    return run_take_step(db, &step, error);
}

/* Locks the run: an appeal that is made meanwhile waits, and then finds it signed. */
static bool lock_shown(struct db *db, struct step *step, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT state = ? AND appeals_until_us <= ? FROM assessment_runs WHERE run_id = ?"
                 " FOR UPDATE",
                 DB_INT(RUN_SHOWN), DB_INT(step->now_us), DB_ID(step->run_id));

    step->answer = RUN_NOT_FOUND;
    if (rows_next(rows))
        step->answer = rows_int(rows, 0) ? RUN_FINE : RUN_WRONG_STATE;
    return rows_end(rows, error);
}

/* Whether whoever signs made one, or decided one, under this account or another. */
static bool look_for_appeals(struct db *db, struct step *step, struct error *error)
{
    struct rows *rows = db_query(
        db,
        "SELECT COUNT(IF(p.state = ?, 1, NULL)), COUNT(IF(p.member_id = ?, 1, NULL)),"
        " COUNT(IF(p.decided_by = ? OR c.person_id = ?, 1, NULL)),"
        " COUNT(IF(p.state IN (?, ?), 1, NULL)) FROM appeals p"
        " LEFT JOIN accounts c ON c.account_id = p.decided_by AND c.person_id <> 0"
        " WHERE p.run_id = ?",
        DB_INT(APPEAL_OPEN), DB_ID(step->person_id), DB_ID(step->actor), DB_ID(step->person_id),
        DB_INT(APPEAL_UPHELD), DB_INT(APPEAL_REJECTED), DB_ID(step->run_id));

    if (rows_next(rows))
        step->answer = rows_int(rows, 0) > 0                     ? RUN_OPEN_APPEALS
                       : rows_int(rows, 1) > 0                   ? RUN_NOT_OWN
                       : rows_int(rows, 2) > 0                   ? RUN_SAME_PERSON
                       : rows_int(rows, 3) != step->appeals_read ? RUN_UNREAD
                                                                 : RUN_FINE;
    return rows_end(rows, error);
}

static bool write_signed(struct db *db, struct step *step, struct error *error)
{
    if (!lock_shown(db, step, error) ||
        (step->answer == RUN_FINE && !look_for_appeals(db, step, error)))
        return false;
    return step->answer != RUN_FINE ||
           db_run(db, error,
                  "UPDATE assessment_runs SET state = ?, signed_us = ?, signed_by = ?,"
                  " signed_name = ? WHERE run_id = ?",
                  DB_INT(RUN_SIGNED), DB_INT(step->now_us), DB_ID(step->actor), DB_TEXT(step->name),
                  DB_ID(step->run_id)) == 1;
}

enum run_answer run_sign(struct db *db, const struct signing *signing, int64_t now_us,
                         struct error *error)
{
    struct step step = {.run_id = signing->run_id,
                        .actor = signing->actor,
                        .person_id = signing->person_id,
                        .appeals_read = signing->appeals_read,
                        .name = signing->name,
                        .now_us = now_us,
                        .action = "assessment.sign",
                        .write = write_signed};

    return run_take_step(db, &step, error);
}

static bool write_published(struct db *db, struct step *step, struct error *error)
{
    return moved(db, step,
                 db_run(db, error,
                        "UPDATE assessment_runs SET state = ?, published_us = ?"
                        " WHERE run_id = ? AND state = ?",
                        DB_INT(RUN_PUBLISHED), DB_INT(step->now_us), DB_ID(step->run_id),
                        DB_INT(RUN_SIGNED)),
                 error);
}

enum run_answer run_publish(struct db *db, uint64_t run_id, uint64_t actor, int64_t now_us,
                            struct error *error)
{
    struct step step = {.run_id = run_id,
                        .actor = actor,
                        .now_us = now_us,
                        .action = "assessment.publish",
                        .write = write_published};

    return run_take_step(db, &step, error);
}
