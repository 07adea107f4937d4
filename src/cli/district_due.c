/*
 * Who was due to register in their community, and by when: people who work in the district. Most
 * came in time, some late, a few are exempt; the year-end assessment asks for it.
 */
#include "base/clock.h"
#include "cli/district.h"

#define MADE_DAY 170 /* of the year */
#define DUE_DAY  200
#define EXEMPT   50 /* every so many-th */

static bool make_list(struct district *district, const struct district_community *community,
                      struct error *error)
{
    struct db *db = district->tools->db;
    uint64_t list_id = id_next(district->tools->ids);
    int32_t due_day = calendar_day(on_day(district, DUE_DAY, 0), district->offset);

    return db_run(db, error,
                  "INSERT INTO due_lists (list_id, unit_id, title, due_day, key_id, list_key,"
                  " created_by, created_us) VALUES (?, ?, ?, ?, 0, '', ?, ?)",
                  DB_ID(list_id), DB_ID(community->id), DB_STR("在职人员到社区报到"),
                  DB_INT(due_day), DB_ID(community->coordinators[0]),
                  DB_INT(on_day(district, MADE_DAY, 10 * 60))) == 1 &&
           db_run(db, error,
                  "INSERT INTO due_people (list_id, line, state, phone_index, name, member_id,"
                  " at_us, why) SELECT ?, ROW_NUMBER() OVER (ORDER BY m.member_id),"
                  " IF(m.member_id % ? = 0, 3, 2), NULL, '', m.member_id, m.joined_us,"
                  " IF(m.member_id % ? = 0, '长期外派', '') FROM members m"
                  " JOIN units u ON u.unit_id = m.unit_id"
                  " JOIN affiliations f ON f.member_id = m.member_id AND f.kind = 2"
                  " AND f.to_us = 9223372036854775807"
                  " WHERE u.path LIKE CONCAT('%/', ?, '/%')",
                  DB_ID(list_id), DB_INT(EXEMPT), DB_INT(EXEMPT), DB_ID(community->id)) >= 0;
}

bool district_make_due_lists(struct district *district, struct error *error)
{
    for (uint32_t i = 0; i < district->community_count; i++)
        if (!make_list(district, &district->communities[i], error))
            return false;
    return true;
}
