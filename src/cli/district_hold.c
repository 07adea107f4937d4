/*
 * A day's activities: who signed up, who came, who waited, who stayed away; what was entered
 * afterwards, noted and counted. Rows only: points come with the reviews.
 */
#include <stdlib.h>

#include "cli/district.h"
#include "cli/district_styles.h"
#include "service/activities.h"
#include "service/backfill.h"
#include "service/sign_ups.h"

#define TRIES_MOST 40 /* to find somebody who is free */

/* The statements of one transaction. */
struct holding {
    struct district *district;
    struct bulk activities, sign_ups, records, counts, evidence, audit;
    const struct district_activity *activity; /* at present */
    uint32_t index;
    int32_t signed_up, waiting, came;
    struct error *error;
};

const char *activity_title(const struct district *district,
                           const struct district_activity *activity)
{
    const char *community = district->communities[activity->community].name;

    return activity->post
               ? arena_printf(district->arena, "%s · %s · %s", community, activity->style->title,
                              activity->post)
               : arena_printf(district->arena, "%s · %s", community, activity->style->title);
}

/* --- Who comes -------------------------------------------------------------------------------- */

/* Most are neighbours, some come from the next community, a few from far away; who needs points for
 * a part in a case comes more often. */
static uint32_t somebody(struct district *district, const struct district_activity *activity)
{
    uint32_t community = activity->community, luck = pick(district, 100);

    if (pick(district, at_scale(district, DISTRICT_ATTENDANCES, 1)) <
        district->actor_count * ACTORS_OFTEN)
        return district->actors[pick(district, district->actor_count)];
    if (luck >= 90) {
        community = pick(district, district->community_count);
    } else if (luck >= 70) {
        uint32_t of_street = district->community_count / STREETS;

        community = community / of_street * of_street + pick(district, of_street);
    }
    const struct district_community *from = &district->communities[community];
    return from->members[pick_popular(district, from->member_count)];
}

/* NOBODY when the district is too busy. */
static uint32_t somebody_free(struct holding *holding)
{
    struct district *district = holding->district;
    const struct district_activity *activity = holding->activity;

    for (int i = 0; i < TRIES_MOST; i++) {
        uint32_t index = somebody(district, activity);
        struct district_member *member = &district->members[index];

        if (member->last_activity != holding->index &&
            member->busy_until_us <= activity->starts_us && member->planned_day != activity->day &&
            member->joined_us < activity->created_us) {
            member->last_activity = holding->index;
            return index;
        }
    }
    return NOBODY;
}

static bool add_sign_up(struct holding *holding, uint32_t member, enum sign_up_state state,
                        int64_t at_us)
{
    int32_t in_line = 0;

    if (state == SIGNED_UP)
        holding->signed_up++;
    if (state == WAITING)
        in_line = ++holding->waiting;
    return bulk_add(&holding->sign_ups, holding->error, DB_ID(holding->activity->id),
                    DB_ID(holding->district->members[member].id), DB_INT(state), DB_INT(at_us),
                    DB_INT(in_line));
}

/* Between the announcement and the beginning, most of it soon. */
static int64_t some_time_before(struct holding *holding)
{
    const struct district_activity *activity = holding->activity;
    int64_t minutes = (activity->starts_us - activity->created_us) / MINUTE_US;

    return activity->created_us + pick_popular(holding->district, (uint32_t)minutes) * MINUTE_US +
           pick(holding->district, 60) * SECOND_US;
}

/* --- Records ---------------------------------------------------------------------------------- */

struct attending {
    uint32_t member;
    int64_t started_us, ended_us;
    uint8_t grade;
    int place_check;
    bool stated;
    uint64_t proposed_by;
    int64_t proposed_us;
};

static bool add_audit(struct holding *holding, int64_t at_us, uint64_t actor, const char *action,
                      uint64_t record_id, const char *why)
{
    return bulk_add(&holding->audit, holding->error, DB_INT(at_us), DB_ID(actor), DB_STR(action),
                    DB_ID(record_id), DB_STR(""), DB_STR(""), DB_STR(why));
}

static bool add_record(struct holding *holding, const struct attending *attending, uint32_t *made)
{
    struct district *district = holding->district;
    struct district_member *member = &district->members[attending->member];
    struct activity span = {.starts_us = holding->activity->starts_us,
                            .ends_us = holding->activity->ends_us};
    struct district_record *record;

    holding->came++;
    *made = record_new(district);
    record = &district->records[*made];
    record->member = attending->member;
    record->activity = holding->index;
    record->started_us = attending->started_us;
    record->grade = attending->grade;
    record->minutes = activity_minutes(&span, attending->started_us, attending->ended_us);
    if (member->busy_until_us < attending->ended_us)
        member->busy_until_us = attending->ended_us;
    return bulk_add(&holding->records, holding->error, DB_ID(record->id),
                    DB_ID(holding->activity->id), DB_ID(member->id), DB_INT(RECORD_PENDING),
                    DB_INT(record->grade), DB_INT(record->started_us), DB_INT(attending->ended_us),
                    DB_INT(record->minutes), DB_INT(0), DB_INT(0), DB_INT(0), DB_STR(""),
                    DB_INT(attending->place_check), DB_INT(attending->stated),
                    DB_INT(attending->stated ? attending->ended_us + 2 * DAY_US : 0),
                    DB_ID(attending->proposed_by),
                    DB_INT(attending->proposed_by ? attending->proposed_us + PUBLIC_NOTICE_US : 0));
}

