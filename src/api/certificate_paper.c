#include "api/certificate_paper.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_fields.h"

bool certificate_facts_read(struct db *db, const struct certificate_view *view, const char *name,
                            struct arena *arena, struct certificate_facts *facts,
                            struct error *error)
{
    const struct certificate *certificate = &view->certificate;

    *facts = (struct certificate_facts){.view = view, .name = name};
    certificate_grades(certificate, facts->grades);
    return certificate_categories(db, certificate, arena, &facts->categories,
                                  &facts->category_count, error);
}

/* --- Words ------------------------------------------------------------------------------------ */

static const char *day_words(struct arena *arena, int32_t day)
{
    char text[11];

    calendar_format_day(day, text);
    return arena_printf(arena, "%s", text);
}

/* "2026年11月22日" */
static const char *day_in_chinese(struct arena *arena, int32_t day)
{
    const char *text = day_words(arena, day);
    int month = (text[5] - '0') * 10 + text[6] - '0',
        of_month = (text[8] - '0') * 10 + text[9] - '0';

    return arena_printf(arena, "%.4s年%d月%d日", text, month, of_month);
}

static const char *period_words(struct arena *arena, const struct certificate *certificate)
{
    return arena_printf(arena, "%s – %s", day_words(arena, certificate->from_day),
                        day_words(arena, certificate->through_day));
}

/* "12:05", hours and minutes, for columns. */
static const char *time_cell(struct arena *arena, int64_t minutes)
{
    return arena_printf(arena, "%" PRId64 ":%02" PRId64, minutes / 60, minutes % 60);
}

/* With spaces at which no line breaks. */
static struct paper_text time_words(struct arena *arena, int64_t minutes)
{
    int64_t hours = minutes / 60;
    int rest = (int)(minutes % 60);

    if (rest == 0)
        return (struct paper_text){arena_printf(arena, "%" PRId64 "\u00a0小时", hours),
                                   arena_printf(arena, "%" PRId64 "\u00a0h", hours)};
    return (struct paper_text){
        arena_printf(arena, "%" PRId64 "\u00a0小时\u00a0%d\u00a0分", hours, rest),
        arena_printf(arena, "%" PRId64 "\u00a0h\u00a0%d\u00a0min", hours, rest)};
}

static const char *both(struct arena *arena, struct paper_text text)
{
    return arena_printf(arena, "%s  %s", text.zh, text.en);
}

static const char *number_cell(struct arena *arena, int64_t number)
{
    return arena_printf(arena, "%" PRId64, number);
}

/* --- Tables ----------------------------------------------------------------------------------- */

/* clang-format off */
static const struct paper_column sum_columns[] = {
    {{"", ""}, 0.6, false},
    {{"次数", "Activities"}, 0.2, true},
    {{"时长", "Hours:minutes"}, 0.2, true},
};
static const struct paper_column list_columns[] = {
    {{"日期", "Date"}, 0.17, false},
    {{"活动", "Activity"}, 0.41, false},
    {{"类别", "Category"}, 0.17, false},
    {{"证据等级", "Evidence"}, 0.12, true},
    {{"时长", "Time"}, 0.13, true},
};
static const struct paper_text grade_names[GRADES_COUNT] = {
    {"A 级  受助人确认", "confirmed by the person served"},
    {"B 级  动态码，且在现场", "changing code, on the spot"},
    {"C 级  签到码或点名", "code or roll call"},
    {"D 级  补录，经两人核对并公示", "entered afterwards, by two people, after a notice"},
};
/* clang-format on */

/* A table of sums that grows row by row: a name, activities, minutes. */
struct sums_table {
    struct arena *arena;
    struct paper_text *cells;
    size_t row_count;
};

static struct sums_table sums_table(struct arena *arena, size_t most)
{
    return (struct sums_table){
        arena, arena_take(arena, most * ARRAY_LENGTH(sum_columns) * sizeof(struct paper_text)), 0};
}

static void add_sum(struct sums_table *table, struct paper_text name, struct certificate_sum sum)
{
    struct paper_text *row = &table->cells[table->row_count++ * ARRAY_LENGTH(sum_columns)];

    row[0] = name;
    row[1].zh = number_cell(table->arena, sum.activities);
    row[2].zh = time_cell(table->arena, sum.minutes);
}

