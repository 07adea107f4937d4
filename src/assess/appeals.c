/* Appeals: a member's words against a draft, and what somebody else answers. */
#include <string.h>

#include "assess/runs.h"
#include "outbox/inbox.h"
#include "people/audit.h"

const char *appeal_state_name(enum appeal_state state)
{
    static const char *const names[] = {[APPEAL_OPEN] = "open",
                                        [APPEAL_UPHELD] = "upheld",
                                        [APPEAL_REJECTED] = "rejected",
                                        [APPEAL_WITHDRAWN] = "withdrawn"};

    return name_from(names, ARRAY_LENGTH(names), state);
}

/* --- Making ----------------------------------------------------------------------------------- */

struct making {
    uint64_t run_id, member_id;
    struct text words;
    int64_t now_us;
    enum run_answer answer;
};

/* The run is locked, so that nobody signs it meanwhile. NOT_FOUND to whom it has not rated. */
static bool check_run(struct db *db, struct making *making, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT a.state, a.appeals_until_us FROM assessment_runs a"
                 " JOIN ratings r ON r.run_id = a.run_id AND r.scope = ? AND r.subject_id = ?"
                 " AND r." RATING_COUNTS " WHERE a.run_id = ? AND a.shown_us > 0 FOR UPDATE",
                 DB_INT(LINLI_OF_MEMBER), DB_ID(making->member_id), DB_ID(making->run_id));

    making->answer = RUN_NOT_FOUND;
    if (rows_next(rows)) {
        enum run_state state = (enum run_state)rows_int(rows, 0);
        bool open = state == RUN_SHOWN || state == RUN_RATING;

        making->answer = open && making->now_us < rows_int(rows, 1) ? RUN_FINE : RUN_TOO_LATE;
    }
    return rows_end(rows, error);
}

static bool insert_appeal(struct db *db, void *context, struct error *error)
{
    struct making *making = context;

    if (!check_run(db, making, error) || making->answer != RUN_FINE)
        return making->answer != RUN_FINE && making->answer != RUN_BROKEN;
    if (db_run(db, error,
               "INSERT INTO appeals (run_id, member_id, state, words, made_us, decided_by,"
               " decided_us, answer) VALUES (?, ?, ?, ?, ?, 0, 0, '')",
               DB_ID(making->run_id), DB_ID(making->member_id), DB_INT(APPEAL_OPEN),
               DB_TEXT(making->words), DB_INT(making->now_us)) == 1)
        return true;
    if (db_error_kind(db) == DB_DUPLICATE)
        making->answer = RUN_WRONG_STATE;
    return false;
}

enum run_answer appeal_make(struct db *db, uint64_t run_id, uint64_t member_id, struct text words,
                            int64_t now_us, struct error *error)
{
    struct making making = {run_id, member_id, words, now_us, RUN_BROKEN};

    if (db_transaction(db, insert_appeal, &making, error))
        return making.answer;
    return making.answer == RUN_WRONG_STATE ? RUN_WRONG_STATE : RUN_BROKEN;
}

/* --- Deciding --------------------------------------------------------------------------------- */

struct deciding {
    const struct appeal_decision *decision;
    bool fails, counts; /* the rating instead */
    int64_t now_us;
    enum run_answer answer;
};

/* What the policy's rating of that code means; RUN_BAD_RATING: it has none. */
static enum run_answer read_meaning(const struct manifest *manifest, struct deciding *deciding)
{
    const struct text code = deciding->decision->rating;

    for (size_t i = 0; i < manifest->assessment.rating_count; i++) {
        const struct manifest_rating *rating = &manifest->assessment.ratings[i];

        if (strlen(rating->code) != code.length ||
            memcmp(rating->code, code.data, code.length) != 0)
            continue;
        deciding->fails = rating->fails;
        deciding->counts = !rating->aside;
        return RUN_FINE;
    }
    return RUN_BAD_RATING;
}

/* By what the version that drafted it says of itself: it need not be in force. */
static enum run_answer look_up_rating(struct db *db, struct deciding *deciding, struct error *error)
{
    struct arena *arena = arena_new();
    struct manifest *manifest = arena_take(arena, sizeof *manifest);
    struct run run;
    enum find found = run_find(db, deciding->decision->run_id, arena, &run, error);
    enum run_answer answer;

    if (found == FIND_FOUND)
        found = registry_manifest(db, run.version_id, arena, manifest, error);
    answer = found == FIND_FOUND     ? read_meaning(manifest, deciding)
             : found == FIND_NOTHING ? RUN_NOT_FOUND
                                     : RUN_BROKEN;
    arena_free(arena);
    return answer;
}