/* One of the community's two, or the street's. */
static uint64_t some_reviewer(struct district *district, uint32_t community)
{
    const struct district_community *of = &district->communities[community];

    if (chance(district, 15))
        return district->street_coordinators[of->street];
    return of->coordinators[pick(district, 2)];
}

static void plan_review(struct holding *holding, uint32_t record, int first_day, uint64_t not_by)
{
    struct district *district = holding->district;
    int day = first_day + (int)pick_popular(district, 4);
    struct task task = {.kind = chance(district, 1) ? TASK_REJECT : TASK_REVIEW,
                        .subject = record,
                        .actor = not_by};

    while (task.actor == not_by || task.actor == 0)
        task.actor = some_reviewer(district, holding->activity->community);
    task.at_us = review_time(district, day, pick(district, REVIEWS));
    agenda_add(district->agenda, task);
}

static bool add_note(struct holding *holding, uint32_t record, int64_t at_us)
{
    static const char *const notes[] = {"活动顺利，居民反响好。", "和邻居一起完成，辛苦但开心。",
                                        "清理了楼道杂物。", "协助长者登记。", "下次可以早点开始。"};
    struct district *district = holding->district;
    const struct district_record *of = &district->records[record];

    return bulk_add(&holding->evidence, holding->error, DB_ID(id_next(district->tools->ids)),
                    DB_ID(of->id), DB_ID(district->members[of->member].id), DB_INT(at_us),
                    DB_STR(""), DB_STR(notes[pick(district, ARRAY_LENGTH(notes))]), DB_STR(""));
}

/* The code did not work, or nobody had brought a telephone: entered by one, reviewed by another,
 * after the notice. */
static bool attend_on_paper(struct holding *holding, struct attending *attending)
{
    struct district *district = holding->district;
    const struct district_activity *activity = holding->activity;
    uint32_t record;

    attending->grade = GRADE_D;
    attending->proposed_by = district->communities[activity->community].coordinators[0];
    attending->proposed_us = on_day(district, activity->day + 1 + (int)pick(district, 3),
                                    9 * 60 + (int)pick(district, 480));
    if (!add_record(holding, attending, &record))
        return false;
    plan_review(holding, record, activity->day + 11, attending->proposed_by);
    return add_audit(holding, attending->proposed_us, attending->proposed_by, "record.backfill",
                     district->records[record].id, "签到码失效，按纸质签到表补录");
}

static bool attend(struct holding *holding, uint32_t member)
{
    struct district *district = holding->district;
    const struct district_activity *activity = holding->activity;
    uint32_t luck = pick(district, 1000), record;
    bool has_place = activity->style->weekly || luck % 3 == 0;
    struct attending attending = {
        .member = member,
        .started_us = activity->starts_us +
                      ((int64_t)pick(district, 1500) - 900) * SECOND_US, /* 15 early, 10 late */
        .ended_us = activity->ends_us - (int64_t)pick(district, 600) * SECOND_US,
        .grade = luck < 40    ? GRADE_A
                 : luck < 400 ? GRADE_B
                              : GRADE_C,
        .stated = luck > 990,
    };

    if (attending.started_us < district->members[member].busy_until_us)
        attending.started_us = district->members[member].busy_until_us; /* straight from there */
    if (attending.grade == GRADE_B)
        attending.place_check = PLACE_IN_RANGE;
    else if (has_place && luck > 980)
        attending.place_check = PLACE_OUT_OF_RANGE;
    if (chance(district, 2))
        return attend_on_paper(holding, &attending);
    if (!add_record(holding, &attending, &record))
        return false;
    plan_review(holding, record, activity->day + 1, 0);
    return !chance(district, 2) || add_note(holding, record, attending.ended_us + HOUR_US);
}

/* --- One activity ----------------------------------------------------------------------------- */

