#include "service/erase.h"

#include "base/clock.h"
#include "service/certificates.h"
#include "service/sign_ups.h"

/* A photo that somebody else took of the same record may show them too. */
bool service_erase_member(struct db *db, uint64_t member_id, struct error *error)
{
    int64_t now_us = clock_now_us();

    return db_run(db, error,
                  "DELETE FROM evidence WHERE added_by = ? OR record_id IN"
                  " (SELECT record_id FROM records WHERE member_id = ?)",
                  DB_ID(member_id), DB_ID(member_id)) >= 0 &&
           db_run(db, error, "UPDATE records SET note = '' WHERE member_id = ?",
                  DB_ID(member_id)) >= 0 &&
           db_run(db, error, "UPDATE checks SET said = '' WHERE member_id = ?", DB_ID(member_id)) >=
               0 &&
           sign_ups_give_back(db, member_id, now_us, error) &&
           certificates_erase_member(db, member_id, now_us, error);
}
