/*
 * The people: members with a residence, some with an office, skills, free times and consents; and
 * the staff of the units. Names are put together, phones are of a range that nobody has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/district.h"
#include "people/accounts.h"
#include "people/affiliations.h"
#include "people/consents.h"
#include "people/members.h"
#include "people/profiles.h"

#define COHORT       50 /* registered at one moment */
#define COHORTS      10 /* in a transaction */
#define JOINED_DAYS  300
#define LATER_COHORT 5 /* every so many-th joined during the year */
#define MOVES        60
#define SKILLS       16 /* that the schema knows */

/* --- Members --------------------------------------------------------------------------------- */

static const char *fictional_name(struct district *district)
{
    static const char *const surnames[] = {
        "陈", "梁", "李", "黄", "何", "罗", "潘", "霍", "区", "麦", "冼", "简", "卢", "邓", "关",
        "谭", "林", "吴", "周", "郑", "冯", "叶", "邝", "招", "曾", "苏", "杜", "庞", "劳", "蔡"};
    static const char *const first[] = {"志", "美", "伟", "丽", "国", "秀", "家", "慧", "永", "玉",
                                        "文", "淑", "建", "嘉", "少", "凤", "子", "思", "俊", "晓",
                                        "天", "雅", "锦", "婉", "耀", "静", "浩", "诗"};
    static const char *const second[] = {"强", "玲", "明", "芳", "辉", "珍", "欣", "华", "安", "英",
                                         "康", "仪", "锋", "琼", "平", "婷", "杰", "敏", "轩", "怡",
                                         "豪", "晴", "宁", "薇", "斌", "琳", "鹏", ""};

    return arena_printf(district->arena, "%s%s%s", surnames[pick(district, ARRAY_LENGTH(surnames))],
                        first[pick(district, ARRAY_LENGTH(first))],
                        second[pick(district, ARRAY_LENGTH(second))]);
}

static void invent_member(struct district *district, uint32_t index, struct new_member *member)
{
    struct district_member *known = &district->members[index];
    struct district_community *community;

    known->community = index % district->community_count;
    known->last_activity = NOBODY;
    known->id = id_next(district->tools->ids);
    community = &district->communities[known->community];
    community->members[community->member_count++] = index;
    const char *name = fictional_name(district);
    *member = (struct new_member){
        .name = {name, strlen(name)},
        .unit_id = chance(district, 85) ? community->grids[pick(district, GRIDS)] : community->id,
        .consented_us = known->joined_us,
        .actor = chance(district, 9) ? community->coordinators[0] : 0,
    };
    if (chance(district, 45))
        member->work_unit_id = district->offices[pick_popular(district, district->office_count)];
    if (chance(district, 3)) {
        member->age = AGE_YOUTH;
        member->guardian_us = known->joined_us;
    }
    if (!chance(district, 4) || index < 300) /* some have no phone */
        snprintf(member->phone.text, sizeof member->phone.text, "+86199%08u", index + 1);
}

/* Most were there before the first day. */
static int64_t joining_time(struct district *district, uint32_t cohort)
{
    bool later = cohort % LATER_COHORT == LATER_COHORT - 1;
    int day = later ? (int)pick(district, DISTRICT_DAYS - 60) : -(int)pick(district, JOINED_DAYS);

    return on_day(district, day, 9 * 60 + (int)pick(district, 700)) +
           pick(district, 60) * SECOND_US;
}

struct cohorts {
    struct district *district;
    uint32_t first, end;
};

static bool insert_cohorts(struct db *db, void *context, struct error *error)
{
    struct cohorts *cohorts = context;
    struct district *district = cohorts->district;

    for (uint32_t at = cohorts->first; at < cohorts->end; at += COHORT) {
        uint32_t count = cohorts->end - at < COHORT ? cohorts->end - at : COHORT;
        int64_t joined_us = joining_time(district, at / COHORT);
        struct new_member members[COHORT];
        uint64_t ids[COHORT];

        for (uint32_t i = 0; i < count; i++) {
            district->members[at + i].joined_us = joined_us;
            invent_member(district, at + i, &members[i]);
            ids[i] = district->members[at + i].id;
        }
        if (!members_insert(db, district->tools->keyring, members, ids, count, joined_us, error))
            return false;
    }
    return true;
}

