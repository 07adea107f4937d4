#include "outbox/inbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

static const struct {
    const char *code, *zh, *en;
} kinds[] = {
#define NOTICE_TEXT(name, number, code, zh, en) [number] = {code, zh, en},
    NOTICES(NOTICE_TEXT)
#undef NOTICE_TEXT
};

const char *notice_code(enum notice_kind kind)
{
    return (size_t)kind < ARRAY_LENGTH(kinds) ? kinds[kind].code : NULL;
}

bool inbox_tell(struct db *db, uint64_t account_id, enum notice_kind kind, uint64_t ref,
                json_t *details, int64_t now_us, struct error *error)
{
    char *text = details ? json_dumps(details, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    int64_t told;

    ASSERT(notice_code(kind));
    told = db_run(db, error,
                  "INSERT INTO notices (account_id, kind, ref, details, created_us, read_us)"
                  " VALUES (?, ?, ?, ?, ?, 0)",
                  DB_ID(account_id), DB_INT(kind), DB_ID(ref), DB_STR(text ? text : "{}"),
                  DB_INT(now_us));
    free(text);
    json_decref(details);
    return told == 1;
}

void inbox_add(struct sql *sql, uint64_t account_id, enum notice_kind kind, uint64_t ref,
               const char *name, struct text value, int64_t now_us)
{
    json_t *details = json_object();

    ASSERT(notice_code(kind));
    if (name)
        json_object_set_new(details, name, json_stringn(value.data, value.length));
    char *text = json_dumps(details, JSON_COMPACT | JSON_SORT_KEYS);
    sql_add(sql, "INSERT INTO notices (account_id, kind, ref, created_us, read_us, details)"
                 " VALUES (");
    sql_add_id(sql, account_id);
    sql_add(sql, ",");
    sql_add_int(sql, kind);
    sql_add(sql, ",");
    sql_add_id(sql, ref);
    sql_add(sql, ",");
    sql_add_int(sql, now_us);
    sql_add(sql, ",0,");
    sql_add_bytes(sql, text, strlen(text));
    sql_add(sql, ")");
    sql_end(sql);
    free(text);
    json_decref(details);
}

/* --- Reading ---------------------------------------------------------------------------------- */

static bool read_notice(struct rows *rows, struct notice *notice)
{
    struct text details = rows_text(rows, 3);

    *notice = (struct notice){
        .id = rows_id(rows, 0),
        .kind = (enum notice_kind)rows_int(rows, 1),
        .ref = rows_id(rows, 2),
        .created_us = rows_int(rows, 4),
        .read_us = rows_int(rows, 5),
    };
    if (!notice_code(notice->kind))
        return false;
    notice->details = json_loadb(details.data, details.length, 0, NULL);
    return true;
}

bool inbox_list(struct db *db, uint64_t account_id, uint64_t before, int64_t limit,
                struct arena *arena, struct notice **notices, size_t *count, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT notice_id, kind, ref, details, created_us, read_us"
                                 " FROM notices WHERE account_id = ? AND (? = 0 OR notice_id < ?)"
                                 " ORDER BY notice_id DESC LIMIT ?",
                                 DB_ID(account_id), DB_ID(before), DB_ID(before), DB_INT(limit));

    *notices = arena_take(arena, (size_t)limit * sizeof **notices);
    for (*count = 0; rows_next(rows);)
        *count += read_notice(rows, &(*notices)[*count]);
    return rows_end(rows, error);
}

/* Adds what the {word} at `at` stands for, or the word as it is; returns what is behind it. */
static const char *add_word(struct buffer *words, const char *at, const json_t *details)
{
    const char *end = strchr(at, '}');
    const char *value;

    ASSERT(end);
    value = json_string_value(json_object_getn(details, at + 1, (size_t)(end - at - 1)));
    if (value)
        buffer_add_text(words, value);
    else
        buffer_add(words, at, (size_t)(end - at + 1));
    return end + 1;
}

char *notice_words(const struct notice *notice, bool in_english, struct arena *arena)
{
    const char *at = in_english ? kinds[notice->kind].en : kinds[notice->kind].zh;
    struct buffer words = {0};
    char *copy;

    while (*at != '\0') {
        size_t plain = strcspn(at, "{");

        buffer_add(&words, at, plain);
        at += plain;
        if (*at == '{')
            at = add_word(&words, at, notice->details);
    }
    copy = arena_copy(arena, words.data, words.length);
    buffer_free(&words);
    return copy;
}

bool inbox_count(struct db *db, uint64_t account_id, struct inbox_counts *counts,
                 struct error *error)
{
    struct rows *rows = db_query(
        db,
        "SELECT MAX(notice_id), COUNT(IF(read_us = 0, 1, NULL)) FROM notices WHERE account_id = ?",
        DB_ID(account_id));

    *counts = (struct inbox_counts){0};
    if (rows_next(rows))
        *counts = (struct inbox_counts){rows_id(rows, 0), rows_int(rows, 1)};
    return rows_end(rows, error);
}

enum find inbox_mark_read(struct db *db, uint64_t account_id, uint64_t notice_id, int64_t now_us,
                          struct error *error)
{
    int64_t found = db_run(db, error,
                           "UPDATE notices SET read_us = IF(read_us = 0, ?, read_us)"
                           " WHERE notice_id = ? AND account_id = ?",
                           DB_INT(now_us), DB_ID(notice_id), DB_ID(account_id));

    if (found < 0)
        return FIND_FAILED;
    return found > 0 ? FIND_FOUND : FIND_NOTHING;
}

bool inbox_prune(struct db *db, int64_t now_us, int most, struct error *error)
{
    return db_run(db, error, "DELETE FROM notices WHERE created_us < ? LIMIT ?",
                  DB_INT(now_us - NOTICE_KEPT_US), DB_INT(most)) >= 0;
}

bool inbox_erase(struct db *db, uint64_t account_id, struct error *error)
{
    return db_run(db, error, "DELETE FROM notices WHERE account_id = ?", DB_ID(account_id)) >= 0;
}
