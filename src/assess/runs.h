/*
 * Assessments: a policy (an assessment plugin) asked about every member of a unit and of what lies
 * below it, then about those units, over a period. A run is a draft with its reasons:
 *
 *   rating → draft → shown (people see theirs and may appeal) → signed → published
 *
 * It changes nothing: no points, prices or places depend on a rating. Who is a member's unit is
 * whoever was on the period's last day, or today while the period lasts: then it is a forecast.
 */
#ifndef LINLI_RUNS_H
#define LINLI_RUNS_H

#include "base/ids.h"
#include "people/affiliations.h"
#include "people/programme.h"
#include "plugin/registry.h"

/* Stored: do not renumber. */
enum run_state {
    RUN_RATING = 1, /* under way, or units are rated again after an appeal */
    RUN_DRAFT,
    RUN_SHOWN,
    RUN_SIGNED,
    RUN_PUBLISHED,
    RUN_FAILED, /* `failure` says why; start another */
};
const char *run_state_name(enum run_state state); /* "draft" */

enum run_step {
    RUN_MEMBERS = 1,
    RUN_UNITS,
    RUN_DONE,
    RUN_AGAIN, /* before the units: members whose line is RATING_AGAIN */
};

struct run {
    uint64_t run_id, plugin_id, version_id, policy_id, unit_id;
    enum affiliation_kind affiliation;
    uint32_t revision; /* 1, 2, … of the same policy, unit and period */
    int32_t from_day, to_day;
    int64_t from_us, until_us, asked_us;
    bool forecast;
    enum run_state state;
    enum run_step step;
    uint64_t last_id;
    int64_t members, members_done, faults; /* faults: subjects without a rating, since the policy
                                              failed on them: never a failing rating */
    const char *failure;
    const char *waits; /* rating: it was drafted before, and its policy cannot be asked now: why;
                          empty: it does not wait */
    uint64_t created_by, signed_by;
    const char *signed_name;
    int64_t finished_us, shown_us, appeals_until_us, signed_us, published_us;
};

/* How what a person asks of a run ends. */
enum run_answer {
    RUN_FINE,
    RUN_NOT_FOUND,
    RUN_WRONG_STATE,
    RUN_NO_POLICY,  /* no assessment plugin of that id is in shadow or enforced, or it rates nobody
                     */
    RUN_BAD_PERIOD, /* from after to, not begun yet, or longer than 3660 days */
    RUN_NOT_OWN,    /* nobody decides their own appeal, or signs what it ended in */
    RUN_BAD_RATING, /* not one of the policy's */
    RUN_OPEN_APPEALS, /* to be decided before it is signed */
    RUN_UNREAD,       /* there are others than whoever signs has read */
    RUN_SAME_PERSON,  /* who decided an appeal does not sign as well */
    RUN_TOO_LATE,     /* the time for appeals is over */
    RUN_BROKEN,       /* `error` is filled */
};

struct new_run {
    uint64_t plugin_id, unit_id;
    enum affiliation_kind affiliation;
    int32_t from_day, to_day;
    uint64_t actor;
    int utc_offset_minutes;
};
/* A run to be advanced. */
enum run_answer run_create(struct db *db, struct id_maker *ids, struct plugins *plugins,
                           const struct new_run *wanted, int64_t now_us, uint64_t *run_id,
                           struct error *error);

/* What advancing a run takes. */
struct run_tools {
    struct plugins *plugins;
    const struct registry *registry;
    const struct programme_options *programme;
};
/*
 * One slice of a run: a few thousand subjects, or its units. Any thread with a connection; two that
 * advance the same run are harmless: a slice is written by one of them. `more` says whether another
 * is needed.
 *
 * A run ends with the policy that it was made with (assess/policy.h). Where that cannot be asked, a
 * run that was never drafted fails; one that was, waits, and goes on when it can.
 */
bool run_advance(struct db *db, const struct run_tools *tools, uint64_t run_id, int64_t now_us,
                 bool *more, struct error *error) MUST_CHECK;
/* The next run that needs advancing, by id; 0: none. */
bool run_next(struct db *db, uint64_t after_id, uint64_t *run_id, struct error *error) MUST_CHECK;

enum find run_find(struct db *db, uint64_t run_id, struct arena *arena, struct run *run,
                   struct error *error);
/* The newest that rated this unit and is shown to people. */
enum find run_find_newest(struct db *db, uint64_t unit_id, struct arena *arena, struct run *run,
                          struct error *error);
/* Newest first; before_id 0: from the newest. */
bool run_list(struct db *db, uint64_t before_id, size_t limit, struct arena *arena,
              struct run **runs, size_t *count, struct error *error) MUST_CHECK;

/* --- What people make of a draft -------------------------------------------------------------- */

/* The members see their ratings and may appeal until then; whose rating fails is told by inbox. */
enum run_answer run_show(struct db *db, uint64_t run_id, uint64_t actor, int64_t appeals_until_us,
                         int64_t now_us, struct error *error);