static bool insert_members(struct district *district, struct error *error)
{
    struct cohorts cohorts = {.district = district};

    while (cohorts.first < district->member_count) {
        uint32_t left = district->member_count - cohorts.first;

        cohorts.end = cohorts.first + (left < COHORT * COHORTS ? left : COHORT * COHORTS);
        if (!db_begin(district->tools->db, error))
            return false;
        if (!insert_cohorts(district->tools->db, &cohorts, error) ||
            !db_commit(district->tools->db, error)) {
            db_rollback(district->tools->db);
            return false;
        }
        cohorts.first = cohorts.end;
        if (!district_goes_on(district, "members", 1 + 9 * cohorts.end / district->member_count,
                              error))
            return false;
    }
    return true;
}

/* --- What they said of themselves ------------------------------------------------------------ */

static bool add_skills(struct district *district, struct error *error)
{
    struct bulk skills =
        bulk_into(district->tools->db, "INSERT INTO member_skills (member_id, skill_id) VALUES ");
    bool fine = true;

    for (uint32_t i = 0; fine && i < district->member_count; i++) {
        uint32_t first = 1 + pick(district, SKILLS);

        if (chance(district, 60))
            continue;
        fine = bulk_add(&skills, error, DB_ID(district->members[i].id), DB_INT(first));
        if (fine && chance(district, 30))
            fine = bulk_add(&skills, error, DB_ID(district->members[i].id),
                            DB_INT(1 + first % SKILLS));
    }
    return bulk_end(&skills, fine ? error : NULL) && fine;
}

static bool add_consents(struct district *district, struct error *error)
{
    struct bulk consents =
        bulk_into(district->tools->db,
                  "INSERT INTO consents (member_id, purpose, given_us, withdrawn_us) VALUES ");
    bool fine = true;

    for (uint32_t i = 0; fine && i < district->member_count; i++)
        for (int purpose = 1; fine && purpose <= CONSENTS_COUNT; purpose++)
            if (chance(district, purpose <= CONSENT_RECOMMENDATIONS ? 70 : 35))
                fine = bulk_add(
                    &consents, error, DB_ID(district->members[i].id), DB_INT(purpose),
                    DB_INT(district->members[i].joined_us),
                    DB_INT(chance(district, 3) ? district->members[i].joined_us + DAY_US : 0));
    return bulk_end(&consents, fine ? error : NULL) && fine;
}

/* Evenings, weekends, both, or nothing said. */
static bool set_free_times(struct district *district, struct error *error)
{
    uint32_t evenings = 0, weekend = 0;

    for (int day = 1; day <= 5; day++)
        evenings |= FREE_TIME(day, 2);
    for (int part = 0; part < DAY_PARTS; part++)
        weekend |= FREE_TIME(6, part) | FREE_TIME(7, part);
    return db_run(district->tools->db, error,
                  "UPDATE members SET free_times = CASE member_id % 4 WHEN 0 THEN ? WHEN 1 THEN ?"
                  " WHEN 2 THEN ? ELSE 0 END",
                  DB_INT(evenings), DB_INT(weekend), DB_INT(evenings | weekend)) >= 0;
}

/* Some moved house within the year: history and the present residence differ. */
static bool move_some(struct district *district, struct error *error)
{
    uint32_t count = at_scale(district, MOVES, 4);

    for (uint32_t i = 0; i < count; i++) {
        const struct district_member *member = &district->members[i * 7 % district->member_count];
        uint32_t community = pick(district, district->community_count);
        struct move move = {
            .member_id = member->id,
            .kind = AFFILIATION_RESIDENCE,
            .unit_id = district->communities[community].grids[0],
            .from_us = on_day(district, 60 + (int)pick(district, 250), 0),
            .actor = district->communities[community].coordinators[0],
        };

        if (move.from_us <= member->joined_us)
            continue;
        if (affiliation_move(district->tools->db, district->tools->keyring, &move,
                             move.from_us + 10 * HOUR_US, error) == PEOPLE_BROKEN)
            return false;
    }
    return true;
}

