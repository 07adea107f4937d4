/*
 * The market: 44 merchants of four sectors with shops, clerks, a manager and rewards; sponsors who
 * pay for some of them.
 */
#include <stdio.h>

#include "cli/district.h"
#include "market/merchants.h"
#include "market/rewards.h"
#include "market/shops.h"
#include "market/sponsors.h"
#include "people/accounts.h"

#define SPONSORS   4
#define OPENS      (9 * 60) /* of every shop, every day */
#define CLOSES     (21 * 60 + 30)
#define OFFERS     5 /* of a sector */
#define SIGN_IN_TO 2 /* merchants whose people can */
#define FIRST_DAYS (30 * DAY_US)
#define MANY       1800 /* pieces at first */
#define FEW        30

enum { CATERING, BOOKS, EDUCATION, MEDICAL, SECTORS };

static const struct {
    uint32_t merchants;
    const char *trades[4];
    struct {
        const char *title;
        int price; /* points */
        int fen;
        int limit; /* of one person in 30 days; 0: none */
    } offers[OFFERS];
} sectors[SECTORS] = {
    [CATERING] = {20,
                  {"茶楼", "糖水铺", "面馆", "饼家"},
                  {{"早茶点心一份", 6, 1500, 0},
                   {"养生粥一碗", 4, 900, 0},
                   {"云吞面一碗", 5, 1400, 0},
                   {"双人套餐", 18, 4800, 2},
                   {"凉茶一杯", 2, 500, 0}}},
    [BOOKS] = {7,
               {"书屋", "书店", "文具店", "绘本馆"},
               {{"图书抵用券 10 元", 5, 1000, 0},
                {"儿童绘本一本", 12, 2800, 2},
                {"文具抵用券", 3, 600, 0},
                {"借书季卡", 20, 5000, 1},
                {"字帖一本", 6, 1500, 0}}},
    [EDUCATION] = {8,
                   {"美术室", "琴行", "银龄学堂", "体育馆"},
                   {{"体验课一节", 12, 3200, 2},
                    {"手机班一期", 10, 2500, 1},
                    {"琴房一小时", 8, 2000, 0},
                    {"羽毛球场一小时", 7, 1800, 0},
                    {"暑期班抵用券", 30, 8000, 1}}},
    [MEDICAL] = {9,
                 {"药房", "口腔门诊", "眼镜店", "中医馆"},
                 {{"口罩一盒", 4, 1000, 0},
                  {"血压测量包", 5, 1200, 0},
                  {"口腔检查", 10, 3000, 2},
                  {"推拿一次", 15, 4000, 2},
                  {"家庭药箱", 28, 7000, 1}}},
};

static const char *const names[] = {"榕荫", "渡口", "阿婆", "街坊", "桂香", "水巷", "老埠", "禾田",
                                    "莲塘", "石桥", "半亩", "新知", "童画", "乐学", "惠民", "康和",
                                    "明目", "春晖", "双江", "福记", "陶然", "九记"};
static const char *const lanes[] = {"桂畔路", "文昌巷", "学府路",   "东埠街", "灯湖里",
                                    "丝巷",   "工友路", "吉祥大道", "水车街", "书院街"};

/* --- Rewards --------------------------------------------------------------------------------- */

static bool make_reward(struct district *district, uint32_t merchant, uint32_t offer,
                        const uint64_t sponsors[SPONSORS], struct error *error)
{
    const struct district_merchant *of = &district->merchants[merchant];
    struct district_reward *made = &district->rewards[district->reward_count++];
    bool is_sponsored = chance(district, 25), one_shop = of->shop_count > 1 && chance(district, 12);
    struct reward reward = {
        .id = id_next(district->tools->ids),
        .merchant_id = of->id,
        .title = arena_printf(district->arena, "%s", sectors[of->sector].offers[offer].title),
        .description = arena_printf(district->arena, "到店出示兑换券即可，有效期三十天。"),
        .shop_id = one_shop ? of->shops[0] : 0,
        .terms = {.state = STOCK_OPEN,
                  .price = sectors[of->sector].offers[offer].price * 100,
                  .reimburse_fen = sectors[of->sector].offers[offer].fen,
                  .limit_count = sectors[of->sector].offers[offer].limit,
                  .limit_days = 30,
                  .valid_us = 30 * DAY_US,
                  .sponsor_id = is_sponsored ? sponsors[pick(district, SPONSORS)] : 0,
                  .budget_fen = is_sponsored ? 5000000 : 0},
        .created_us = district->start_us - 20 * DAY_US,
    };

    *made = (struct district_reward){.id = reward.id,
                                     .merchant = merchant,
                                     .price = reward.terms.price,
                                     .shop = reward.shop_id,
                                     .limited = reward.terms.limit_count > 0,
                                     .scarce = offer > 0 && chance(district, 12)};
    agenda_add(district->agenda, (struct task){.at_us = district->start_us,
                                               .kind = TASK_RESTOCK,
                                               .subject = district->reward_count - 1,
                                               .actor = of->manager,
                                               .number = made->scarce ? FEW : MANY});
    return reward_create(district->tools->db, &reward, error);
}

