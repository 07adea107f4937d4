#include "people/profiles.h"

#include "people/members.h"
#include "store/db.h"

bool skill_list(struct db *db, struct arena *arena, struct skill **skills, size_t *count,
                struct error *error)
{
    struct rows *rows = db_query(
        db, "SELECT skill_id, code, name_zh, name_en FROM skills ORDER BY skill_id LIMIT ?",
        DB_INT(SKILLS_MOST));

    *skills = arena_take(arena, SKILLS_MOST * sizeof(**skills));
    *count = 0;
    while (rows_next(rows))
        (*skills)[(*count)++] = (struct skill){
            .skill_id = rows_id(rows, 0),
            .code = rows_copy(rows, 1, arena),
            .name_zh = rows_copy(rows, 2, arena),
            .name_en = rows_copy(rows, 3, arena),
        };
    return rows_end(rows, error);
}

static bool read_skills(struct db *db, uint64_t member_id, struct profile *profile,
                        struct error *error)
{
    struct rows *rows = db_query(
        db, "SELECT skill_id FROM member_skills WHERE member_id = ? ORDER BY skill_id LIMIT ?",
        DB_ID(member_id), DB_INT(SKILLS_OF_ONE));

    while (rows_next(rows))
        profile->skills[profile->skill_count++] = rows_id(rows, 0);
    return rows_end(rows, error);
}

enum find profile_read(struct db *db, uint64_t member_id, struct profile *profile,
                       struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT free_times FROM members m WHERE m.member_id = ? AND " MEMBER_IS_THERE,
                 DB_ID(member_id));
    bool found = rows_next(rows);

    *profile = (struct profile){0};
    if (found)
        profile->free_times = (uint32_t)rows_int(rows, 0);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    if (!found)
        return FIND_NOTHING;
    return read_skills(db, member_id, profile, error) ? FIND_FOUND : FIND_FAILED;
}

struct writing {
    uint64_t member_id;
    const struct profile *profile;
    enum people_answer answer;
};

/* Adds nothing for a skill that is not in the table: *added says so. */
static bool add_skill(struct db *db, uint64_t member_id, uint64_t skill_id, bool *added,
                      struct error *error)
{
    int64_t rows = db_run(db, error,
                          "INSERT INTO member_skills (member_id, skill_id)"
                          " SELECT ?, skill_id FROM skills WHERE skill_id = ?",
                          DB_ID(member_id), DB_ID(skill_id));

    *added = rows == 1;
    return rows >= 0;
}

static bool write_profile(struct db *db, void *context, struct error *error)
{
    struct writing *writing = context;
    const struct profile *profile = writing->profile;
    bool added;

    writing->answer = PEOPLE_NOT_FOUND;
    int64_t found = db_run(db, error,
                           "UPDATE members SET free_times = ? WHERE member_id = ?"
                           " AND erased_us = 0 AND merged_into = 0",
                           DB_INT(profile->free_times), DB_ID(writing->member_id));
    if (found <= 0)
        return found == 0;
    if (db_run(db, error, "DELETE FROM member_skills WHERE member_id = ?",
               DB_ID(writing->member_id)) < 0)
        return false;
    for (size_t i = 0; i < profile->skill_count; i++) {
        if (!add_skill(db, writing->member_id, profile->skills[i], &added, error))
            return false;
        if (!added)
            return error_set(error, "profiles.skill", "there is no such skill");
    }
    writing->answer = PEOPLE_DONE;
    return true;
}

enum people_answer profile_write(struct db *db, uint64_t member_id, const struct profile *profile,
                                 struct error *error)
{
    struct writing writing = {.member_id = member_id, .profile = profile};

    if (db_transaction(db, write_profile, &writing, error) || db_error_kind(db) == DB_OK)
        return writing.answer; /* an unknown skill took everything back */
    return PEOPLE_BROKEN;
}
