#include <stdio.h>
#include <string.h>

#include "cli/demo_story.h"
#include "market/merchants.h"
#include "market/rewards.h"
#include "people/accounts.h"
#include "people/members.h"
#include "people/units.h"

/* A business answer that the demo's own data can only get by a fault of the demo. */
static bool must_be_done(enum people_answer answer, const char *what, struct error *error)
{
    if (answer == PEOPLE_DONE)
        return true;
    if (answer != PEOPLE_BROKEN)
        error_set(error, "demo.refused", "the demo's %s was refused (%d)", what, (int)answer);
    return false;
}

/* --- Places ---------------------------------------------------------------------------------- */

static bool make_unit(struct demo_world *world, uint64_t parent_id, const char *kind,
                      const char *name, uint64_t *unit_id, struct error *error)
{
    struct new_unit unit = {parent_id, text_from(kind), text_from(name), 0};

    return must_be_done(
        unit_create(world->tools->db, world->tools->ids, &unit, world->start_us, unit_id, error),
        "unit", error);
}

static bool make_units(struct demo_world *world, struct error *error)
{
    static const char *const communities[] = {"东湖社区", "榕树社区", "渡口社区"};

    if (!make_unit(world, 0, "street", "桂园街道", &world->street, error))
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(communities); i++)
        if (!make_unit(world, world->street, "community", communities[i], &world->communities[i],
                       error))
            return false;
    return true;
}

/* --- Staff ----------------------------------------------------------------------------------- */

static bool make_staff(struct demo_world *world, enum role role, uint64_t scope_id,
                       const char *login, const char *name, uint64_t *account_id,
                       struct error *error)
{
    struct new_staff staff = {
        .role = role,
        .scope_id = scope_id,
        .login = text_from(login),
        .password = TEXT(DEMO_PASSWORD),
        .display_name = text_from(name),
    };

    return must_be_done(account_create_staff(world->tools->db, world->tools->ids, &staff,
                                             world->start_us, account_id, error),
                        "staff", error);
}

static bool make_office(struct demo_world *world, struct error *error)
{
    uint64_t other;

    return make_staff(world, ROLE_ADMINISTRATOR, 0, "demo.admin", "管理员甲", &world->administrator,
                      error) &&
           make_staff(world, ROLE_ADMINISTRATOR, 0, "demo.admin2", "管理员乙", &other, error) &&
           make_staff(world, ROLE_AUDITOR, 0, "demo.auditor", "审计员", &other, error) &&
           make_staff(world, ROLE_COORDINATOR, world->street, "demo.street", "街道协调员",
                      &world->coordinator, error) &&
           make_staff(world, ROLE_COORDINATOR, world->communities[0], "demo.east", "东湖社区协调员",
                      &other, error);
}

/* --- Members --------------------------------------------------------------------------------- */

static const char *fictional_name(struct demo_world *world)
{
    static const char *const surnames[] = {"陈", "梁", "李", "黄", "何", "罗", "潘", "霍",
                                           "区", "麦", "冼", "简", "卢", "邓", "关", "谭"};
    static const char *const first[] = {"志", "美", "伟", "丽", "国", "秀", "家", "慧",
                                        "永", "玉", "文", "淑", "建", "嘉", "少", "凤"};
    static const char *const second[] = {"强", "玲", "明", "芳", "辉", "珍", "欣", "华",
                                         "安", "英", "康", "仪", "锋", "琼", "平", "婷"};

    return arena_printf(world->arena, "%s%s%s", surnames[demo_random(world, 16)],
                        first[demo_random(world, 16)], second[demo_random(world, 16)]);
}

static bool insert_members(struct db *db, void *context, struct error *error)
{
    struct demo_world *world = context;

    for (size_t i = 0; i < DEMO_MEMBERS; i++) {
        int64_t joined_us = world->start_us - (int64_t)demo_random(world, 300) * DAY_US;
        struct new_member member = {
            .name = text_from(fictional_name(world)),
            .unit_id = world->communities[demo_random(world, 3)],
            .consented_us = joined_us,
        };

        snprintf(member.phone.text, sizeof member.phone.text, "+8619900000%03zu", i + 1);
        world->members[i].id = id_next(world->tools->ids);
        if (!member_insert(db, world->tools->keyring, world->members[i].id, &member, joined_us,
                           error))
            return false;
    }
    return true;
}

/* --- The market ------------------------------------------------------------------------------ */