static bool add_comers(struct holding *holding)
{
    struct district *district = holding->district;

    for (int32_t i = 0; i < holding->activity->turnout; i++) {
        uint32_t member = somebody_free(holding);

        if (member == NOBODY)
            continue;
        if (!add_sign_up(holding, member, SIGNED_UP, some_time_before(holding)) ||
            !attend(holding, member))
            return false;
        if (!chance(district, 8))
            continue;
        member = somebody_free(holding); /* who signed up as well, and did not come */
        if (member != NOBODY &&
            !add_sign_up(holding, member, chance(district, 60) ? SIGNED_UP : SIGNED_OFF,
                         some_time_before(holding)))
            return false;
    }
    return true;
}

/* Some are full soon after they were announced. */
static bool add_line(struct holding *holding, int32_t *capacity)
{
    struct district *district = holding->district;
    uint32_t waiting = 1 + pick(district, 12);

    if (*capacity < holding->signed_up)
        *capacity = holding->signed_up;
    if (holding->activity->turnout == 0 || !chance(district, 18))
        return true;
    *capacity = holding->signed_up;
    for (uint32_t i = 0; i < waiting; i++) {
        uint32_t member = somebody_free(holding);

        if (member != NOBODY &&
            !add_sign_up(holding, member, WAITING,
                         holding->activity->starts_us - (int64_t)pick(district, 1000) * MINUTE_US))
            return false;
    }
    return true;
}

static bool add_activity(struct holding *holding, enum activity_state state, int32_t capacity)
{
    struct district *district = holding->district;
    const struct district_activity *activity = holding->activity;
    const struct activity_style *style = activity->style;
    const struct district_community *where = &district->communities[activity->community];

    return bulk_add(
        &holding->activities, holding->error, DB_ID(activity->id), DB_ID(where->id),
        DB_INT(style->category), DB_INT(state), DB_STR(activity_title(district, activity)),
        DB_STR("欢迎街坊参加，请提前十分钟到场签到。"), DB_STR(style->place),
        DB_INT(activity->starts_us), DB_INT(activity->ends_us), DB_INT(capacity),
        DB_INT(holding->signed_up), DB_ID(activity->created_by), DB_INT(activity->created_us),
        DB_ID(activity->part_of), DB_ID(activity->series_id), DB_INT(holding->waiting),
        DB_INT(holding->waiting), DB_STR(style->skill), DB_INT(where->latitude_e6),
        DB_INT(where->longitude_e6), DB_INT(style->weekly ? 300 : 0));
}

/* As a coordinator would count them. */
static bool add_counts(struct holding *holding)
{
    struct district *district = holding->district;
    const struct district_activity *activity = holding->activity;
    int32_t came = holding->came;

    return bulk_add(&holding->counts, holding->error, DB_ID(activity->id), DB_INT(came),
                    DB_INT(came), DB_INT(came * (int32_t)pick(district, 4)),
                    DB_INT(activity->style->category <= 6 ? came * (int32_t)pick(district, 3) : 0),
                    DB_INT(pick(district, 4)), DB_ID(activity->created_by),
                    DB_INT(activity->ends_us + (1 + (int64_t)pick(district, 20)) * HOUR_US));
}

/* --- What is planned -------------------------------------------------------------------------- */

static bool attend_as_planned(struct holding *holding, const struct planned_attendance *planned)
{
    struct district *district = holding->district;
    struct attending attending = {
        .member = planned->member,
        .started_us = planned->started_us,
        .ended_us = planned->ended_us,
        .grade = planned->grade,
        .place_check = planned->place_check,
        .proposed_by = planned->proposed_by,
        .proposed_us = planned->proposed_us,
    };
    uint32_t made;

    if (planned->signed_up_us != 0 &&
        !add_sign_up(holding, planned->member, SIGNED_UP, planned->signed_up_us))
        return false;
    if (!add_record(holding, &attending, &made))
        return false;
    uint64_t id = district->records[made].id;
    planted_note(&planned->planted->records, id);
    agenda_add(district->agenda, (struct task){.at_us = planned->reviewed_us,
                                               .kind = TASK_REVIEW,
                                               .subject = made,
                                               .actor = planned->reviewer});
    if (planned->proposed_by != 0)
        return add_audit(holding, planned->proposed_us, planned->proposed_by, "record.backfill", id,
                         "补录");
    return !planned->corrected || add_audit(holding, planned->reviewed_us - 90 * SECOND_US,
                                            planned->reviewer, "record.correct", id, "更正");
}

static bool add_planned(struct holding *holding)
{
    const struct district *district = holding->district;

    for (uint32_t i = 0; i < district->planned_count; i++)
        if (district->planned[i].activity == holding->index &&
            !attend_as_planned(holding, &district->planned[i]))
            return false;
    return true;
}

/* Who plays a part today is left alone by chance. */
static void set_apart(struct district *district, int day)
{
    for (uint32_t i = 0; i < district->planned_count; i++)
        if (district->activities[district->planned[i].activity].day == day)
            district->members[district->planned[i].member].planned_day = day;
}

/* --- The day ---------------------------------------------------------------------------------- */