static struct paper_table sums_as(const struct sums_table *table, struct paper_text title,
                                  struct paper_text what)
{
    struct paper_column *columns = arena_take(table->arena, sizeof sum_columns);

    for (size_t i = 0; i < ARRAY_LENGTH(sum_columns); i++)
        columns[i] = sum_columns[i];
    columns[0].name = what;
    return (struct paper_table){.title = title,
                                .columns = columns,
                                .column_count = ARRAY_LENGTH(sum_columns),
                                .cells = table->cells,
                                .row_count = table->row_count};
}

static struct paper_table by_category(struct arena *arena, const struct certificate_facts *facts)
{
    struct sums_table table = sums_table(arena, facts->category_count);

    for (size_t i = 0; i < facts->category_count; i++) {
        const struct certificate_category *category = &facts->categories[i];

        add_sum(&table, (struct paper_text){category->name_zh, category->name_en}, category->sum);
    }
    return sums_as(&table, (struct paper_text){"按服务类别", "By category"},
                   (struct paper_text){"类别", "Category"});
}

static struct paper_table by_grade(struct arena *arena, const struct certificate_facts *facts)
{
    struct sums_table table = sums_table(arena, GRADES_COUNT);

    for (size_t i = 0; i < GRADES_COUNT; i++)
        if (facts->grades[i].activities > 0)
            add_sum(&table, grade_names[i], facts->grades[i]);
    return sums_as(&table, (struct paper_text){"按证据等级", "By evidence"},
                   (struct paper_text){"等级", "Grade"});
}

/* "2026-11", or "2026" when there would be too many rows. Lines are in the order of days. */
static struct paper_table by_month(struct arena *arena, const struct certificate *certificate)
{
    int32_t days = certificate->through_day - certificate->from_day;
    int length = days > CERTIFICATE_MONTHS_MOST * 31 ? 4 : 7;
    struct sums_table table = sums_table(arena, certificate->line_count);
    const char *name = NULL;
    struct certificate_sum sum = {0};

    for (size_t i = 0; i < certificate->line_count; i++) {
        const char *day = day_words(arena, certificate->lines[i].day);

        if (name != NULL && strncmp(name, day, (size_t)length) != 0) {
            add_sum(&table, (struct paper_text){arena_copy(arena, name, (size_t)length), NULL},
                    sum);
            sum = (struct certificate_sum){0};
        }
        name = day;
        sum.activities++;
        sum.minutes += certificate->lines[i].minutes;
    }
    if (name != NULL)
        add_sum(&table, (struct paper_text){arena_copy(arena, name, (size_t)length), NULL}, sum);
    if (length == 4)
        return sums_as(&table, (struct paper_text){"按年份", "By year"},
                       (struct paper_text){"年份", "Year"});
    return sums_as(&table, (struct paper_text){"按月份", "By month"},
                   (struct paper_text){"月份", "Month"});
}

static const char *category_name(const struct certificate_facts *facts, int category)
{
    for (size_t i = 0; i < facts->category_count; i++)
        if (facts->categories[i].category == category)
            return facts->categories[i].name_zh;
    return "";
}

/* The newest first: those that do not fit are the oldest. */
static struct paper_table list_of(struct arena *arena, const struct certificate_facts *facts)
{
    const struct certificate *certificate = &facts->view->certificate;
    size_t total = certificate->line_count, columns = ARRAY_LENGTH(list_columns);
    size_t shown = total < CERTIFICATE_LISTED_MOST ? total : CERTIFICATE_LISTED_MOST;
    struct paper_text *cell = arena_take(arena, shown * columns * sizeof *cell);
    struct paper_table table = {.title = {"服务明细", "Each activity"},
                                .columns = list_columns,
                                .column_count = columns,
                                .cells = cell,
                                .row_count = shown};

    for (size_t i = 0; i < shown; i++, cell += columns) {
        size_t at = total - 1 - i;
        const struct certificate_line *line = &certificate->lines[at];

        cell[0].zh = day_words(arena, line->day);
        cell[1].zh = facts->titles[at] != NULL ? facts->titles[at] : "—";
        cell[2].zh = category_name(facts, line->category);
        cell[3].zh = evidence_grade_name((enum evidence_grade)line->grade);
        cell[4].zh = time_cell(arena, line->minutes);
    }
    if (shown < total)
        table.note = (struct paper_text){
            arena_printf(arena, "另有 %zu 条较早的记录未逐条列出，已计入以上合计。", total - shown),
            arena_printf(arena, "%zu earlier ones are not listed but are in the sums above.",
                         total - shown)};
    return table;
}

