#include <stdlib.h>
#include <string.h>

#include "base/csv_read.h"
#include "base/hash_map.h"
#include "base/utf8.h"
#include "people/import_internal.h"

#define CELLS_MOST   6
#define PHONES_ASKED 1000 /* in one statement */

enum column { NAME, UNIT, PHONE, WORK_UNIT, AGE, GUARDIAN, COLUMNS };
static const char *const column_names[COLUMNS] = {"name",      "unit", "phone",
                                                  "work_unit", "age",  "guardian"};

/* clang-format off */
static const struct {
    const char *code, *zh, *en;
} fault_texts[] = {
    {"no_heading", "第一行应为列名，至少含 name 和 unit", "the first row must name the columns, name and unit among them"},
    {"unknown_column", "不认识的列名", "no such column: name, unit, phone, work_unit, age, guardian"},
    {"column_twice", "列名重复", "the column is named twice"},
    {"bad_utf8", "不是 UTF-8 编码", "not UTF-8: save the file as UTF-8"},
    {"bad_quotes", "引号不成对", "the quotes do not pair"},
    {"wrong_column_count", "列数与第一行不同", "another number of cells than the heading"},
    {"missing", "不能为空", "must not be empty"},
    {"too_long", "过长", "too long"},
    {"bad_text", "含有控制字符", "has control characters"},
    {"bad_name", "没有可见的文字，或含有换行、变向符", "nothing to be seen, or what breaks or turns a line"},
    {"bad_phone", "手机号不正确", "not a mobile number such as 13812345678"},
    {"phone_twice", "手机号在文件中重复", "the phone stands in an earlier row of this file"},
    {"phone_taken", "该手机号已是志愿者", "a member has this phone already"},
    {"unknown_unit", "没有这个组织，或不在您的管辖内", "no such unit within your reach"},
    {"ambiguous_unit", "有多个同名组织，请用编号", "several units have this name: give its id"},
    {"bad_age", "年龄段应为 adult 或 youth", "adult or youth"},
    {"too_young", "未满 14 周岁不能注册", "under 14 there is no account"},
    {"guardian_needed", "14 至 17 周岁须监护人同意（guardian 填 yes）", "a youth needs a guardian's consent: yes"},
    {"bad_guardian", "应为 yes 或留空", "yes, or nothing"},
    {"too_many_rows", "行数超过上限，请分成几个文件", "too many rows: divide the file"},
    {"no_rows", "没有数据", "no rows below the heading"},
};
/* clang-format on */

const char *import_fault_text(const char *code, bool english)
{
    for (size_t i = 0; i < ARRAY_LENGTH(fault_texts); i++)
        if (strcmp(code, fault_texts[i].code) == 0)
            return english ? fault_texts[i].en : fault_texts[i].zh;
    return code;
}

struct checking {
    const struct keyring *keyring;
    const struct import_wanted *wanted;
    int64_t now_us;
    struct arena *arena;
    struct import_rows *rows;
    struct import_report *report;
    size_t fault_capacity, last_faulty_line;
    enum column columns[CELLS_MOST]; /* of the file, by its heading */
    size_t column_count;
    struct hash_map units;      /* id → a unit in reach */
    struct hash_map unit_names; /* hash of a name → its id, or AMBIGUOUS */
    struct hash_map phones;     /* start of the phone's index → line */
    size_t *lines;              /* of each row in `rows` */
    size_t line_capacity;
};
#define AMBIGUOUS UINT64_MAX

static void fault(struct checking *checking, size_t line, const char *column, const char *code)
{
    struct import_report *report = checking->report;

    if (report->fault_count == checking->fault_capacity) {
        size_t capacity = checking->fault_capacity ? 2 * checking->fault_capacity : 64;
        struct import_fault *more = arena_take(checking->arena, capacity * sizeof(*more));
        if (report->fault_count > 0)
            memcpy(more, report->faults, report->fault_count * sizeof(*more));
        report->faults = more;
        checking->fault_capacity = capacity;
    }
    report->faults[report->fault_count++] = (struct import_fault){line, column, code};
    report->faulty_rows += checking->last_faulty_line != line;
    checking->last_faulty_line = line;
}

/* --- units ----------------------------------------------------------------------------------- */

