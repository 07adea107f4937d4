/*
 * What is planted at the counter: a clerk and members who work together, a screenshot that is shown
 * again, ten vouchers in an hour; and those who only look so.
 */
#include "base/clock.h"
#include "cli/district.h"

#define RINGS         3
#define RING_MEMBERS  4
#define RING_FROM_DAY 225
#define SCREENSHOTS   4
#define ATTEMPTS      4
#define SLIPS         3
#define RACERS        5
#define IN_AN_HOUR    10

/* A voucher of which everything is planned; it is issued at that moment if the points suffice. */
static uint32_t plan_voucher(struct district *district, struct planted *planted, uint32_t member,
                             uint32_t reward, int64_t at_us)
{
    uint32_t voucher = voucher_new(district, member, reward);

    district->vouchers[voucher].planned = true;
    planted_note(&planted->vouchers, voucher);
    planted_at(planted, at_us);
    agenda_add(district->agenda, (struct task){.at_us = at_us,
                                               .kind = TASK_RESERVE,
                                               .subject = voucher,
                                               .actor = district->members[member].id});
    return voucher;
}

static void plan_confirm(struct district *district, struct planted *planted, uint32_t voucher,
                         uint32_t clerk, int64_t at_us)
{
    struct district_voucher *of = &district->vouchers[voucher];
    const struct district_reward *reward = &district->rewards[of->reward];
    const struct district_merchant *merchant = &district->merchants[reward->merchant];

    of->clerk = merchant->clerks[clerk];
    of->shop = reward->shop ? reward->shop : merchant->shops[0];
    planted_note(&planted->accounts, of->clerk);
    planted_at(planted, at_us);
    agenda_add(district->agenda,
               (struct task){
                   .at_us = at_us, .kind = TASK_CONFIRM, .subject = voucher, .actor = of->clerk});
}

/* The cheapest of a merchant's rewards; of the limited ones only, or of the others only. */
static uint32_t cheapest(const struct district *district, uint32_t merchant, bool limited)
{
    const struct district_merchant *of = &district->merchants[merchant];
    uint32_t best = NOBODY;

    for (uint32_t i = of->first_reward; i < of->first_reward + of->reward_count; i++)
        if (district->rewards[i].limited == limited && !district->rewards[i].scarce &&
            (best == NOBODY || district->rewards[i].price < district->rewards[best].price))
            best = i;
    return best;
}

/* The next merchant from `number` on that sells such a reward. */
static uint32_t merchant_with(const struct district *district, uint32_t number, bool limited)
{
    while (cheapest(district, number % MERCHANTS, limited) == NOBODY)
        number++;
    return number % MERCHANTS;
}

/* --- A clerk and members ---------------------------------------------------------------------- */

/* Two days of each 30 that the limit counts by. */
static bool is_their_day(const struct district *district, int day)
{
    int32_t within = calendar_day(on_day(district, day, 0), district->offset) % 30;

    return within == 4 || within == 17;
}

static void plant_rings(struct district *district)
{
    for (uint32_t ring = 0; ring < RINGS; ring++) {
        uint32_t merchant = merchant_with(district, 21 + ring * 8, true);
        uint32_t reward = cheapest(district, merchant, true);
        uint32_t clerk = district->merchants[merchant].clerk_count - 1;
        struct planted *planted =
            planted_new(district, "collusion", false,
                        "one clerk confirms for the same four members, seconds after the issue, as"
                        " often as the limit lets them");

        for (int i = 0; i < RING_MEMBERS; i++) {
            uint32_t member = plant_actor(district, planted);

            for (int day = RING_FROM_DAY; day < DISTRICT_DAYS; day++) {
                if (!is_their_day(district, day))
                    continue;
                int64_t at_us = on_day(district, day, 15 * 60 + i * 11) +
                                (int64_t)pick(district, 600) * SECOND_US;
                uint32_t voucher = plan_voucher(district, planted, member, reward, at_us);

                plan_confirm(district, planted, voucher, clerk,
                             at_us + (17 + (int64_t)pick(district, 30)) * SECOND_US);
            }
        }
    }
}

/* Tea every other week, with the same clerk: hours or days after the voucher was issued. */
static void plant_regulars(struct district *district)
{
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t merchant = merchant_with(district, i * 3, false);
        uint32_t reward = cheapest(district, merchant, false);
        struct planted *planted = planted_new(district, "collusion", true,
                                              "a regular guest, always served by the same clerk");
        uint32_t member = plant_actor(district, planted);

        for (int day = 200; day < DISTRICT_DAYS - 5; day += 14) {
            int64_t at_us =
                on_day(district, day, 20 * 60 + 5) + (int64_t)pick(district, 1500) * SECOND_US;
            uint32_t voucher = plan_voucher(district, planted, member, reward, at_us);

            plan_confirm(district, planted, voucher, 0,
                         at_us + (11 + (int64_t)pick(district, 60)) * HOUR_US +
                             (int64_t)pick(district, 3600) * SECOND_US);
        }
    }
}