static bool write_rating(struct db *db, const struct deciding *deciding, struct error *error)
{
    const struct appeal_decision *decision = deciding->decision;

    return db_run(db, error,
                  "UPDATE ratings SET rating = ?, fails = ?, counts = ?"
                  " WHERE run_id = ? AND scope = ? AND subject_id = ?",
                  DB_TEXT(decision->rating), DB_INT(deciding->fails), DB_INT(deciding->counts),
                  DB_ID(decision->run_id), DB_INT(LINLI_OF_MEMBER),
                  DB_ID(decision->member_id)) == 1 &&
           db_run(db, error,
                  "UPDATE assessment_runs SET state = ?, step = ?, last_id = 0 WHERE run_id = ?",
                  DB_INT(RUN_RATING), DB_INT(RUN_AGAIN), DB_ID(decision->run_id)) == 1;
}

static bool note_decision(struct db *db, const struct deciding *deciding, struct error *error)
{
    const struct appeal_decision *decision = deciding->decision;

    return inbox_tell(db, decision->member_id, NOTICE_APPEAL_ANSWERED, decision->run_id, NULL,
                      deciding->now_us, error) &&
           audit_append(db,
                        &(struct audit){.actor = decision->actor,
                                        .action = "assessment.decide_appeal",
                                        .object_id = decision->member_id,
                                        .after = decision->rating},
                        deciding->now_us, error);
}

static bool write_decision(struct db *db, void *context, struct error *error)
{
    struct deciding *deciding = context;
    const struct appeal_decision *decision = deciding->decision;
    bool upheld = decision->rating.length > 0;
    int64_t changed;

    deciding->answer = RUN_FINE;
    changed = db_run(
        db, error,
        "UPDATE appeals p JOIN assessment_runs a ON a.run_id = p.run_id SET"
        " p.state = ?, p.answer = ?, p.decided_by = ?, p.decided_us = ?"
        " WHERE p.run_id = ? AND p.member_id = ? AND p.state = ? AND a.state IN (?, ?)",
        DB_INT(upheld ? APPEAL_UPHELD : APPEAL_REJECTED), DB_TEXT(decision->answer),
        DB_ID(decision->actor), DB_INT(deciding->now_us), DB_ID(decision->run_id),
        DB_ID(decision->member_id), DB_INT(APPEAL_OPEN), DB_INT(RUN_SHOWN), DB_INT(RUN_RATING));
    if (changed <= 0) {
        deciding->answer = RUN_NOT_FOUND;
        return changed == 0;
    }
    return (!upheld || write_rating(db, deciding, error)) && note_decision(db, deciding, error);
}

enum run_answer appeal_decide(struct db *db, const struct appeal_decision *decision, int64_t now_us,
                              struct error *error)
{
    struct deciding deciding = {.decision = decision, .now_us = now_us};

    if (decision->person_id == decision->member_id)
        return RUN_NOT_OWN;
    if (decision->rating.length > 0) {
        enum run_answer known = look_up_rating(db, &deciding, error);
        if (known != RUN_FINE)
            return known;
    }
    return db_transaction(db, write_decision, &deciding, error) ? deciding.answer : RUN_BROKEN;
}

/* --- Looking ------------------------------------------------------------------------- */

bool appeal_list(struct db *db, uint64_t run_id, uint64_t after_id, size_t limit,
                 struct arena *arena, struct appeal **list, size_t *count, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT member_id, state, words, made_us, decided_by, decided_us,"
                                 " answer FROM appeals WHERE run_id = ? AND member_id > ?"
                                 " ORDER BY member_id LIMIT ?",
                                 DB_ID(run_id), DB_ID(after_id), DB_INT(limit));

    *list = arena_take(arena, (limit + 1) * sizeof **list);
    *count = 0;
    while (rows_next(rows))
        (*list)[(*count)++] = (struct appeal){
            .run_id = run_id,
            .member_id = rows_id(rows, 0),
            .state = (enum appeal_state)rows_int(rows, 1),
            .words = rows_copy(rows, 2, arena),
            .made_us = rows_int(rows, 3),
            .decided_by = rows_id(rows, 4),
            .decided_us = rows_int(rows, 5),
            .answer = rows_copy(rows, 6, arena),
        };
    return rows_end(rows, error);
}

bool appeal_count(struct db *db, uint64_t run_id, int64_t *decided, struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT COUNT(*) FROM appeals WHERE run_id = ? AND state IN (?, ?)",
                 DB_ID(run_id), DB_INT(APPEAL_UPHELD), DB_INT(APPEAL_REJECTED));

    *decided = rows_next(rows) ? rows_int(rows, 0) : 0;
    return rows_end(rows, error);
}
