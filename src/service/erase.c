#include "service/erase.h"

#include "base/clock.h"
#include "ledger/check.h"
#include "people/audit.h"
#include "service/certificates.h"
#include "service/record.h"
#include "service/sign_ups.h"

#define WHY TEXT("会员已注销 (the member was erased)")

/* --- Awards that wait ------------------------------------------------------------------------- */

static bool note_withdrawn(struct db *db, uint64_t member_id, int64_t now_us, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT c.check_id FROM records r JOIN checks c"
                 " ON c.ref = r.record_id AND c.kind = ? AND c.held AND c.state = ?"
                 " WHERE r.member_id = ? AND r.state = ?",
                 DB_INT(LINLI_EARN), DB_INT(CHECK_OPEN), DB_ID(member_id), DB_INT(RECORD_REJECTED));
    bool noted = true;

    while (noted && rows_next(rows))
        noted = audit_append(
            db,
            &(struct audit){.action = "check.withdraw", .object_id = rows_id(rows, 0), .why = WHY},
            now_us, error);
    return rows_end(rows, noted ? error : NULL) && noted;
}

/* Records before checks, as the teller locks them: whoever decides at the same moment comes before
 * or after, and then finds it decided. */
bool service_withdraw_held(struct db *db, uint64_t member_id, int64_t now_us, struct error *error)
{
    return db_run(db, error, "UPDATE records SET state = ? WHERE member_id = ? AND state = ?",
                  DB_INT(RECORD_REJECTED), DB_ID(member_id), DB_INT(RECORD_CHECKING)) >= 0 &&
           note_withdrawn(db, member_id, now_us, error) &&
           db_run(db, error,
                  "UPDATE checks c JOIN records r ON r.record_id = c.ref AND r.member_id = ?"
                  " AND r.state = ? SET c.state = ?, c.decided_us = ?, c.reason = ?"
                  " WHERE c.kind = ? AND c.held AND c.state = ?",
                  DB_ID(member_id), DB_INT(RECORD_REJECTED), DB_INT(CHECK_WITHDRAWN),
                  DB_INT(now_us), DB_TEXT(WHY), DB_INT(LINLI_EARN), DB_INT(CHECK_OPEN)) >= 0;
}

bool service_withdraw_from_erased(struct db *db, uint64_t member_id, int64_t now_us,
                                  struct error *error)
{
    struct rows *rows = db_query(db, "SELECT 1 FROM members WHERE member_id = ? AND erased_us > 0",
                                 DB_ID(member_id));
    bool erased = rows_next(rows);

    return rows_end(rows, error) &&
           (!erased || service_withdraw_held(db, member_id, now_us, error));
}

/* --- Words and pictures ----------------------------------------------------------------------- */

/* A photo that somebody else took of the same record may show them too. */
static bool erase_words(struct db *db, uint64_t member_id, struct error *error)
{
    return db_run(db, error,
                  "DELETE FROM evidence WHERE added_by = ? OR record_id IN"
                  " (SELECT record_id FROM records WHERE member_id = ?)",
                  DB_ID(member_id), DB_ID(member_id)) >= 0 &&
           db_run(db, error, "UPDATE records SET note = '' WHERE member_id = ?",
                  DB_ID(member_id)) >= 0 &&
           db_run(db, error, "UPDATE checks SET said = '' WHERE member_id = ?", DB_ID(member_id)) >=
               0;
}

bool service_erase_member(struct db *db, uint64_t member_id, struct error *error)
{
    int64_t now_us = clock_now_us();

    return erase_words(db, member_id, error) &&
           service_withdraw_held(db, member_id, now_us, error) &&
           sign_ups_give_back(db, member_id, now_us, error) &&
           certificates_erase_member(db, member_id, now_us, error);
}