/* Keyed by chance alone: names are the programme's own, and equality of 64 bits of a MAC is
 * equality for any number of units. */
static uint64_t hash_of(const struct keyring *keyring, const char *what, struct text text)
{
    uint8_t mac[HASH_SIZE], key[MAC_KEY_SIZE];
    uint64_t number;

    memcpy(key, keyring_current(keyring, KEY_INDEX)->secret, sizeof(key));
    key[0] ^= (uint8_t)what[0];
    crypto_mac(key, text.data, text.length, mac);
    crypto_wipe(key, sizeof(key));
    memcpy(&number, mac, sizeof(number));
    return number;
}

static bool read_units(struct db *db, struct checking *checking, struct error *error)
{
    uint64_t scope_id = checking->wanted->scope_id;
    struct rows *rows = db_query(
        db, "SELECT unit_id, name FROM units WHERE ? = 0 OR path LIKE CONCAT('%/', ?, '/%')",
        DB_ID(scope_id), DB_ID(scope_id));

    while (rows_next(rows)) {
        uint64_t id = rows_id(rows, 0);
        bool is_new;
        struct hash_map_entry *entry = hash_map_insert(
            &checking->unit_names, hash_of(checking->keyring, "unit", rows_text(rows, 1)), &is_new);
        entry->number = is_new ? id : AMBIGUOUS;
        hash_map_insert(&checking->units, id, NULL)->number = id;
    }
    return rows_end(rows, error);
}

static bool read_id(struct text text, uint64_t *id)
{
    *id = 0;
    if (text.length == 0 || text.length > 16)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        *id = *id * 10 + (uint64_t)(text.data[i] - '0');
    }
    return true;
}

static const char *find_unit(const struct checking *checking, struct text cell, uint64_t *unit_id)
{
    const struct hash_map_entry *entry;

    if (read_id(cell, unit_id))
        return hash_map_find(&checking->units, *unit_id) ? NULL : "unknown_unit";
    entry = hash_map_find(&checking->unit_names, hash_of(checking->keyring, "unit", cell));
    if (!entry)
        return "unknown_unit";
    *unit_id = entry->number;
    return entry->number == AMBIGUOUS ? "ambiguous_unit" : NULL;
}

/* --- the heading ----------------------------------------------------------------------------- */

static struct text trimmed(struct text text)
{
    while (text.length > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = (struct text){text.data + 1, text.length - 1};
    while (text.length > 0 &&
           (text.data[text.length - 1] == ' ' || text.data[text.length - 1] == '\t'))
        text.length--;
    return text;
}

static bool text_is(struct text text, const char *word)
{
    return text.length == strlen(word) && memcmp(text.data, word, text.length) == 0;
}

static enum column column_of(struct text cell)
{
    enum column column = NAME;

    while (column < COLUMNS && !text_is(cell, column_names[column]))
        column++;
    return column;
}

/* False when there is no use in going on. */
static bool read_heading(struct checking *checking, struct csv_reader *reader)
{
    struct text cells[CELLS_MOST];
    bool seen[COLUMNS + 1] = {false};
    size_t count;

    if (csv_read(reader, cells, CELLS_MOST, &count) != CSV_ROW || count > CELLS_MOST)
        return fault(checking, 1, NULL, "no_heading"), false;
    for (size_t i = 0; i < count; i++) {
        enum column column = column_of(trimmed(cells[i]));
        if (column == COLUMNS || seen[column])
            fault(checking, 1, column == COLUMNS ? NULL : column_names[column],
                  column == COLUMNS ? "unknown_column" : "column_twice");
        seen[column] = true;
        checking->columns[i] = column;
    }
    checking->column_count = count;
    if (!seen[NAME] || !seen[UNIT])
        fault(checking, 1, NULL, "no_heading");
    return checking->report->fault_count == 0;
}

/* --- one row --------------------------------------------------------------------------------- */

static const char *check_name(struct text cell, struct new_member *member)
{
    size_t characters;

    if (cell.length == 0)
        return "missing";
    if (!utf8_count(cell, &characters))
        return "bad_utf8";
    if (characters > MEMBER_NAME_MOST)
        return "too_long";
    for (size_t i = 0; i < cell.length; i++)
        if ((unsigned char)cell.data[i] < 0x20 || cell.data[i] == 0x7f)
            return "bad_text";
    if (!utf8_is_name(cell))
        return "bad_name";
    member->name = cell;
    return NULL;
}

/* The whole index decides in the database; its first 64 bits are enough within one file. */
static const char *check_phone(struct checking *checking, struct text cell, size_t line,
                               struct new_member *member)
{
    uint8_t index[PHONE_INDEX_SIZE];
    uint64_t key;
    bool is_new;

