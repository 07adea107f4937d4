#include "people/consents.h"

#include "base/log.h"
#include "store/db.h"

bool consent_stands(const struct consent *consent)
{
    return consent->given_us != 0 && consent->withdrawn_us == 0;
}

bool consents_read(struct db *db, uint64_t member_id, struct consent out[CONSENTS_COUNT],
                   struct error *error)
{
    static const struct consent none[CONSENTS_COUNT] = {
#define CONSENT_ROW(number, what, text) {.purpose = CONSENT_##what, .name = (text)},
        CONSENT_PURPOSES(CONSENT_ROW)
#undef CONSENT_ROW
    };
    struct rows *rows =
        db_query(db, "SELECT purpose, given_us, withdrawn_us FROM consents WHERE member_id = ?",
                 DB_ID(member_id));

    for (size_t i = 0; i < CONSENTS_COUNT; i++)
        out[i] = none[i];
    while (rows_next(rows)) {
        int64_t purpose = rows_int(rows, 0);
        if (purpose < 1 || purpose > CONSENTS_COUNT)
            continue;
        out[purpose - 1].given_us = rows_int(rows, 1);
        out[purpose - 1].withdrawn_us = rows_int(rows, 2);
    }
    return rows_end(rows, error);
}

bool consent_has(struct db *db, uint64_t member_id, enum consent_purpose purpose)
{
    struct consent consents[CONSENTS_COUNT];
    struct error error;

    if (consents_read(db, member_id, consents, &error))
        return consent_stands(&consents[purpose - 1]);
    LOG(ERROR, "consents.read", LOG_STR("code", error.code), LOG_STR("detail", error.detail));
    return false;
}

bool consent_set(struct db *db, uint64_t member_id, enum consent_purpose purpose, bool given,
                 int64_t now_us, struct error *error)
{
    if (!given)
        return db_run(db, error,
                      "UPDATE consents SET withdrawn_us = ? WHERE member_id = ? AND purpose = ?"
                      " AND withdrawn_us = 0",
                      DB_INT(now_us), DB_ID(member_id), DB_INT(purpose)) >= 0;
    return db_run(db, error,
                  "INSERT INTO consents (member_id, purpose, given_us, withdrawn_us)"
                  " SELECT m.member_id, ?, ?, 0 FROM members m WHERE m.member_id = ?"
                  " AND m.erased_us = 0 AND m.merged_into = 0 LOCK IN SHARE MODE"
                  " ON DUPLICATE KEY UPDATE"
                  " given_us = IF(withdrawn_us = 0, given_us, VALUES(given_us)), withdrawn_us = 0",
                  DB_INT(purpose), DB_INT(now_us), DB_ID(member_id)) >= 0;
}
