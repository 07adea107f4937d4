#include "people/due_lists.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "people/audit.h"
#include "people/member_seal.h"

#define CONTEXT_SIZE 64
#define LIST_COLUMNS                                                                               \
    "l.list_id, l.unit_id, l.title, l.due_day, l.created_us, COUNT(p.line),"                       \
    " COALESCE(SUM(p.state = 2), 0), COALESCE(SUM(p.state = 1), 0), COALESCE(SUM(p.state = 3), 0)"

/* Of whoever has a phone on a list of a unit at or above one they have registered with. What is
 * sealed of them goes: they are members now. */
#define CAME                                                                                       \
    "UPDATE due_people p JOIN due_lists l ON l.list_id = p.list_id"                                \
    " JOIN members m ON m.phone_index = p.phone_index"                                             \
    " JOIN registrations r ON r.member_id = m.member_id"                                           \
    " JOIN units u ON u.unit_id = r.unit_id AND u.path LIKE CONCAT('%/', l.unit_id, '/%')"         \
    " SET p.state = 2, p.member_id = m.member_id, p.name = '', p.phone_index = NULL, p.why = '',"  \
    " p.at_us = r.at_us WHERE p.state IN (1, 3) AND "

const char *due_state_name(enum due_state state)
{
    switch (state) {
    case DUE_MISSING: return "missing";
    case DUE_CAME: return "came";
    case DUE_EXEMPT: return "exempt";
    }
    return "missing";
}

static struct text list_context(char out[CONTEXT_SIZE], uint64_t list_id, int64_t line)
{
    int length = snprintf(out, CONTEXT_SIZE, "due:%" PRIu64 ":%" PRId64, list_id, line);

    return (struct text){out, (size_t)length};
}

/* --- making ---------------------------------------------------------------------------------- */

struct making {
    const struct keyring *keyring;
    const struct new_due_list *wanted;
    uint64_t list_id;
    int64_t now_us;
    uint8_t key[SEAL_KEY_SIZE];
    enum people_answer answer;
};

static bool insert_list(struct db *db, const struct making *making, struct error *error)
{
    const struct new_due_list *wanted = making->wanted;
    const struct key *wrap = keyring_current(making->keyring, KEY_PERSONAL);
    uint8_t wrapped[WRAPPED_SIZE];
    char context[CONTEXT_SIZE];

    crypto_seal(wrap->secret, list_context(context, making->list_id, -1), making->key,
                sizeof(making->key), wrapped);
    return db_run(db, error,
                  "INSERT INTO due_lists (list_id, unit_id, title, due_day, key_id, list_key,"
                  " created_by, created_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                  DB_ID(making->list_id), DB_ID(wanted->unit_id), DB_TEXT(wanted->title),
                  DB_INT(wanted->due_day), DB_ID(wrap->id), DB_BYTES(wrapped, sizeof(wrapped)),
                  DB_ID(wanted->actor), DB_INT(making->now_us)) == 1;
}

static bool insert_person(struct db *db, const struct making *making, size_t line,
                          struct error *error)
{
    const struct due_person *person = &making->wanted->people[line];
    uint8_t name[NAME_BYTES_MOST + SEAL_OVERHEAD], index[PHONE_INDEX_SIZE];
    char context[CONTEXT_SIZE];
    bool has_phone = person->phone.text[0] != '\0';

    crypto_seal(making->key, list_context(context, making->list_id, (int64_t)line + 1),
                person->name.data, person->name.length, name);
    if (has_phone)
        phone_index(keyring_current(making->keyring, KEY_INDEX), &person->phone, index);
    return db_run(db, error,
                  "INSERT INTO due_people (list_id, line, state, phone_index, name, member_id,"
                  " at_us, why) VALUES (?, ?, ?, ?, ?, 0, 0, '')",
                  DB_ID(making->list_id), DB_INT(line + 1), DB_INT(DUE_MISSING),
                  has_phone ? DB_BYTES(index, sizeof(index)) : DB_NULL,
                  DB_BYTES(name, person->name.length + SEAL_OVERHEAD)) == 1;
}

static bool unit_exists(struct db *db, uint64_t unit_id, bool *exists, struct error *error)
{
    struct rows *rows = db_query(db, "SELECT 1 FROM units WHERE unit_id = ?", DB_ID(unit_id));

    *exists = rows_next(rows);
    return rows_end(rows, error);
}

static bool make_list(struct db *db, void *context, struct error *error)
{
    struct making *making = context;
    bool exists;

    if (!unit_exists(db, making->wanted->unit_id, &exists, error))
        return false;
    making->answer = exists ? PEOPLE_DONE : PEOPLE_NO_UNIT;
    if (!exists)
        return true;
    if (!insert_list(db, making, error))
        return false;
    for (size_t i = 0; i < making->wanted->count; i++)
        if (!insert_person(db, making, i, error))
            return false;
    return db_run(db, error, CAME "p.list_id = ? AND " MEMBER_IS_THERE, DB_ID(making->list_id)) >=
               0 &&
           audit_append(db,
                        &(struct audit){.actor = making->wanted->actor,
                                        .action = "due_list.create",
                                        .object_id = making->list_id},
                        making->now_us, error);
}