    if (cell.length == 0)
        return NULL;
    if (!phone_parse(cell, &member->phone))
        return "bad_phone";
    phone_index(keyring_current(checking->keyring, KEY_INDEX), &member->phone, index);
    memcpy(&key, index, sizeof(key));
    struct hash_map_entry *entry = hash_map_insert(&checking->phones, key, &is_new);
    if (!is_new)
        return "phone_twice";
    entry->number = line;
    return NULL;
}

static const char *check_age(struct text cell, struct new_member *member)
{
    if (text_is(cell, "child"))
        return "too_young";
    if (cell.length > 0 && !text_is(cell, "adult") && !text_is(cell, "youth"))
        return "bad_age";
    member->age = text_is(cell, "youth") ? AGE_YOUTH : AGE_ADULT;
    return NULL;
}

static const char *check_guardian(const struct checking *checking, struct text cell,
                                  struct new_member *member)
{
    if (cell.length > 0 && !text_is(cell, "yes"))
        return "bad_guardian";
    if (cell.length > 0 && member->age == AGE_YOUTH)
        member->guardian_us = checking->now_us;
    return NULL;
}

static const char *check_cell(struct checking *checking, enum column column, struct text cell,
                              size_t line, struct new_member *member)
{
    switch (column) {
    case NAME: return check_name(cell, member);
    case UNIT: return cell.length ? find_unit(checking, cell, &member->unit_id) : "missing";
    case PHONE: return check_phone(checking, cell, line, member);
    case WORK_UNIT: return cell.length ? find_unit(checking, cell, &member->work_unit_id) : NULL;
    case AGE: return check_age(cell, member);
    case GUARDIAN: return check_guardian(checking, cell, member);
    case COLUMNS: break;
    }
    return NULL;
}

/* By column, not by place: a guardian is asked for once the age is known. */
static void check_row(struct checking *checking, const struct text *cells, size_t line,
                      struct new_member *member)
{
    size_t faults = checking->report->fault_count;

    *member = (struct new_member){
        .consented_us = checking->now_us, .age = AGE_ADULT, .actor = checking->wanted->actor};
    for (enum column column = NAME; column < COLUMNS; column++) {
        for (size_t i = 0; i < checking->column_count; i++) {
            if (checking->columns[i] != column)
                continue;
            const char *code = check_cell(checking, column, trimmed(cells[i]), line, member);
            if (code)
                fault(checking, line, column_names[column], code);
        }
    }
    if (faults == checking->report->fault_count && member->age == AGE_YOUTH && !member->guardian_us)
        fault(checking, line, "guardian", "guardian_needed");
}

static void keep_row(struct checking *checking, const struct new_member *member, size_t line)
{
    struct import_rows *rows = checking->rows;

    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity ? 2 * rows->capacity : 1024;
        rows->members = memory_resize(rows->members, rows->capacity, sizeof(*rows->members));
        checking->lines = memory_resize(checking->lines, rows->capacity, sizeof(*checking->lines));
    }
    checking->lines[rows->count] = line;
    rows->members[rows->count++] = *member;
}

static void read_rows(struct checking *checking, struct csv_reader *reader)
{
    struct text cells[CELLS_MOST];
    struct new_member member;
    size_t count;

    for (enum csv_row row; (row = csv_read(reader, cells, CELLS_MOST, &count)) != CSV_END;) {
        if (++checking->report->rows > IMPORT_ROWS_MOST) {
            fault(checking, reader->line, NULL, "too_many_rows");
            return;
        }
        if (row == CSV_BAD_QUOTES) {
            fault(checking, reader->line, NULL, "bad_quotes");
            continue;
        }
        if (count != checking->column_count) {
            fault(checking, reader->line, NULL, "wrong_column_count");
            continue;
        }
        check_row(checking, cells, reader->line, &member);
        keep_row(checking, &member, reader->line);
    }
    if (checking->report->rows == 0)
        fault(checking, 1, NULL, "no_rows");
}

