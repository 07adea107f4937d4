/*
 * The demo's three months, day by day. Each day's activities leave records; the next morning they
 * are reviewed, at noon vouchers are confirmed, in the evening people redeem. The commands are
 * played at the story's times, so that the chain tells it as it happened.
 */
#include "base/clock.h"
#include "cli/demo_story.h"
#include "ledger/play.h"
#include "market/redemption.h"
#include "market/voucher.h"
#include "service/activities.h"
#include "service/award_policy.h"

#define VOUCHERS_MOST 2000
#define RECORDS_MOST  64 /* a day */
#define STOCK         400

struct pending_record {
    uint64_t id;
    size_t member;
    int32_t minutes, coefficient;
    int64_t started_us;
};

struct open_voucher {
    uint64_t id;
    size_t member, reward;
};

struct story {
    struct demo_world *world;
    struct player *player;
    int64_t now_us;
    struct pending_record records[RECORDS_MOST]; /* of the last day */
    size_t record_count;
    struct open_voucher vouchers[VOUCHERS_MOST];
    size_t voucher_count;
};

/* Commands of one moment. What is refused is part of life. */
struct moment {
    struct command **commands;
    size_t count, most;
};

static struct moment moment_of(struct story *story, size_t most)
{
    struct command **commands = arena_take(story->world->arena, most * sizeof *commands);

    return (struct moment){.commands = commands, .most = most};
}

static void moment_add(struct moment *moment, struct command *command)
{
    ASSERT(moment->count < moment->most);
    moment->commands[moment->count++] = command;
}

static bool moment_play(struct story *story, const struct moment *moment, struct error *error)
{
    return player_run(story->player, moment->commands, moment->count, story->now_us, error);
}

static int64_t at_hour(const struct story *story, int day, int hour)
{
    return story->world->start_us + day * DAY_US + hour * HOUR_US;
}

/* --- Service --------------------------------------------------------------------------------- */

static const struct {
    const char *title, *place;
    int category, coefficient; /* percent, as in `categories` */
    int hour, minutes;
} kinds[] = {
    {"清洁家园行动", "东湖公园东门", 3, 100, 9, 120},
    {"敬老送餐", "长者饭堂", 6, 100, 11, 90},
    {"文明交通劝导", "桂园路口", 5, 100, 8, 90},
    {"四点半课堂", "榕树社区二楼", 10, 100, 16, 90},
    {"夜间平安巡逻", "渡口里", 4, 120, 19, 120},
    {"邻里文艺晚会", "文化广场", 7, 100, 19, 150},
    {"困难家庭探访", "各小区", 2, 120, 14, 120},
    {"楼道议事会", "社区议事厅", 9, 100, 20, 60},
    {"垃圾分类宣传", "各小区广场", 3, 100, 18, 60},
    {"便民义诊协助", "社区卫生站", 6, 100, 9, 180},
};

static bool attend(struct story *story, const struct activity *activity, int32_t coefficient,
                   size_t member, struct error *error)
{
    struct demo_world *world = story->world;
    struct pending_record *record = &story->records[story->record_count];
    int64_t late_us = (int64_t)demo_random(world, 10) * MINUTE_US;
    int64_t ended_us = activity->ends_us - (int64_t)demo_random(world, 15) * MINUTE_US;

    *record = (struct pending_record){
        .id = id_next(world->tools->ids),
        .member = member,
        .coefficient = coefficient,
        .started_us = activity->starts_us + late_us,
        .minutes = activity_minutes(activity, activity->starts_us + late_us, ended_us),
    };
    story->record_count++;
    return db_run(world->tools->db, error,
                  "INSERT IGNORE INTO sign_ups (activity_id, member_id, state, at_us)"
                  " VALUES (?, ?, 1, ?)",
                  DB_ID(activity->id), DB_ID(world->members[member].id),
                  DB_INT(activity->starts_us - DAY_US)) >= 0 &&
           db_run(world->tools->db, error,
                  "INSERT INTO records (record_id, activity_id, member_id, state, grade,"
                  " started_us, ended_us, minutes, points, reviewed_by, reviewed_us, note)"
                  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, '')",
                  DB_ID(record->id), DB_ID(activity->id), DB_ID(world->members[member].id),
                  DB_INT(RECORD_PENDING), DB_INT(demo_random(world, 4) == 0 ? GRADE_B : GRADE_C),
                  DB_INT(record->started_us), DB_INT(ended_us), DB_INT(record->minutes)) >= 0;
}

static bool set_state(struct story *story, uint64_t activity_id, enum activity_state state,
                      size_t signed_up, struct error *error)
{
    return db_run(story->world->tools->db, error,
                  "UPDATE activities SET state = ?, signed_up = ? WHERE activity_id = ?",
                  DB_INT(state), DB_INT(signed_up), DB_ID(activity_id)) >= 0;
}