bool district_make_people(struct district *district, struct error *error)
{
    uint32_t most = district->member_count / district->community_count + 1;

    district->members =
        arena_take(district->arena, district->member_count * sizeof *district->members);
    for (uint32_t i = 0; i < district->community_count; i++)
        district->communities[i].members =
            arena_take(district->arena, most * sizeof *district->communities[i].members);
    return insert_members(district, error) && add_skills(district, error) &&
           add_consents(district, error) && set_free_times(district, error) &&
           move_some(district, error);
}

/* --- Staff ----------------------------------------------------------------------------------- */

static bool insert_account(struct district *district, const struct new_account *account,
                           uint64_t id, struct error *error)
{
    return db_run(district->tools->db, error,
                  "INSERT INTO accounts (account_id, role, state, epoch, scope_id, person_id,"
                  " login, password_hash, display_name, created_us, updated_us)"
                  " VALUES (?, ?, ?, 0, ?, 0, ?, '', ?, ?, ?)",
                  DB_ID(id), DB_INT(account->role), DB_INT(ACCOUNT_IS_ACTIVE),
                  DB_ID(account->scope_id), DB_STR(account->login), DB_STR(account->name),
                  DB_INT(district->start_us), DB_INT(district->start_us)) == 1;
}

/* A password takes 50 ms to hash: of some hundred accounts only a few have one. */
bool district_make_account(struct district *district, const struct new_account *account,
                           uint64_t *account_id, struct error *error)
{
    struct new_staff staff = {
        .role = account->role,
        .scope_id = account->scope_id,
        .login = {account->login, strlen(account->login)},
        .password = TEXT(DEMO_PASSWORD),
        .display_name = {account->name, strlen(account->name)},
    };

    if (!account->can_sign_in) {
        *account_id = id_next(district->tools->ids);
        return insert_account(district, account, *account_id, error);
    }
    enum people_answer answer = account_create_staff(district->tools->db, district->tools->ids,
                                                     &staff, district->start_us, account_id, error);
    if (answer != PEOPLE_DONE && answer != PEOPLE_BROKEN)
        error_set(error, "demo.refused", "the account %s was refused (%d)", account->login,
                  (int)answer);
    return answer == PEOPLE_DONE;
}

static bool make_coordinators(struct district *district, struct error *error)
{
    for (uint32_t i = 0; i < district->community_count; i++) {
        struct district_community *community = &district->communities[i];

        for (int j = 0; j < 2; j++) {
            struct new_account account = {
                ROLE_COORDINATOR, community->id,
                i == 0 && j == 0 ? "demo.east"
                                 : arena_printf(district->arena, "community%u.%d", i + 1, j + 1),
                arena_printf(district->arena, "%s%s", community->name, j == 0 ? "甲" : "乙"),
                i == 0 && j == 0};

            if (!district_make_account(district, &account, &community->coordinators[j], error) ||
                !district_goes_on(district, "staff", 0, error))
                return false;
        }
    }
    return true;
}

bool district_make_staff(struct district *district, struct error *error)
{
    uint64_t other;

    for (uint32_t i = 0; i < STREETS; i++) {
        struct new_account account = {ROLE_COORDINATOR, district->streets[i],
                                      i == 0 ? "demo.street"
                                             : arena_printf(district->arena, "street%u", i + 1),
                                      arena_printf(district->arena, "街道协调员%u", i + 1), i == 0};

        if (!district_make_account(district, &account, &district->street_coordinators[i], error))
            return false;
    }
    const struct new_account office[] = {
        {ROLE_ADMINISTRATOR, 0, "demo.admin2", "管理员乙", true},
        {ROLE_COORDINATOR, district->root, "demo.district", "区协调员", true},
        {ROLE_UNIT_READER, district->offices[0], "demo.office", "单位联络员", true},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(office); i++)
        if (!district_make_account(district, &office[i], &other, error))
            return false;
    return district_make_account(
               district,
               &(struct new_account){ROLE_ADMINISTRATOR, 0, "demo.admin", "管理员甲", true},
               &district->administrator, error) &&
           district_make_account(
               district, &(struct new_account){ROLE_AUDITOR, 0, "demo.auditor", "审计员", true},
               &district->auditor, error) &&
           make_coordinators(district, error);
}