/* --- The papers ------------------------------------------------------------------------------- */

#define FACTS_MOST  10
#define TABLES_MOST 4

struct draft {
    struct paper paper;
    struct paper_fact facts[FACTS_MOST];
    struct paper_table tables[TABLES_MOST];
};

static struct draft *draft_new(struct arena *arena)
{
    struct draft *draft = arena_take(arena, sizeof *draft);

    draft->paper.facts = draft->facts;
    draft->paper.tables = draft->tables;
    return draft;
}

static void add_fact(struct draft *draft, const char *zh, const char *en, const char *value)
{
    if (value == NULL)
        return;
    ASSERT(draft->paper.fact_count < FACTS_MOST);
    draft->facts[draft->paper.fact_count++] = (struct paper_fact){{zh, en}, value};
}

static void add_table(struct draft *draft, struct paper_table table)
{
    ASSERT(draft->paper.table_count < TABLES_MOST);
    draft->tables[draft->paper.table_count++] = table;
}

static const char *moment_words(struct arena *arena, int64_t at_us, int offset_minutes)
{
    return at_us == 0 ? NULL : day_words(arena, calendar_day(at_us, offset_minutes));
}

static void add_common_facts(struct draft *draft, struct arena *arena,
                             const struct certificate_facts *facts, int offset_minutes)
{
    const struct certificate *certificate = &facts->view->certificate;
    struct certificate_sum sum = certificate_sum(certificate->lines, certificate->line_count);

    add_fact(draft, "姓名", "Name", facts->name);
    add_fact(draft, "所在社区", "Community", facts->view->unit_name);
    add_fact(draft, "服务期间", "Period", period_words(arena, certificate));
    add_fact(draft, "服务次数", "Activities", number_cell(arena, sum.activities));
    add_fact(draft, "服务时长", "Time", both(arena, time_words(arena, sum.minutes)));
    add_fact(draft, "签发日期", "Issued",
             moment_words(arena, certificate->issued_us, offset_minutes));
}

static struct paper_text check_note(struct arena *arena, const struct certificate_facts *facts)
{
    const char *at = facts->address != NULL ? facts->address : "/v1/checks/…";

    return (struct paper_text){
        arena_printf(arena,
                     "任何人都可以扫描二维码或凭核验码查询本证明是否真实、是否仍然有效，无需账号，"
                     "不收费用：%s。以查询结果为准。",
                     at),
        arena_printf(arena,
                     "Anybody can check this certificate with the QR or the code, free and without "
                     "an account, at %s. What the check says counts.",
                     at)};
}

struct paper *certificate_paper(struct arena *arena, const struct certificate_facts *facts,
                                int utc_offset_minutes)
{
    const struct certificate *certificate = &facts->view->certificate;
    struct certificate_sum sum = certificate_sum(certificate->lines, certificate->line_count);
    struct paper_text time = time_words(arena, sum.minutes);
    struct draft *draft = draft_new(arena);
    struct paper *paper = &draft->paper;
    char made_at[CLOCK_RFC3339_SIZE];

    paper->title = (struct paper_text){"志愿服务证明", "Certificate of community service"};
    paper->lead = (struct paper_text){
        arena_printf(arena,
                     "兹证明 %s 于%s至%s期间，参加社区志愿服务\u00a0%" PRId64
                     "\u00a0次，经审核的服务时长共\u00a0%s。",
                     facts->name, day_in_chinese(arena, certificate->from_day),
                     day_in_chinese(arena, certificate->through_day), sum.activities, time.zh),
        arena_printf(arena,
                     "This is to certify that %s took part in %" PRId64
                     " activities of community service from %s through %s: %s of reviewed service.",
                     facts->name, sum.activities, day_words(arena, certificate->from_day),
                     day_words(arena, certificate->through_day), time.en)};
    add_common_facts(draft, arena, facts, utc_offset_minutes);
    add_fact(draft, "编号", "Number", number_cell(arena, (int64_t)certificate->id));
    add_table(draft, by_category(arena, facts));
    add_table(draft, by_grade(arena, facts));
    add_table(draft, by_month(arena, certificate));
    add_table(draft, list_of(arena, facts));
    paper->qr = facts->address != NULL ? facts->address : facts->code;
    paper->code = facts->code;
    paper->note = check_note(arena, facts);
    clock_format(certificate->issued_us, utc_offset_minutes, made_at);
    paper->made_at = arena_printf(arena, "%s", made_at);
    return paper;
}