/* One activity and who came: neighbours in the list of members, so that everybody has a turn. */
static bool hold_activity(struct story *story, int day, struct error *error)
{
    struct demo_world *world = story->world;
    uint32_t kind = demo_random(world, ARRAY_LENGTH(kinds));
    uint32_t first = demo_random(world, DEMO_MEMBERS), people = 6 + demo_random(world, 14);
    int64_t starts_us = at_hour(story, day, kinds[kind].hour);
    struct activity activity = {
        .id = id_next(world->tools->ids),
        .unit_id = world->communities[demo_random(world, 3)],
        .category = kinds[kind].category,
        .title = arena_printf(world->arena, "%s", kinds[kind].title),
        .description = arena_printf(world->arena, "欢迎街坊参加，请提前十分钟到场签到。"),
        .place = arena_printf(world->arena, "%s", kinds[kind].place),
        .starts_us = starts_us,
        .ends_us = starts_us + kinds[kind].minutes * MINUTE_US,
        .capacity = 30,
        .created_by = world->coordinator,
        .created_us = starts_us - 3 * DAY_US,
    };

    if (!activity_create(world->tools->db, &activity, error) ||
        !set_state(story, activity.id, ACTIVITY_CLOSED, people, error))
        return false;
    for (uint32_t i = 0; i < people && story->record_count < RECORDS_MOST; i++)
        if (!attend(story, &activity, kinds[kind].coefficient, (first + i * 7) % DEMO_MEMBERS,
                    error))
            return false;
    return true;
}

struct day {
    struct story *story;
    int number;
};

static bool hold_activities(struct db *db, void *context, struct error *error)
{
    struct day *day = context;
    uint32_t activities = 1 + demo_random(day->story->world, 2);

    (void)db;
    day->story->record_count = 0;
    for (uint32_t i = 0; i < activities; i++)
        if (!hold_activity(day->story, day->number, error))
            return false;
    return true;
}

/* --- Reviews --------------------------------------------------------------------------------- */

static void fill_award(struct story *story, const struct pending_record *record,
                       struct award *award)
{
    struct demo_world *world = story->world;
    const struct award_policy *policy = world->tools->award_policy;
    struct award_question question = {
        .minutes = record->minutes,
        .coefficient_percent = record->coefficient,
        .grade = GRADE_C,
        .started_us = record->started_us,
        .now_us = story->now_us,
    };
    struct award_answer answer = policy->answer(policy->context, &question);

    award->command.kind = &command_award;
    award->command.actor = world->coordinator;
    award->record_id = record->id;
    award->member_id = world->members[record->member].id;
    award->wallet_id = award->member_id;
    award->points = answer.points;
    award->daily_cap = answer.daily_cap;
    award->expires_us = answer.expires_us;
    award_set_day(award, record->started_us,
                  (int)world->tools->settings->programme.utc_offset_minutes);
}

static bool review_records(struct story *story, int day, struct error *error)
{
    struct demo_world *world = story->world;
    struct award *awards = arena_take(world->arena, RECORDS_MOST * sizeof *awards);
    struct moment moment = moment_of(story, RECORDS_MOST);

    story->now_us = at_hour(story, day, 10);
    for (size_t i = 0; i < story->record_count; i++) {
        fill_award(story, &story->records[i], &awards[i]);
        moment_add(&moment, &awards[i].command);
    }
    if (!moment_play(story, &moment, error))
        return false;
    for (size_t i = 0; i < story->record_count; i++)
        world->members[story->records[i].member].spendable = awards[i].command.outcome.available;
    return true;
}

/* --- Redemptions ----------------------------------------------------------------------------- */

static void fill_reserve(struct story *story, const struct open_voucher *voucher,
                         struct reserve *reserve)
{
    struct demo_world *world = story->world;
    const struct key *key = keyring_current(world->tools->keyring, KEY_VOUCHER);
    struct paper_code code;

    reserve->command.kind = &command_reserve;
    reserve->command.actor = world->members[voucher->member].id;
    reserve->redemption_id = voucher->id;
    reserve->member_id = world->members[voucher->member].id;
    reserve->reward_id = world->rewards[voucher->reward].id;
    reserve->price = world->rewards[voucher->reward].price;
    reserve->terms_version = 1;
    reserve->utc_offset_minutes = (int)world->tools->settings->programme.utc_offset_minutes;
    reserve->code_key = key->id;
    voucher_code_make(key->secret, voucher->id, &code);
    paper_code_hash(keyring_current(world->tools->keyring, KEY_INDEX)->secret, &code,
                    reserve->code_hash);
}