struct signing {
    uint64_t run_id, actor, person_id; /* who signs, and the member that they also are, or 0 */
    struct text name;
    int64_t appeals_read; /* how many that are decided they have read: appeal_count */
};
/* By a named person, once no appeal is open: a second one, who has read what members said and what
 * was answered, and has neither decided any of it nor appealed. */
enum run_answer run_sign(struct db *db, const struct signing *signing, int64_t now_us,
                         struct error *error);
enum run_answer run_publish(struct db *db, uint64_t run_id, uint64_t actor, int64_t now_us,
                            struct error *error);

enum appeal_state {
    APPEAL_OPEN = 1,
    APPEAL_UPHELD,
    APPEAL_REJECTED,
    APPEAL_WITHDRAWN, /* the member was erased */
};
const char *appeal_state_name(enum appeal_state state);

struct appeal {
    uint64_t run_id, member_id;
    enum appeal_state state;
    const char *words, *answer;
    uint64_t decided_by;
    int64_t made_us, decided_us;
};
/* While the run is shown and its time for appeals lasts; once a run. */
enum run_answer appeal_make(struct db *db, uint64_t run_id, uint64_t member_id, struct text words,
                            int64_t now_us, struct error *error);
struct appeal_decision {
    uint64_t run_id, member_id;
    uint64_t actor, person_id; /* who decides, and the member that they also are, or 0 */
    struct text rating;        /* upheld: the rating instead; empty: rejected */
    struct text answer;
};
/* Upheld: the member's rating changes, and the units are rated again. */
enum run_answer appeal_decide(struct db *db, const struct appeal_decision *decision, int64_t now_us,
                              struct error *error);
bool appeal_list(struct db *db, uint64_t run_id, uint64_t after_id, size_t limit,
                 struct arena *arena, struct appeal **list, size_t *count,
                 struct error *error) MUST_CHECK;

/* How many are decided: another number than before, and somebody has not read them all. */
bool appeal_count(struct db *db, uint64_t run_id, int64_t *decided, struct error *error) MUST_CHECK;

/*
 * For people_on_member_erased and people_on_member_merged. A draft drops the line, with the reason
 * on it, and rates its units again, and the account that stays with what it has gained; open
 * appeals of who was erased are withdrawn, those of a merged account are the other's. What people
 * have seen keeps its counts: the line of who was erased is not shown any more, that of a merged
 * account names whom it is now; until the run is signed, though, nobody counts twice in it.
 */
bool assess_erase_member(struct db *db, uint64_t member_id, struct error *error) MUST_CHECK;
bool assess_merge_member(struct db *db, uint64_t from_id, uint64_t into_id, int64_t now_us,
                         struct error *error) MUST_CHECK;

/* --- Ratings ---------------------------------------------------------------------------------- */

/* Stored: do not renumber. The first three count. */
enum rating_state {
    RATING_STANDS,
    RATING_AGAIN,        /* to be asked again: an account was merged into this one */
    RATING_ERASED,       /* not to be shown: the member was erased after it was seen */
    RATING_DROPPED,      /* from a draft: erased, or merged into another */
    RATING_DROPPED_SEEN, /* merged after the run was shown */
};
#define RATING_COUNTS "state <= 2"

struct rating {
    uint64_t run_id, subject_id, unit_id;
    enum linli_scope scope;
    enum rating_state state;
    uint64_t merged_into;         /* whose it is now; 0: its subject's */
    const char *rating, *drafted; /* codes; empty: no rating, or not any more */
    bool fails;
    const char *reasons, *facts; /* JSON */
};
struct rating_query {
    uint64_t run_id;
    enum linli_scope scope;
    uint64_t unit_id;   /* 0: any */
    struct text rating; /* empty: any */
    uint64_t after_id;
    size_t limit;
};
bool rating_list(struct db *db, const struct rating_query *query, struct arena *arena,
                 struct rating **list, size_t *count, struct error *error) MUST_CHECK;
enum find rating_find(struct db *db, uint64_t run_id, enum linli_scope scope, uint64_t subject_id,
                      struct arena *arena, struct rating *rating, struct error *error);
/* A member's own, also of accounts that were merged into theirs, of runs that are shown, signed or
 * published; newest first. */
bool rating_list_own(struct db *db, uint64_t member_id, struct arena *arena, struct rating **list,
                     size_t *count, struct error *error) MUST_CHECK;

struct rating_count {
    const char *rating;
    int64_t count;
};
/* How many got which rating; of the members of `unit_id` and below, or of all (0). */
bool rating_counts(struct db *db, uint64_t run_id, enum linli_scope scope, uint64_t unit_id,
                   struct arena *arena, struct rating_count **list, size_t *count,
                   struct error *error) MUST_CHECK;
/*
 * Whether numbers of these members are not to be told: they are fewer than ten, or whoever sees the
 * other units of the run, and the runs of the same policy and days that were shown before it, could
 * reckon how many of fewer than ten fail (assess/shares.h). Of a run that is shown.
 */
bool rating_is_hidden(struct db *db, const struct run *run, uint64_t unit_id, struct arena *arena,
                      bool *hidden, struct error *error) MUST_CHECK;

#endif