static bool hold_one(struct holding *holding, uint32_t index)
{
    const struct district_activity *activity = &holding->district->activities[index];
    int32_t capacity = activity->capacity;

    holding->activity = activity;
    holding->index = index;
    holding->signed_up = holding->waiting = holding->came = 0;
    if (activity->cancelled)
        return add_activity(holding, ACTIVITY_CANCELLED, capacity);
    if (activity->has_shifts)
        return add_activity(holding, ACTIVITY_CLOSED, capacity);
    return add_planned(holding) && add_comers(holding) && add_line(holding, &capacity) &&
           add_activity(holding, ACTIVITY_CLOSED, capacity) && add_counts(holding);
}

static void begin(struct holding *holding, struct district *district, struct error *error)
{
    struct db *db = district->tools->db;

    *holding = (struct holding){.district = district, .error = error};
    holding->activities = bulk_into(
        db, "INSERT INTO activities (activity_id, unit_id, category, state, title, description,"
            " place, starts_us, ends_us, capacity, signed_up, created_by, created_us, part_of,"
            " series_id, waiting, in_line, skill, latitude_e6, longitude_e6, radius_m) VALUES ");
    holding->sign_ups = bulk_into(
        db, "INSERT INTO sign_ups (activity_id, member_id, state, at_us, in_line) VALUES ");
    holding->records = bulk_into(
        db, "INSERT INTO records (record_id, activity_id, member_id, state, grade, started_us,"
            " ended_us, minutes, points, reviewed_by, reviewed_us, note, place_check, stated,"
            " statement_until_us, proposed_by, notice_until_us) VALUES ");
    holding->counts = bulk_into(
        db, "INSERT INTO activity_counts (activity_id, volunteers, attendances, residents,"
            " households, cases, entered_by, entered_us) VALUES ");
    holding->evidence = bulk_into(db, "INSERT INTO evidence (evidence_id, record_id, added_by,"
                                      " added_us, media_type, note, photo) VALUES ");
    holding->audit = bulk_into(db, "INSERT INTO audit_trail (at_us, actor, action, object_id,"
                                   " value_before, value_after, reason) VALUES ");
}

/* Sends what is left and frees all, whatever had happened. */
static bool end(struct holding *holding, bool fine)
{
    struct bulk *bulks[] = {&holding->activities, &holding->sign_ups, &holding->records,
                            &holding->counts,     &holding->evidence, &holding->audit};

    for (size_t i = 0; i < ARRAY_LENGTH(bulks); i++)
        fine = bulk_end(bulks[i], fine ? holding->error : NULL) && fine;
    return fine;
}

static bool hold_all(struct holding *holding, int day)
{
    struct district *district = holding->district;
    bool fine = true;

    for (; fine && district->held < district->activity_count &&
           district->activities[district->held].day == day;
         district->held++)
        fine = hold_one(holding, district->held);
    for (uint32_t i = 0; fine && i < district->planted_activities; i++)
        if (district->activities[district->activity_count + i].day == day)
            fine = hold_one(holding, district->activity_count + i);
    return fine;
}

bool district_hold_day(struct district *district, int day, struct error *error)
{
    struct holding holding;

    if (!db_begin(district->tools->db, error))
        return false;
    begin(&holding, district, error);
    set_apart(district, day);
    if (end(&holding, hold_all(&holding, day)) && db_commit(district->tools->db, error))
        return true;
    db_rollback(district->tools->db);
    return false;
}

/* --- What is to come -------------------------------------------------------------------------- */

static bool announce_one(struct holding *holding, uint32_t index)
{
    struct district *district = holding->district;
    struct district_activity *activity = &district->activities[index];
    uint32_t wanted = pick(district, (uint32_t)activity->capacity + 4);

    if (activity->created_us > district->end_us)
        activity->created_us = district->end_us - (int64_t)pick(district, 600) * MINUTE_US;
    holding->activity = activity;
    holding->index = index;
    holding->signed_up = holding->waiting = holding->came = 0;
    for (uint32_t i = 0; i < wanted && !activity->has_shifts; i++) {
        uint32_t member = somebody_free(holding);
        bool is_free = holding->signed_up < activity->capacity;

        if (member != NOBODY &&
            !add_sign_up(holding, member, is_free ? SIGNED_UP : WAITING, activity->created_us))
            return false;
    }
    return add_activity(holding, ACTIVITY_PUBLISHED, activity->capacity);
}

bool district_announce(struct district *district, struct error *error)
{
    struct holding holding;
    bool fine = true;

    if (!db_begin(district->tools->db, error))
        return false;
    begin(&holding, district, error);
    for (uint32_t i = district->held; fine && i < district->activity_count; i++)
        fine = announce_one(&holding, i);
    if (end(&holding, fine) && db_commit(district->tools->db, error))
        return true;
    db_rollback(district->tools->db);
    return false;
}