/* Some of those who can afford it pick something; what the ledger grants becomes a voucher. */
static bool redeem(struct story *story, int day, struct error *error)
{
    enum { TRIES = 40 };
    struct demo_world *world = story->world;
    struct reserve *reserves = arena_take(world->arena, TRIES * sizeof *reserves);
    struct open_voucher picked[TRIES];
    struct moment moment = moment_of(story, TRIES);
    size_t count = 0;

    story->now_us = at_hour(story, day, 21);
    for (int i = 0; i < TRIES && story->voucher_count + count < VOUCHERS_MOST; i++) {
        struct open_voucher *voucher = &picked[count];

        *voucher = (struct open_voucher){0, demo_random(world, DEMO_MEMBERS),
                                         demo_random(world, DEMO_REWARDS)};
        if (world->members[voucher->member].spendable < world->rewards[voucher->reward].price)
            continue;
        voucher->id = id_next(world->tools->ids);
        fill_reserve(story, voucher, &reserves[count]);
        moment_add(&moment, &reserves[count].command);
        count++;
    }
    if (!moment_play(story, &moment, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct outcome *outcome = &reserves[i].command.outcome;

        if (outcome->refusal != ACCEPTED)
            continue;
        world->members[picked[i].member].spendable = outcome->available;
        story->vouchers[story->voucher_count++] = picked[i];
    }
    return true;
}

/* Most vouchers are used within days, a few are given back, a few wait. */
static bool visit_shops(struct story *story, int day, struct error *error)
{
    struct demo_world *world = story->world;
    struct redemption_ref *refs = arena_take(world->arena, VOUCHERS_MOST * sizeof *refs);
    struct moment moment = moment_of(story, VOUCHERS_MOST);
    size_t kept = 0, used = 0;

    story->now_us = at_hour(story, day, 12);
    for (size_t i = 0; i < story->voucher_count; i++) {
        const struct open_voucher *voucher = &story->vouchers[i];
        const struct demo_merchant *merchant =
            &world->merchants[world->rewards[voucher->reward].merchant];
        struct redemption_ref *ref = &refs[used];
        uint32_t luck = demo_random(world, 100);

        if (luck >= 60) {
            story->vouchers[kept++] = *voucher;
            continue;
        }
        ref->command.kind = luck < 55 ? &command_confirm : &command_cancel;
        ref->command.actor = luck < 55 ? merchant->clerk : world->members[voucher->member].id;
        ref->redemption_id = voucher->id;
        ref->member_id = world->members[voucher->member].id;
        ref->wallet_id = ref->member_id;
        ref->reward_id = world->rewards[voucher->reward].id;
        ref->merchant_id = merchant->id;
        ref->caller_merchant = luck < 55 ? merchant->id : 0;
        moment_add(&moment, &ref->command);
        used++;
    }
    story->voucher_count = kept;
    return moment_play(story, &moment, error);
}

/* --- The whole ------------------------------------------------------------------------------- */

static bool fill_shelves(struct story *story, struct error *error)
{
    struct demo_world *world = story->world;
    struct restock *restocks = arena_take(world->arena, DEMO_REWARDS * sizeof *restocks);
    struct moment moment = moment_of(story, DEMO_REWARDS);

    story->now_us = story->world->start_us;
    for (size_t i = 0; i < DEMO_REWARDS; i++) {
        restocks[i].command.kind = &command_restock;
        restocks[i].command.actor = world->administrator;
        restocks[i].reward_id = world->rewards[i].id;
        restocks[i].pieces = STOCK;
        moment_add(&moment, &restocks[i].command);
    }
    return moment_play(story, &moment, error);
}

static bool live_days(struct story *story, struct error *error)
{
    if (!fill_shelves(story, error))
        return false;
    for (int day = 0; day < DEMO_DAYS; day++) {
        struct day today = {story, day};

        /* Yesterday's records are reviewed in the morning; those of the last day stay to review. */
        if (!demo_goes_on(story->world->tools, error) || !review_records(story, day, error) ||
            !visit_shops(story, day, error) ||
            !db_transaction(story->world->tools->db, hold_activities, &today, error) ||
            !redeem(story, day, error))
            return false;
    }
    return true;
}

/* Something to do today: one that runs now, and two that people can sign up for. */
static bool announce_next(struct story *story, struct error *error)
{
    struct demo_world *world = story->world;
    int64_t now_us = clock_now_us();
    const int64_t starts[] = {now_us - HOUR_US, now_us + DAY_US, now_us + 3 * DAY_US};

    for (size_t i = 0; i < ARRAY_LENGTH(starts); i++) {
        enum refusal refusal;
        struct activity activity = {
            .id = id_next(world->tools->ids),
            .unit_id = world->communities[0],
            .category = kinds[i].category,
            .title = arena_printf(world->arena, "%s", kinds[i].title),
            .description = arena_printf(world->arena, "欢迎街坊参加，请提前十分钟到场签到。"),
            .place = arena_printf(world->arena, "%s", kinds[i].place),
            .starts_us = starts[i],
            .ends_us = starts[i] + 4 * HOUR_US,
            .capacity = 30,
            .created_by = world->coordinator,
            .created_us = now_us - DAY_US,
        };

        if (!activity_create(world->tools->db, &activity, error) ||
            !activity_publish(world->tools->db, activity.id, now_us, &refusal, error))
            return false;
    }
    return true;
}

bool demo_live(struct demo_world *world, struct error *error)
{
    const struct demo_tools *tools = world->tools;
    struct story *story = arena_take(world->arena, sizeof *story);
    bool lived;

    story->world = world;
    story->player =
        player_start(tools->options, tools->instance_id, tools->signer, tools->key_id, error);
    if (story->player == NULL)
        return false;
    lived = live_days(story, error) && announce_next(story, error);
    player_stop(story->player);
    return lived;
}