static const struct {
    const char *name, *address, *sector;
    struct {
        const char *title;
        int price; /* points */
        int fen;
    } rewards[3];
} shops[DEMO_MERCHANTS] = {
    {"榕荫茶楼",
     "桂园路 12 号",
     "catering",
     {{"早茶点心一份", 6, 1500}, {"双人早茶套餐", 20, 5000}, {"养生粥一碗", 4, 900}}},
    {"阿婆糖水",
     "东湖街 3 号",
     "catering",
     {{"双皮奶一碗", 4, 1000}, {"红豆沙一碗", 3, 800}, {"龟苓膏一份", 5, 1200}}},
    {"渡口面馆",
     "渡口里 8 号",
     "catering",
     {{"云吞面一碗", 6, 1600}, {"牛腩面一碗", 8, 2200}, {"凉茶一杯", 2, 500}}},
    {"街坊饼店",
     "桂园路 45 号",
     "catering",
     {{"盲公饼一盒", 8, 2000}, {"老婆饼两只", 3, 700}, {"生日蛋糕券", 40, 9800}}},
    {"半亩书屋",
     "文昌巷 2 号",
     "books",
     {{"图书抵用券 10 元", 5, 1000}, {"儿童绘本一本", 12, 2800}, {"借书季卡", 25, 6000}}},
    {"新知书店",
     "学府路 17 号",
     "books",
     {{"文具抵用券", 3, 600}, {"图书抵用券 20 元", 10, 2000}, {"字帖一本", 6, 1500}}},
    {"童画美术室",
     "学府路 21 号",
     "education",
     {{"儿童美术体验课", 15, 4000}, {"周末书法课", 18, 4500}, {"家庭陶艺课", 30, 8000}}},
    {"乐学琴行",
     "文昌巷 9 号",
     "education",
     {{"钢琴体验课", 15, 4000}, {"琴房一小时", 8, 2000}, {"古筝体验课", 15, 4000}}},
    {"银龄学堂",
     "东湖街 30 号",
     "education",
     {{"手机班一期", 10, 2500}, {"太极班一期", 12, 3000}, {"合唱班一期", 10, 2500}}},
    {"惠民药房",
     "桂园路 66 号",
     "medical",
     {{"血压测量包", 5, 1200}, {"口罩一盒", 4, 1000}, {"家庭药箱", 28, 7000}}},
    {"康和口腔",
     "学府路 5 号",
     "medical",
     {{"口腔检查", 10, 3000}, {"洁牙一次", 35, 9000}, {"儿童涂氟", 25, 6800}}},
    {"明目眼镜",
     "渡口里 20 号",
     "medical",
     {{"验光一次", 6, 1500}, {"镜片清洁套装", 4, 1000}, {"老花镜一副", 20, 5000}}},
};

static int sector_of(const char *name)
{
    for (int sector = 0; sector < 4; sector++)
        if (strcmp(merchant_sector_name(sector), name) == 0)
            return sector;
    ASSERT(!"the demo's sectors are known");
    return 0;
}

static bool make_reward(struct demo_world *world, size_t shop, size_t number, struct error *error)
{
    struct demo_reward *made = &world->rewards[shop * 3 + number];
    struct reward reward = {
        .id = id_next(world->tools->ids),
        .merchant_id = world->merchants[shop].id,
        .title = arena_printf(world->arena, "%s", shops[shop].rewards[number].title),
        .description = arena_printf(world->arena, "到店出示兑换券即可，%s。", shops[shop].address),
        .terms = {.state = STOCK_OPEN,
                  .price = shops[shop].rewards[number].price * 100,
                  .reimburse_fen = shops[shop].rewards[number].fen,
                  .limit_count = number == 2 ? 1 : 0,
                  .limit_days = 1,
                  .valid_us = 30 * DAY_US},
        .created_us = world->start_us,
    };

    *made = (struct demo_reward){reward.id, shop, reward.terms.price};
    return reward_create(world->tools->db, &reward, error);
}

static bool make_shop(struct demo_world *world, size_t shop, struct error *error)
{
    struct demo_merchant *made = &world->merchants[shop];
    struct merchant merchant = {
        .id = id_next(world->tools->ids),
        .name = arena_printf(world->arena, "%s", shops[shop].name),
        .address = arena_printf(world->arena, "%s", shops[shop].address),
        .sector = sector_of(shops[shop].sector),
        .created_us = world->start_us,
    };

    made->id = merchant.id;
    if (!merchant_create(world->tools->db, &merchant, error) ||
        !make_staff(world, ROLE_CLERK, merchant.id, arena_printf(world->arena, "shop%zu", shop + 1),
                    arena_printf(world->arena, "%s店员", shops[shop].name), &made->clerk, error))
        return false;
    for (size_t number = 0; number < 3; number++)
        if (!make_reward(world, shop, number, error))
            return false;
    return true;
}

bool demo_make_world(struct demo_world *world, struct error *error)
{
    uint64_t manager;

    if (!make_units(world, error) || !make_office(world, error) ||
        !db_transaction(world->tools->db, insert_members, world, error))
        return false;
    for (size_t shop = 0; shop < DEMO_MERCHANTS; shop++)
        if (!make_shop(world, shop, error))
            return false;
    return make_staff(world, ROLE_MANAGER, world->merchants[0].id, "shop1.boss", "榕荫茶楼店长",
                      &manager, error);
}
