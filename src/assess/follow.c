/*
 * What becomes of ratings and appeals when an account is erased, or merged into another. While a
 * run is a draft, the line is dropped with a reason, and what else depends on it is rated again.
 * Once people have seen a run, its counts stay what they were.
 */
#include "assess/runs.h"
#include "base/clock.h"

#define REASON_ERASED                                                                              \
    "[{\"code\":\"erased\",\"zh\":\"会员已注销\",\"en\":\"The member was erased\",\"missing\":0}]"
#define REASON_MERGED                                                                              \
    "[{\"code\":\"account_merged\",\"zh\":\"账户已合并\","                                    \
    "\"en\":\"The account was merged into another of the same person\",\"missing\":0}]"

/* Of runs `a`: RUN_RATING, RUN_DRAFT or RUN_SHOWN, so not signed yet; and of those, not shown. */
#define IS_OPEN   "a.state IN (1, 2, 3)"
#define IS_UNSEEN IS_OPEN " AND a.shown_us = 0"

/* No slice is written, and nothing is shown or signed, until the transaction ends. */
static bool lock_open_runs(struct db *db, struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT a.run_id FROM assessment_runs a WHERE " IS_OPEN " FOR UPDATE");

    return rows_end(rows, error);
}

/* Those of open runs with a line that is to be rated again, or was dropped just now. Runs that
 * rate members at present come to the rest by themselves. */
static bool go_on(struct db *db, uint64_t member_id, uint64_t other_id, struct error *error)
{
    return db_run(db, error,
                  "UPDATE assessment_runs a SET"
                  " a.last_id = IF(a.state = ? AND a.step = ?, a.last_id, 0),"
                  " a.step = IF(a.state = ? AND a.step = ?, a.step, ?), a.state = ?"
                  " WHERE " IS_OPEN " AND EXISTS (SELECT 1 FROM ratings r"
                  "  WHERE r.run_id = a.run_id AND r.scope = ? AND r.subject_id IN (?, ?)"
                  "  AND r.state IN (?, ?, ?))",
                  DB_INT(RUN_RATING), DB_INT(RUN_MEMBERS), DB_INT(RUN_RATING), DB_INT(RUN_MEMBERS),
                  DB_INT(RUN_AGAIN), DB_INT(RUN_RATING), DB_INT(LINLI_OF_MEMBER), DB_ID(member_id),
                  DB_ID(other_id), DB_INT(RATING_AGAIN), DB_INT(RATING_DROPPED),
                  DB_INT(RATING_DROPPED_SEEN)) >= 0;
}

/* --- Erased ----------------------------------------------------------------------------------- */

static bool erase_appeals(struct db *db, uint64_t member_id, int64_t now_us, struct error *error)
{
    return db_run(db, error,
                  "UPDATE appeals SET words = '', answer = '',"
                  " decided_us = IF(state = ?, ?, decided_us), state = IF(state = ?, ?, state)"
                  " WHERE member_id = ?",
                  DB_INT(APPEAL_OPEN), DB_INT(now_us), DB_INT(APPEAL_OPEN),
                  DB_INT(APPEAL_WITHDRAWN), DB_ID(member_id)) >= 0;
}

static bool erase_lines(struct db *db, uint64_t member_id, struct error *error)
{
    return db_run(db, error,
                  "UPDATE ratings r JOIN assessment_runs a ON a.run_id = r.run_id SET r.state = ?,"
                  " r.counts = 0, r.reasons = '" REASON_ERASED "', r.facts = '{}'"
                  " WHERE r.subject_id = ? AND r.scope = ? AND r.state IN (?, ?) AND " IS_UNSEEN,
                  DB_INT(RATING_DROPPED), DB_ID(member_id), DB_INT(LINLI_OF_MEMBER),
                  DB_INT(RATING_STANDS), DB_INT(RATING_AGAIN)) >= 0 &&
           go_on(db, member_id, member_id, error) &&
           db_run(db, error,
                  "UPDATE ratings r SET r.facts = '{}',"
                  " r.reasons = IF(r.state IN (?, ?), '[]', r.reasons),"
                  " r.state = IF(r.state IN (?, ?), ?, r.state)"
                  " WHERE (r.subject_id = ? OR r.merged_into = ?) AND r.scope = ?",
                  DB_INT(RATING_STANDS), DB_INT(RATING_AGAIN), DB_INT(RATING_STANDS),
                  DB_INT(RATING_AGAIN), DB_INT(RATING_ERASED), DB_ID(member_id), DB_ID(member_id),
                  DB_INT(LINLI_OF_MEMBER)) >= 0;
}

bool assess_erase_member(struct db *db, uint64_t member_id, struct error *error)
{
    return lock_open_runs(db, error) && erase_appeals(db, member_id, clock_now_us(), error) &&
           erase_lines(db, member_id, error);
}