/* --- Merchants ------------------------------------------------------------------------------- */

static bool make_shops(struct district *district, struct district_merchant *merchant,
                       const char *name, struct error *error)
{
    struct shop_hours week[7];

    for (int day = 1; day <= 7; day++)
        week[day - 1] = (struct shop_hours){day, OPENS, CLOSES};
    merchant->shop_count = 1 + pick_popular(district, SHOPS_OF_ONE);
    for (uint32_t i = 0; i < merchant->shop_count; i++) {
        const char *lane = lanes[pick(district, ARRAY_LENGTH(lanes))];
        struct shop shop = {
            .id = merchant->shops[i] = id_next(district->tools->ids),
            .merchant_id = merchant->id,
            .name = arena_printf(district->arena, "%s（%s店）", name, lane),
            .address = arena_printf(district->arena, "%s %u 号", lane, 1 + pick(district, 180)),
            .phone = arena_printf(district->arena, "0199-%07u", pick(district, 10000000)),
            .hours = week,
            .hour_count = 7,
            .created_us = district->start_us - FIRST_DAYS,
        };

        if (!shop_create(district->tools->db, &shop, error))
            return false;
    }
    return true;
}

static bool make_people(struct district *district, uint32_t number, const char *name,
                        struct error *error)
{
    struct district_merchant *merchant = &district->merchants[number];
    bool can_sign_in = number < SIGN_IN_TO;
    struct new_account account = {ROLE_MANAGER, merchant->id,
                                  arena_printf(district->arena, "shop%u.boss", number + 1),
                                  arena_printf(district->arena, "%s店长", name), can_sign_in};

    if (!district_make_account(district, &account, &merchant->manager, error))
        return false;
    account.role = ROLE_CLERK;
    merchant->clerk_count = 2 + pick(district, CLERKS_MOST - 1);
    for (uint32_t i = 0; i < merchant->clerk_count; i++) {
        account.login = i == 0 ? arena_printf(district->arena, "shop%u", number + 1)
                               : arena_printf(district->arena, "shop%u.%u", number + 1, i + 1);
        account.name = arena_printf(district->arena, "%s店员%u", name, i + 1);
        account.can_sign_in = can_sign_in && i == 0;
        if (!district_make_account(district, &account, &merchant->clerks[i], error))
            return false;
    }
    return true;
}

static bool make_merchant(struct district *district, uint32_t number, int sector,
                          uint32_t of_sector, const uint64_t sponsors[SPONSORS],
                          struct error *error)
{
    struct district_merchant *made = &district->merchants[number];
    uint32_t first = district->reward_count, offers = 3 + pick(district, OFFERS - 2);
    char *name = arena_printf(district->arena, "%s%s", names[number * 5 % ARRAY_LENGTH(names)],
                              sectors[sector].trades[of_sector % 4]);
    struct merchant merchant = {
        .id = id_next(district->tools->ids),
        .name = name,
        .address = arena_printf(district->arena, "%s %u 号", lanes[number % ARRAY_LENGTH(lanes)],
                                1 + pick(district, 180)),
        .sector = sector,
        .created_us = district->start_us - FIRST_DAYS,
    };

    made->id = merchant.id;
    made->sector = sector;
    made->first_reward = first;
    made->reward_count = offers;
    if (!merchant_create(district->tools->db, &merchant, error) ||
        !make_shops(district, made, name, error) || !make_people(district, number, name, error))
        return false;
    for (uint32_t i = 0; i < offers; i++)
        if (!make_reward(district, number, i, sponsors, error))
            return false;
    return district_goes_on(district, "merchants", 10 + number / 15, error);
}

static bool make_sponsors(struct district *district, uint64_t sponsors[SPONSORS],
                          struct error *error)
{
    static const char *const funds[SPONSORS] = {"澜汀社区发展基金", "榕津商会", "禾汀乡亲会",
                                                "邻里互助公益金"};

    for (int i = 0; i < SPONSORS; i++) {
        struct sponsor sponsor = {.id = sponsors[i] = id_next(district->tools->ids),
                                  .name = arena_printf(district->arena, "%s", funds[i]),
                                  .created_us = district->start_us - FIRST_DAYS};

        if (!sponsor_create(district->tools->db, &sponsor, error))
            return false;
    }
    return true;
}

bool district_make_market(struct district *district, struct error *error)
{
    uint64_t sponsors[SPONSORS];
    uint32_t number = 0;

    district->rewards = arena_take(district->arena, sizeof *district->rewards * MERCHANTS * OFFERS);
    if (!make_sponsors(district, sponsors, error))
        return false;
    for (int sector = 0; sector < SECTORS; sector++)
        for (uint32_t i = 0; i < sectors[sector].merchants; i++)
            if (!make_merchant(district, number++, sector, i, sponsors, error))
                return false;
    ASSERT(number == MERCHANTS);
    return true;
}
