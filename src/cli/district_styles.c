#include "cli/district_styles.h"

#define ANY_DAY  0x7fU
#define WORKDAYS 0x1fU
#define WEEKEND  0x60U
#define ALL_YEAR 0xfffU
#define SUMMER   0x0c0U /* July, August */
#define MARCH    0x004U
#define WINTER   0xc03U /* November to February */
#define SCHOOL   0xf3fU /* not July, August */
#define AT(h, m) ((h)*60 + (m))

/* clang-format off */
const struct activity_style activity_styles[] = {
    /* title               place             category     starts     min  size  days      months   weekly skill */
    {"流感疫苗接种引导",   "社区卫生站",      1, 150, AT(8, 30),  180,  40, ANY_DAY,  WINTER,   false, "first_aid"},
    {"登革热防控清积水",   "各小区",          1, 150, AT(9, 0),   120,  60, WEEKEND,  0x3f0U,   false, ""},
    {"困难家庭探访",       "各小区",          2, 120, AT(14, 30), 120,  18, ANY_DAY,  ALL_YEAR, false, ""},
    {"旧衣旧书募集",       "文化广场",        2, 120, AT(9, 30),  180,  35, WEEKEND,  ALL_YEAR, false, ""},
    {"冬日送温暖",         "社区服务中心",    2, 120, AT(9, 0),   150,  45, ANY_DAY,  WINTER,   false, ""},
    {"洁净家园大扫除",     "社区公园东门",    3, 100, AT(8, 30),  120,  90, WEEKEND,  ALL_YEAR, false, ""},
    {"河涌清漂",           "涌边埠头",        3, 100, AT(8, 0),   150,  50, WEEKEND,  ALL_YEAR, false, ""},
    {"垃圾分类宣传",       "小区广场",        3, 100, AT(18, 30),  60,  20, ANY_DAY,  ALL_YEAR, false, ""},
    {"每周清洁日",         "社区公园",        3, 100, AT(8, 30),   90,  45, WEEKEND,  ALL_YEAR, true,  ""},
    {"夜间平安巡逻",       "社区警务室",      4, 120, AT(19, 30), 120,  16, ANY_DAY,  ALL_YEAR, false, ""},
    {"消防演练",           "小区广场",        4, 120, AT(15, 0),   90,  70, ANY_DAY,  ALL_YEAR, false, ""},
    {"平安夜巡班",         "社区警务室",      4, 120, AT(19, 30), 120,  22, ANY_DAY,  ALL_YEAR, true,  ""},
    {"文明交通劝导",       "学府路口",        5, 100, AT(7, 20),   80,  22, WORKDAYS, ALL_YEAR, false, ""},
    {"单车摆放整理",       "地铁口",          5, 100, AT(17, 40),  70,  18, WORKDAYS, ALL_YEAR, false, ""},
    {"护学岗",             "小学门口",        5, 100, AT(7, 10),   60,  20, WORKDAYS, SCHOOL,   true,  ""},
    {"敬老送餐",           "长者饭堂",        6, 100, AT(10, 30), 180,  30, ANY_DAY,  ALL_YEAR, true,  "cooking"},
    {"便民义诊协助",       "社区卫生站",      6, 100, AT(9, 0),   180,  40, WEEKEND,  ALL_YEAR, false, "first_aid"},
    {"家电义修",           "文化广场",        6, 100, AT(9, 30),  150,  25, WEEKEND,  ALL_YEAR, false, "repairs"},
    {"长者义剪",           "社区服务中心",    6, 100, AT(9, 0),   120,  20, WORKDAYS, ALL_YEAR, false, "hairdressing"},
    {"邻里百家宴",         "大榕树下",        6, 100, AT(16, 30), 180, 110, WEEKEND,  0xc03U,   false, "cooking"},
    {"邻里文艺晚会",       "文化广场",        7, 100, AT(19, 0),  150,  80, 0x70U,    ALL_YEAR, false, "music"},
    {"龙舟赛保障",         "江边码头",        7, 100, AT(8, 0),   240, 160, WEEKEND,  0x030U,   false, ""},
    {"广场健身带练",       "文化广场",        7, 100, AT(19, 30),  90,  24, ANY_DAY,  ALL_YEAR, true,  "sport"},
    {"写春联送祝福",       "社区服务中心",    7, 100, AT(9, 30),  150,  55, ANY_DAY,  0x003U,   false, "calligraphy"},
    {"学雷锋服务集市",     "文化广场",        8, 100, AT(9, 0),   180, 180, ANY_DAY,  MARCH,    false, ""},
    {"共享小屋值守",       "共享小屋",        8, 100, AT(14, 0),  180,  16, ANY_DAY,  ALL_YEAR, true,  ""},
    {"社区花园共建",       "口袋公园",        8, 100, AT(9, 0),   120,  30, WEEKEND,  ALL_YEAR, false, "gardening"},
    {"楼道议事会",         "社区议事厅",      9, 100, AT(20, 0),   60,  26, WORKDAYS, ALL_YEAR, false, "mediation"},
    {"物业服务评议",       "社区议事厅",      9, 100, AT(19, 30),  90,  30, WORKDAYS, ALL_YEAR, false, "legal_advice"},
    {"四点半课堂",         "社区二楼",       10, 100, AT(16, 30),  90,  18, WORKDAYS, SCHOOL,   true,  "homework_help"},
    {"暑期儿童托管",       "社区二楼",       10, 100, AT(9, 0),   210,  28, WORKDAYS, SUMMER,   false, "homework_help"},
    {"手机课堂助教",       "银龄学堂",       10, 100, AT(14, 30),  90,  20, ANY_DAY,  ALL_YEAR, false, "computers"},
    {"板凳课堂",           "小区凉亭",       10, 100, AT(10, 0),   40,  22, WEEKEND,  ALL_YEAR, false, ""},
};
/* clang-format on */
const uint32_t activity_styles_count = ARRAY_LENGTH(activity_styles);