enum people_answer due_list_create(struct db *db, const struct keyring *keyring,
                                   struct id_maker *ids, const struct new_due_list *wanted,
                                   int64_t now_us, uint64_t *list_id, struct error *error)
{
    struct making making = {
        .keyring = keyring, .wanted = wanted, .list_id = id_next(ids), .now_us = now_us};

    crypto_random(making.key, sizeof(making.key));
    bool made = db_transaction(db, make_list, &making, error);
    crypto_wipe(making.key, sizeof(making.key));
    *list_id = making.list_id;
    return made ? making.answer : PEOPLE_BROKEN;
}

/* --- reading --------------------------------------------------------------------------------- */

static void read_list(struct rows *rows, struct arena *arena, struct due_list *list)
{
    *list = (struct due_list){
        .list_id = rows_id(rows, 0),
        .unit_id = rows_id(rows, 1),
        .title = rows_copy(rows, 2, arena),
        .due_day = (int32_t)rows_int(rows, 3),
        .created_us = rows_int(rows, 4),
        .due = rows_int(rows, 5),
        .came = rows_int(rows, 6),
        .missing = rows_int(rows, 7),
        .exempt = rows_int(rows, 8),
    };
}

enum find due_list_find(struct db *db, uint64_t list_id, struct arena *arena, struct due_list *list,
                        struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT " LIST_COLUMNS " FROM due_lists l"
                                 " LEFT JOIN due_people p ON p.list_id = l.list_id"
                                 " WHERE l.list_id = ? GROUP BY l.list_id",
                                 DB_ID(list_id));
    bool found = rows_next(rows);

    if (found)
        read_list(rows, arena, list);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

bool due_list_page(struct db *db, const struct due_query *query, struct arena *arena,
                   struct due_list **lists, size_t *count, uint64_t *next, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT " LIST_COLUMNS " FROM due_lists l"
                                 " LEFT JOIN due_people p ON p.list_id = l.list_id"
                                 " WHERE l.list_id > ?"
                                 "   AND (? = 0 OR l.unit_id IN (SELECT unit_id FROM units"
                                 "                   WHERE path LIKE CONCAT('%/', ?, '/%')))"
                                 " GROUP BY l.list_id ORDER BY l.list_id LIMIT ?",
                                 DB_ID(query->after_id), DB_ID(query->under), DB_ID(query->under),
                                 DB_INT(query->limit + 1));

    *lists = arena_take(arena, query->limit * sizeof(**lists));
    *count = 0;
    *next = 0;
    while (rows_next(rows)) {
        if (*count == query->limit)
            *next = (*lists)[*count - 1].list_id;
        else
            read_list(rows, arena, &(*lists)[(*count)++]);
    }
    return rows_end(rows, error);
}

/* False in *opened: it was erased. */
static bool open_list_key(struct db *db, const struct keyring *keyring, uint64_t list_id,
                          uint8_t out[SEAL_KEY_SIZE], bool *opened, struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT key_id, list_key FROM due_lists WHERE list_id = ?", DB_ID(list_id));
    char context[CONTEXT_SIZE];

    *opened = false;
    if (rows_next(rows)) {
        const struct key *wrap = keyring_find(keyring, (uint32_t)rows_int(rows, 0));
        struct text sealed = rows_text(rows, 1);
        *opened = wrap && sealed.length == WRAPPED_SIZE &&
                  crypto_open(wrap->secret, list_context(context, list_id, -1), sealed.data,
                              sealed.length, out);
    }
    return rows_end(rows, error);
}

static char *open_name(const uint8_t key[SEAL_KEY_SIZE], uint64_t list_id, int64_t line,
                       struct text sealed, struct arena *arena)
{
    char context[CONTEXT_SIZE];

    if (sealed.length < SEAL_OVERHEAD)
        return NULL;
    char *name = arena_take(arena, sealed.length - SEAL_OVERHEAD + 1);
    return crypto_open(key, list_context(context, list_id, line), sealed.data, sealed.length,
                       (uint8_t *)name)
               ? name
               : NULL;
}

bool due_lines(struct db *db, const struct keyring *keyring, uint64_t list_id, struct arena *arena,
               struct due_line **lines, size_t *count, struct error *error)
{
    uint8_t key[SEAL_KEY_SIZE];
    bool opened;

