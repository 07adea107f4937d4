/*
 * The tree: a district, its streets and towns, communities, grids and groups; and beside it the
 * offices that people work in. None of the names is a real place's.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/district.h"

#define GROUPS          2 /* of a grid */
#define OFFICES         120
#define LATITUDE_E6     23020000
#define LONGITUDE_E6    113110000
#define NAMES_OF_STREET 12

static const char *const streets[STREETS] = {"澜桥街道", "榕津街道", "云埠街道",
                                             "桂庭街道", "禾汀镇",   "青螺镇"};

static const char *const communities[STREETS][NAMES_OF_STREET] = {
    {"澜桥社区", "东埠社区", "石梁社区", "文曲社区", "柳巷社区", "锦塘社区", "北闸社区", "福厚社区",
     "渔歌社区", "书院社区", "新埗社区", "永济社区"},
    {"榕津社区", "古渡社区", "南栅社区", "灯湖里社区", "锦绣里社区", "旧圩社区", "水榭社区",
     "宝善社区", "鹤鸣社区", "陶坊社区", "丝巷社区", "仁寿社区"},
    {"云埠社区", "望江社区", "白鹭社区", "凤冈社区", "麒麟里社区", "竹园社区", "长庚社区",
     "星汉社区", "吉祥里社区", "工友社区", "紫荆社区", "同心社区"},
    {"桂庭社区", "桂畔社区", "芙蓉里社区", "月台社区", "朝阳里社区", "沙洛社区", "清晖里社区",
     "梅径社区", "兰亭里社区", "半塘社区", "谷行社区", "拱北里社区"},
    {"禾汀社区", "稻香村", "莲塘里村", "蕉门里村", "鱼脊村", "上涌村", "下涌村", "金穗社区",
     "基围村", "果香村", "水车社区", "横基村"},
    {"青螺社区", "螺山村", "茶亭村", "松涛社区", "石坳村", "龙眼树村", "泉口村", "岭脚村",
     "大榕树村", "杨梅村", "葛岭社区", "溪尾村"},
};

static const char *const trades[] = {"实验小学", "中学",       "幼儿园",   "人民医院", "卫生站",
                                     "陶瓷厂",   "纺织公司",   "电子公司", "供水公司", "公交公司",
                                     "银行支行", "建筑设计院", "律师楼",   "税务所",   "邮政所",
                                     "供电所",   "图书馆",     "物业公司", "超市",     "食品厂"};

struct unit_path {
    uint64_t id;
    char path[160]; /* six levels of at most 21 bytes */
};

static bool add_unit(struct district *district, struct bulk *units, const struct unit_path *parent,
                     const char *kind, const char *name, struct unit_path *made,
                     struct error *error)
{
    struct unit_path unit = {.id = id_next(district->tools->ids)};

    int length = snprintf(unit.path, sizeof unit.path, "%s%" PRIu64 "/",
                          parent ? parent->path : "/", unit.id);

    ASSERT(length > 0 && (size_t)length < sizeof unit.path);
    *made = unit;
    return bulk_add(units, error, DB_ID(unit.id), DB_ID(parent ? parent->id : 0), DB_STR(kind),
                    DB_STR(name), DB_STR(unit.path), DB_INT(district->start_us - 400 * DAY_US));
}

static bool add_grids(struct district *district, struct bulk *units,
                      struct district_community *community, const struct unit_path *parent,
                      struct error *error)
{
    struct unit_path grid, group;

    for (int i = 0; i < GRIDS; i++) {
        const char *name = arena_printf(district->arena, "%s第%d网格", community->name, i + 1);

        if (!add_unit(district, units, parent, "grid", name, &grid, error))
            return false;
        community->grids[i] = grid.id;
        for (int j = 0; j < GROUPS; j++) {
            name = arena_printf(district->arena, "%d网格第%d小组", i + 1, j + 1);
            if (!add_unit(district, units, &grid, "group", name, &group, error))
                return false;
        }
    }
    return true;
}

static bool add_communities(struct district *district, struct bulk *units, uint32_t street,
                            const struct unit_path *parent, struct error *error)
{
    uint32_t count = at_scale(district, NAMES_OF_STREET, 2);

    for (uint32_t i = 0; i < count; i++) {
        struct district_community *community = &district->communities[district->community_count++];
        const char *name = communities[street][i];
        bool is_village = strstr(name, "村") != NULL;
        struct unit_path made;

        community->name = arena_printf(district->arena, "%s", name);
        community->street = street;
        community->latitude_e6 = LATITUDE_E6 + (int32_t)(street * 14000 + pick(district, 12000));
        community->longitude_e6 = LONGITUDE_E6 + (int32_t)(i * 6000 + pick(district, 5000));
        if (!add_unit(district, units, parent, is_village ? "village" : "community", name, &made,
                      error))
            return false;
        community->id = made.id;
        if (!add_grids(district, units, community, &made, error))
            return false;
    }
    return true;
}

static bool add_offices(struct district *district, struct bulk *units,
                        const struct unit_path *parent, struct error *error)
{
    district->office_count = at_scale(district, OFFICES, 24);
    district->offices = arena_take(district->arena, district->office_count * sizeof(uint64_t));
    for (uint32_t i = 0; i < district->office_count; i++) {
        uint32_t trade = i % ARRAY_LENGTH(trades), number = i / ARRAY_LENGTH(trades);
        const char *name = arena_printf(district->arena, "%.6s%s", streets[number % STREETS],
                                        trades[trade]); /* two characters of the street's name */
        struct unit_path made;

        if (!add_unit(district, units, parent, "office", name, &made, error))
            return false;
        district->offices[i] = made.id;
    }
    return true;
}

static bool add_tree(struct district *district, struct bulk *units, struct error *error)
{
    struct unit_path root, street, offices;

    if (!add_unit(district, units, NULL, "district", "澜汀区", &root, error))
        return false;
    district->root = root.id;
    for (uint32_t i = 0; i < STREETS; i++) {
        const char *kind = strstr(streets[i], "镇") != NULL ? "town" : "street";

        if (!add_unit(district, units, &root, kind, streets[i], &street, error))
            return false;
        district->streets[i] = street.id;
        if (!add_communities(district, units, i, &street, error))
            return false;
    }
    return add_unit(district, units, &root, "office", "区直及驻区单位", &offices, error) &&
           add_offices(district, units, &offices, error);
}

bool district_make_places(struct district *district, struct error *error)
{
    struct bulk units =
        bulk_into(district->tools->db,
                  "INSERT INTO units (unit_id, parent_id, kind, name, path, created_us) VALUES ");
    bool made = add_tree(district, &units, error);

    return bulk_end(&units, made ? error : NULL) && made;
}