/* --- phones that are taken ------------------------------------------------------------------- */

/* Adds the indexes of rows from `from` on; returns where it ended. */
static size_t add_indexes(const struct checking *checking, struct sql *sql, size_t from,
                          size_t *asked)
{
    const struct import_rows *rows = checking->rows;
    uint8_t index[PHONE_INDEX_SIZE];

    *asked = 0;
    for (; from < rows->count && *asked < PHONES_ASKED; from++) {
        const struct new_member *member = &rows->members[from];
        if (member->phone.text[0] == '\0')
            continue;
        phone_index(keyring_current(checking->keyring, KEY_INDEX), &member->phone, index);
        if ((*asked)++ > 0)
            sql_add(sql, ",");
        sql_add_bytes(sql, index, sizeof(index));
    }
    return from;
}

static void mark_taken(struct checking *checking, struct rows *rows)
{
    while (rows_next(rows)) {
        uint8_t index[PHONE_INDEX_SIZE];
        uint64_t key;
        rows_bytes(rows, 0, index, sizeof(index));
        memcpy(&key, index, sizeof(key));
        const struct hash_map_entry *entry = hash_map_find(&checking->phones, key);
        if (entry)
            fault(checking, (size_t)entry->number, "phone", "phone_taken");
    }
}

static bool ask_taken(struct db *db, struct checking *checking, struct sql *sql,
                      struct error *error)
{
    bool read = true;

    if (!db_batch(db, sql, error))
        return false;
    struct rows *rows = db_batch_next(db, error);
    if (rows) {
        mark_taken(checking, rows);
        read = rows_end(rows, error);
    }
    return db_batch_end(db, error) && read;
}

static bool check_taken(struct db *db, struct checking *checking, struct error *error)
{
    struct sql sql = {0};
    bool good = true;
    size_t asked;

    for (size_t at = 0; good && at < checking->rows->count;) {
        sql_clear(&sql);
        sql_add(&sql, "SELECT phone_index FROM members FORCE INDEX (by_phone)"
                      " WHERE phone_index IN (");
        at = add_indexes(checking, &sql, at, &asked);
        sql_add(&sql, ")");
        sql_end(&sql);
        good = asked == 0 || ask_taken(db, checking, &sql, error);
    }
    sql_free(&sql);
    return good;
}

static int by_line(const void *a, const void *b)
{
    const struct import_fault *one = a, *other = b;

    return (one->line > other->line) - (one->line < other->line);
}

/* What the database said comes last: back into the file's order, and rows counted once. */
static void settle_report(struct import_report *report)
{
    report->faulty_rows = 0;
    if (report->fault_count == 0)
        return;
    qsort(report->faults, report->fault_count, sizeof(*report->faults), by_line);
    for (size_t i = 0; i < report->fault_count; i++)
        report->faulty_rows += i == 0 || report->faults[i].line != report->faults[i - 1].line;
}

/* --- all of it ------------------------------------------------------------------------------- */

void import_rows_free(struct import_rows *rows)
{
    free(rows->members);
    *rows = (struct import_rows){0};
}

bool import_check(struct db *db, const struct keyring *keyring, const struct import_wanted *wanted,
                  int64_t now_us, struct arena *arena, struct import_rows *rows,
                  struct import_report *report, struct error *error)
{
    struct checking checking = {.keyring = keyring,
                                .wanted = wanted,
                                .now_us = now_us,
                                .arena = arena,
                                .rows = rows,
                                .report = report};
    struct csv_reader reader;
    bool good = read_units(db, &checking, error);

    csv_open(&reader, wanted->csv, arena);
    if (good && read_heading(&checking, &reader)) {
        read_rows(&checking, &reader);
        good = check_taken(db, &checking, error);
    }
    settle_report(report);
    hash_map_free(&checking.units);
    hash_map_free(&checking.unit_names);
    hash_map_free(&checking.phones);
    free(checking.lines);
    return good;
}