    if (!open_list_key(db, keyring, list_id, key, &opened, error))
        return false;
    struct rows *rows = db_query(db,
                                 "SELECT line, state, name, member_id, at_us, why FROM due_people"
                                 " WHERE list_id = ? ORDER BY line LIMIT ?",
                                 DB_ID(list_id), DB_INT(DUE_PEOPLE_MOST));
    *lines = arena_take(arena, DUE_PEOPLE_MOST * sizeof(**lines));
    *count = 0;
    while (rows_next(rows)) {
        int64_t line = rows_int(rows, 0);
        (*lines)[(*count)++] = (struct due_line){
            .line = line,
            .state = (enum due_state)rows_int(rows, 1),
            .name = opened ? open_name(key, list_id, line, rows_text(rows, 2), arena) : NULL,
            .member_id = rows_id(rows, 3),
            .at_us = rows_int(rows, 4),
            .why = rows_copy(rows, 5, arena),
        };
    }
    crypto_wipe(key, sizeof(key));
    return rows_end(rows, error);
}

/* --- marking --------------------------------------------------------------------------------- */

struct marking {
    const struct due_mark *mark;
    int64_t now_us;
    enum people_answer answer;
};

static bool member_exists(struct db *db, uint64_t member_id, bool *exists, struct error *error)
{
    struct rows *rows = db_query(
        db, "SELECT 1 FROM members m WHERE m.member_id = ? AND " MEMBER_IS_THERE, DB_ID(member_id));

    *exists = rows_next(rows);
    return rows_end(rows, error);
}

/* Who came has no name here any more, so that there is no way back from it. */
static bool write_mark(struct db *db, const struct marking *marking, int64_t *changed,
                       struct error *error)
{
    const struct due_mark *mark = marking->mark;

    *changed = db_run(db, error,
                      "UPDATE due_people SET state = ?, member_id = ?, at_us = ?, why = ?,"
                      " name = IF(? = 2, '', name), phone_index = IF(? = 2, NULL, phone_index)"
                      " WHERE list_id = ? AND line = ? AND state <> 2",
                      DB_INT(mark->state), DB_ID(mark->member_id), DB_INT(marking->now_us),
                      DB_TEXT(mark->why), DB_INT(mark->state), DB_INT(mark->state),
                      DB_ID(mark->list_id), DB_INT(mark->line));
    return *changed >= 0;
}

static bool mark_line(struct db *db, void *context, struct error *error)
{
    struct marking *marking = context;
    const struct due_mark *mark = marking->mark;
    bool exists = true;
    int64_t changed;

    if (mark->state == DUE_CAME && !member_exists(db, mark->member_id, &exists, error))
        return false;
    marking->answer = PEOPLE_NO_MEMBER;
    if (!exists)
        return true;
    if (!write_mark(db, marking, &changed, error))
        return false;
    marking->answer = changed == 1 ? PEOPLE_DONE : PEOPLE_NOT_FOUND;
    return changed == 0 ||
           audit_append(db,
                        &(struct audit){.actor = mark->actor,
                                        .action = mark->state == DUE_EXEMPT ? "due_list.exempt"
                                                                            : "due_list.mark",
                                        .object_id = mark->list_id,
                                        .why = mark->why},
                        marking->now_us, error);
}

enum people_answer due_mark(struct db *db, const struct due_mark *mark, int64_t now_us,
                            struct error *error)
{
    struct marking marking = {.mark = mark, .now_us = now_us};

    return db_transaction(db, mark_line, &marking, error) ? marking.answer : PEOPLE_BROKEN;
}

/* --- by themselves --------------------------------------------------------------------------- */

bool due_came(struct db *db, const uint64_t *member_ids, size_t count, struct error *error)
{
    struct sql sql = {0};

    sql_add(&sql, CAME "m.member_id IN ");
    sql_add_ids(&sql, member_ids, count);
    sql_end(&sql);
    bool marked = db_batch(db, &sql, error) && db_batch_end(db, error);
    sql_free(&sql);
    return marked;
}

bool due_came_by_import(struct db *db, uint64_t import_id, struct error *error)
{
    return db_run(db, error, CAME "m.import_id = ?", DB_ID(import_id)) >= 0;
}

bool due_prune(struct db *db, int64_t now_us, int most, struct error *error)
{
    int64_t before_us = now_us - DUE_KEPT_US;

    return db_run(db, error,
                  "DELETE FROM due_people WHERE state <> 2 AND list_id IN (SELECT list_id"
                  " FROM due_lists WHERE created_us < ? AND list_key <> '') LIMIT ?",
                  DB_INT(before_us), DB_INT(most)) >= 0 &&
           db_run(db, error,
                  "UPDATE due_lists l SET l.list_key = '' WHERE l.created_us < ?"
                  " AND l.list_key <> '' AND NOT EXISTS (SELECT 1 FROM due_people p"
                  " WHERE p.list_id = l.list_id AND p.state <> 2)",
                  DB_INT(before_us)) >= 0;
}