/* Busy: half of what the shop confirms, for everybody who comes. */
static void plant_popular_clerks(struct district *district)
{
    for (uint32_t i = 0; i < 2; i++) {
        struct planted *planted = planted_new(district, "collusion", true,
                                              "a clerk who serves most guests of a popular shop");

        planted_note(&planted->accounts, district->merchants[i].clerks[0]);
        planted_at(planted, district->start_us);
        planted_at(planted, district->end_us);
    }
}

/* --- A screenshot ----------------------------------------------------------------------------- */

static void plan_attempt(struct district *district, struct planted *planted, uint32_t voucher,
                         int number, int64_t at_us)
{
    const struct district_voucher *of = &district->vouchers[voucher];
    const struct district_merchant *merchant =
        &district->merchants[district->rewards[of->reward].merchant];
    uint64_t clerk = merchant->clerks[(uint32_t)number % merchant->clerk_count];

    planted_note(&planted->accounts, clerk);
    planted_at(planted, at_us);
    agenda_add(district->agenda, (struct task){.at_us = at_us,
                                               .kind = TASK_RECONFIRM,
                                               .subject = voucher,
                                               .actor = clerk,
                                               .number = number});
}

/* Answers are kept for thirty days: these are of the last weeks. */
static void plant_screenshots(struct district *district)
{
    for (int i = 0; i < SCREENSHOTS; i++) {
        uint32_t reward =
            cheapest(district, merchant_with(district, 2 + (uint32_t)i, false), false);
        struct planted *planted =
            planted_new(district, "screenshot", false,
                        "a picture of a voucher that is used, tried again with other clerks");
        uint32_t member = plant_actor(district, planted);
        int64_t at_us = on_day(district, DISTRICT_DAYS - 20 + i * 4, 11 * 60) +
                        (int64_t)pick(district, 1800) * SECOND_US;
        uint32_t voucher = plan_voucher(district, planted, member, reward, at_us - 5 * HOUR_US);

        plan_confirm(district, planted, voucher, 0, at_us);
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++)
            plan_attempt(district, planted, voucher, attempt,
                         at_us + attempt * (2 * HOUR_US + 7 * MINUTE_US + 3 * SECOND_US));
    }
}

/* Scanned twice at the same counter. */
static void plant_slips(struct district *district)
{
    for (int i = 0; i < SLIPS; i++) {
        uint32_t reward =
            cheapest(district, merchant_with(district, 9 + (uint32_t)i, false), false);
        struct planted *planted =
            planted_new(district, "screenshot", true, "scanned twice by a hasty clerk");
        uint32_t member = plant_actor(district, planted);
        int64_t at_us = on_day(district, DISTRICT_DAYS - 15 + i * 3, 12 * 60) +
                        (int64_t)pick(district, 1800) * SECOND_US;
        uint32_t voucher = plan_voucher(district, planted, member, reward, at_us - DAY_US);

        plan_confirm(district, planted, voucher, 0, at_us);
        plan_attempt(district, planted, voucher, 1, at_us + 9 * SECOND_US);
    }
}

/* --- Many at once ----------------------------------------------------------------------------- */

static void redeem_often(struct district *district, const char *why, bool innocent, int day,
                         int count, int64_t every_us)
{
    struct planted *planted = planted_new(district, "velocity", innocent, why);
    uint32_t member = plant_actor(district, planted);

    for (int i = 0; i < count; i++) {
        uint32_t merchant = merchant_with(district, (uint32_t)(day + i * 5), false);
        int64_t at_us = on_day(district, day, 9 * 60 + 5) + i * every_us +
                        (int64_t)pick(district, 40) * SECOND_US;
        uint32_t voucher =
            plan_voucher(district, planted, member, cheapest(district, merchant, false), at_us);

        district->vouchers[voucher].planned = false; /* used, returned or left, like any other */
    }
}

static void plant_velocity(struct district *district)
{
    for (int i = 0; i < RACERS; i++)
        redeem_often(district, "ten vouchers within an hour", false, 290 + i * 14, IN_AN_HOUR,
                     5 * MINUTE_US + 30 * SECOND_US);
    for (int i = 0; i < 3; i++)
        redeem_often(district, "four vouchers for a family's Saturday", true, 295 + i * 9, 4,
                     11 * MINUTE_US);
    for (int i = 0; i < 2; i++)
        redeem_often(district, "ten vouchers, but over a whole day", true, 300 + i * 20, IN_AN_HOUR,
                     70 * MINUTE_US);
}

void plant_counters(struct district *district)
{
    plant_rings(district);
    plant_velocity(district);
    plant_regulars(district);
    plant_popular_clerks(district);
    plant_screenshots(district);
    plant_slips(district);
}