static struct paper_text verdict_of(const struct certificate_facts *facts)
{
    static const struct paper_text unknown = {"查无此证明，请核对核验码",
                                              "There is no such certificate: check the code"};
    static const struct paper_text texts[] = {
        [CERTIFICATE_CURRENT] = {"证明真实有效", "Genuine, and all that it states stands"},
        [CERTIFICATE_SUPERSEDED] = {"证明真实；持有人已有更新的证明",
                                    "Genuine; its holder has a newer one"},
        [CERTIFICATE_REVOKED] = {"部分服务记录已被撤销或更正，请勿采信原数字",
                                 "Part of its service was taken back or changed: do not rely on "
                                 "its figures"},
        [CERTIFICATE_WITHDRAWN] = {"证明已撤回", "This certificate was withdrawn"},
    };

    return facts == NULL ? unknown : texts[facts->view->state];
}

struct paper *certificate_check_paper(struct arena *arena, const struct certificate_facts *facts,
                                      int utc_offset_minutes)
{
    struct draft *draft = draft_new(arena);
    struct paper *paper = &draft->paper;

    paper->title = (struct paper_text){"服务证明核验", "Check of a certificate"};
    paper->verdict = verdict_of(facts);
    if (facts == NULL)
        return paper;
    paper->is_good = facts->view->state <= CERTIFICATE_SUPERSEDED;
    if (facts->view->state == CERTIFICATE_WITHDRAWN) {
        add_fact(draft, "撤回日期", "Withdrawn",
                 moment_words(arena, facts->view->certificate.withdrawn_us, utc_offset_minutes));
        return paper;
    }
    add_common_facts(draft, arena, facts, utc_offset_minutes);
    if (facts->view->lost.activities > 0) {
        add_fact(draft, "其中已撤销或更正", "No longer stands",
                 arena_printf(arena, "%" PRId64 " 次  %s", facts->view->lost.activities,
                              both(arena, time_words(arena, facts->view->lost.minutes))));
    }
    add_table(draft, by_category(arena, facts));
    add_table(draft, by_grade(arena, facts));
    return paper;
}

/* --- JSON ------------------------------------------------------------------------------------- */

json_t *certificate_sum_json(struct certificate_sum sum)
{
    return json_pack("{s:I, s:I}", "activities", (json_int_t)sum.activities, "minutes",
                     (json_int_t)sum.minutes);
}

json_t *certificate_facts_json(const struct certificate_facts *facts, bool in_english)
{
    const struct certificate *certificate = &facts->view->certificate;
    json_t *body =
        certificate_sum_json(certificate_sum(certificate->lines, certificate->line_count));
    json_t *categories = json_array(), *grades = json_array(), *item;

    for (size_t i = 0; i < facts->category_count; i++) {
        const struct certificate_category *category = &facts->categories[i];

        item = certificate_sum_json(category->sum);
        json_object_set_new(item, "category", json_string(category->code));
        json_object_set_new(item, "name",
                            json_string(in_english ? category->name_en : category->name_zh));
        json_array_append_new(categories, item);
    }
    for (size_t i = 0; i < GRADES_COUNT; i++) {
        if (facts->grades[i].activities == 0)
            continue;
        item = certificate_sum_json(facts->grades[i]);
        json_object_set_new(item, "grade",
                            json_string(evidence_grade_name((enum evidence_grade)(i + GRADE_A))));
        json_array_append_new(grades, item);
    }
    json_object_set_new(body, "unit_name", json_string(facts->view->unit_name));
    json_object_set_new(body, "from", json_day(certificate->from_day));
    json_object_set_new(body, "through", json_day(certificate->through_day));
    json_object_set_new(body, "categories", categories);
    json_object_set_new(body, "grades", grades);
    json_object_set_new(body, "lost", certificate_sum_json(facts->view->lost));
    return body;
}