/* --- Merged ----------------------------------------------------------------------------------- */

/* Once a run: where the other account has appealed too, what is still open is one appeal. */
static bool move_appeals(struct db *db, uint64_t from_id, uint64_t into_id, struct error *error)
{
    return db_run(db, error,
                  "UPDATE appeals i JOIN appeals f ON f.run_id = i.run_id AND f.member_id = ?"
                  " SET i.words = CONCAT(i.words, '\n', f.words)"
                  " WHERE i.member_id = ? AND i.state = ? AND f.state = ?",
                  DB_ID(from_id), DB_ID(into_id), DB_INT(APPEAL_OPEN), DB_INT(APPEAL_OPEN)) >= 0 &&
           db_run(db, error,
                  "DELETE f FROM appeals f JOIN appeals i ON i.run_id = f.run_id"
                  " AND i.member_id = ? WHERE f.member_id = ?",
                  DB_ID(into_id), DB_ID(from_id)) >= 0 &&
           db_run(db, error, "UPDATE appeals SET member_id = ? WHERE member_id = ?", DB_ID(into_id),
                  DB_ID(from_id)) >= 0;
}

/* Who stays served more than was known: rated again, also where only the other account was. */
static bool mark_heir(struct db *db, uint64_t from_id, uint64_t into_id, struct error *error)
{
    return db_run(db, error,
                  "UPDATE ratings r JOIN assessment_runs a ON a.run_id = r.run_id SET r.state = ?"
                  " WHERE r.subject_id = ? AND r.scope = ? AND r.state = ? AND " IS_OPEN,
                  DB_INT(RATING_AGAIN), DB_ID(into_id), DB_INT(LINLI_OF_MEMBER),
                  DB_INT(RATING_STANDS)) >= 0 &&
           db_run(db, error,
                  "INSERT INTO ratings (run_id, scope, subject_id, unit_id, rating, drafted,"
                  " counts, fails, reasons, facts, state, merged_into)"
                  " SELECT a.run_id, r.scope, ?, f.unit_id, '', '', 0, 0, '[]', '{}', ?, 0"
                  " FROM ratings r JOIN assessment_runs a ON a.run_id = r.run_id"
                  " JOIN units t ON t.unit_id = a.unit_id"
                  " JOIN affiliations f ON f.member_id = ? AND f.kind = a.affiliation"
                  " AND f.from_us <= IF(a.forecast, a.asked_us, a.until_us - 1)"
                  " AND f.to_us > IF(a.forecast, a.asked_us, a.until_us - 1)"
                  " JOIN units u ON u.unit_id = f.unit_id AND u.path LIKE CONCAT(t.path, '%')"
                  " WHERE r.subject_id = ? AND r.scope = ? AND r.state IN (?, ?) AND " IS_OPEN
                  " ON DUPLICATE KEY UPDATE run_id = VALUES(run_id)",
                  DB_ID(into_id), DB_INT(RATING_AGAIN), DB_ID(into_id), DB_ID(from_id),
                  DB_INT(LINLI_OF_MEMBER), DB_INT(RATING_STANDS), DB_INT(RATING_AGAIN)) >= 0;
}

static bool drop_merged(struct db *db, uint64_t from_id, struct error *error)
{
    return db_run(db, error,
                  "UPDATE ratings r JOIN assessment_runs a ON a.run_id = r.run_id"
                  " SET r.state = IF(a.shown_us > 0, ?, ?), r.counts = 0,"
                  " r.reasons = '" REASON_MERGED "', r.facts = '{}'"
                  " WHERE r.subject_id = ? AND r.scope = ? AND r.state IN (?, ?) AND " IS_OPEN,
                  DB_INT(RATING_DROPPED_SEEN), DB_INT(RATING_DROPPED), DB_ID(from_id),
                  DB_INT(LINLI_OF_MEMBER), DB_INT(RATING_STANDS), DB_INT(RATING_AGAIN)) >= 0;
}

bool assess_merge_member(struct db *db, uint64_t from_id, uint64_t into_id, int64_t now_us,
                         struct error *error)
{
    (void)now_us;
    return lock_open_runs(db, error) && move_appeals(db, from_id, into_id, error) &&
           mark_heir(db, from_id, into_id, error) && drop_merged(db, from_id, error) &&
           go_on(db, from_id, into_id, error) &&
           db_run(db, error,
                  "UPDATE ratings SET merged_into = ?"
                  " WHERE (subject_id = ? OR merged_into = ?) AND scope = ?",
                  DB_ID(into_id), DB_ID(from_id), DB_ID(from_id), DB_INT(LINLI_OF_MEMBER)) >= 0;
}
