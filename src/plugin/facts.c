#include "plugin/facts.h"

#include <stdlib.h>
#include <string.h>

#define LOADERS_MOST 32
#define NAME_MOST    64
#define KEYS_OF_LIST 500

/* Where a fact of the catalogue is loaded. */
struct place {
    const struct fact *fact;
    uint16_t loader, index;
};

static struct {
    const struct fact_loader *const *loaders;
    struct place places[LOADERS_MOST * FACTS_OF_LOADER];
    size_t loader_count, count;
} catalogue;

void facts_register(const struct fact_loader *const *loaders)
{
    catalogue.loaders = loaders;
    catalogue.loader_count = catalogue.count = 0;
    for (; loaders[catalogue.loader_count]; catalogue.loader_count++) {
        const struct fact *facts = loaders[catalogue.loader_count]->facts;

        ASSERT(catalogue.loader_count < LOADERS_MOST);
        for (uint16_t i = 0; facts[i].name; i++) {
            ASSERT(i < FACTS_OF_LOADER && strlen(facts[i].name) < NAME_MOST);
            ASSERT(facts_find((struct text){facts[i].name, strlen(facts[i].name)}) < 0);
            catalogue.places[catalogue.count++] =
                (struct place){&facts[i], (uint16_t)catalogue.loader_count, i};
        }
    }
}

size_t facts_count(void)
{
    return catalogue.count;
}

const struct fact *facts_at(size_t index)
{
    ASSERT(index < catalogue.count);
    return catalogue.places[index].fact;
}

int facts_find(struct text name)
{
    for (size_t i = 0; i < catalogue.count; i++) {
        const char *other = catalogue.places[i].fact->name;

        if (strlen(other) == name.length && memcmp(other, name.data, name.length) == 0)
            return (int)i;
    }
    return -1;
}

const char *fact_type_name(enum fact_type type)
{
    static const char *const names[] = {[FACT_BOOL] = "bool",
                                        [FACT_NUMBER] = "number",
                                        [FACT_POINTS] = "points",
                                        [FACT_TIME] = "time",
                                        [FACT_TEXT] = "text"};

    return name_from(names, ARRAY_LENGTH(names), (size_t)type);
}

const char *fact_scope_name(enum fact_scope scope)
{
    static const char *const names[] = {
        [FACT_OF_MEMBER] = "member",
        [FACT_OF_RECORD] = "record",
        [FACT_OF_REDEMPTION] = "redemption",
        [FACT_OF_REWARD] = "reward",
        [FACT_OF_MERCHANT] = "merchant",
        [FACT_OF_ACTOR] = "actor",
        [FACT_OF_PAIR] = "pair",
        [FACT_OF_MEMBER_PERIOD] = "member and period",
        [FACT_OF_UNIT_PERIOD] = "unit and period",
    };

    return name_from(names, ARRAY_LENGTH(names), (size_t)scope);
}

/* --- Names that are nearly right -------------------------------------------------------------- */

/* Levenshtein's distance: insertions, deletions and changes of a character. */
static size_t distance(struct text a, const char *b)
{
    size_t row[NAME_MOST + 1], length = strlen(b);

    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.length; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t best = diagonal + (a.data[i - 1] != b[j - 1]);

            diagonal = row[j];
            best = best < row[j] + 1 ? best : row[j] + 1;
            row[j] = best < row[j - 1] + 1 ? best : row[j - 1] + 1;
        }
    }
    return row[length];
}

size_t facts_nearest(struct text name, const char *nearest[], size_t most)
{
    size_t distances[8], count = 0;

    ASSERT(most > 0 && most <= ARRAY_LENGTH(distances));
    if (name.length > NAME_MOST)
        name.length = NAME_MOST;
    for (size_t i = 0; i < catalogue.count; i++) {
        const char *other = catalogue.places[i].fact->name;
        size_t far = distance(name, other), place = count < most ? count++ : most;

        for (; place > 0 && distances[place - 1] > far; place--)
            if (place < most) {
                distances[place] = distances[place - 1];
                nearest[place] = nearest[place - 1];
            }
        if (place < most) {
            distances[place] = far;
            nearest[place] = other;
        }
    }
    return count;
}

/* --- What loaders share ----------------------------------------------------------------------- */

static int64_t column_of(const struct fact_subject *subject, const struct fact_column *column)
{
    int64_t value;

    if (column->offset == offsetof(struct fact_subject, utc_offset_minutes))
        return subject->utc_offset_minutes * MINUTE_US;
    memcpy(&value, (const char *)subject + column->offset, sizeof value);
    return value;
}

/* As JSON: one literal, however many there are, so that the statement is short to parse. */
void facts_add_rows(struct sql *sql, const struct fact_request *request,
                    const struct fact_column *columns)
{
    sql_add(sql, "JSON_TABLE('[");
    for (size_t i = 0; i < request->count; i++) {
        if (i > 0)
            sql_add(sql, ",");
        sql_add(sql, "[");
        sql_add_id(sql, i);
        for (size_t k = 0; columns[k].name; k++) {
            sql_add(sql, ",");
            sql_add_int(sql, column_of(request->rows[i].subject, &columns[k]));
        }
        sql_add(sql, "]");
    }
    sql_add(sql, "]', '$[*]' COLUMNS (i INT PATH '$[0]'");
    for (size_t k = 0; columns[k].name; k++) {
        sql_add(sql, ", ");
        sql_add_literal(sql, columns[k].name, strlen(columns[k].name));
        sql_add(sql, " BIGINT PATH '$[");
        sql_add_id(sql, k + 1);
        sql_add(sql, "]'");
    }
    sql_add(sql, ")) q");
}

static int compare_keys(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Program text, of a table of the program. */
static void add_name(struct sql *sql, const char *name)
{
    sql_add_literal(sql, name, strlen(name));
}

/* Each once, sorted: how many there are. */
static size_t take_keys(const struct fact_request *request, const struct fact_column *key,
                        uint64_t *keys)
{
    size_t count = 0;

    for (size_t i = 0; i < request->count; i++)
        keys[i] = (uint64_t)column_of(request->rows[i].subject, key);
    qsort(keys, request->count, sizeof *keys, compare_keys);
    for (size_t i = 0; i < request->count; i++)
        if (count == 0 || keys[i] != keys[count - 1])
            keys[count++] = keys[i];
    return count;
}

/* In lists of fewer than 1,000, which MariaDB makes a table to join: then time would bound nothing.
 */
static void add_keys(struct sql *sql, const struct fact_request *request,
                     const struct fact_column *key)
{
    uint64_t *keys = arena_take(request->arena, request->count * sizeof *keys);
    size_t count = take_keys(request, key, keys);

    sql_add(sql, "(");
    for (size_t i = 0; i < count; i += KEYS_OF_LIST) {
        if (i > 0)
            sql_add(sql, " OR ");
        add_name(sql, key->name);
        sql_add(sql, " IN ");
        sql_add_ids(sql, keys + i, count - i < KEYS_OF_LIST ? count - i : KEYS_OF_LIST);
    }
    sql_add(sql, ")");
}

static void add_times(struct sql *sql, const struct fact_request *request,
                      const struct fact_window *window)
{
    const struct fact_column since = {window->time, window->since};
    int64_t first = INT64_MAX, last = INT64_MIN;

    for (size_t i = 0; i < request->count; i++) {
        int64_t time = column_of(request->rows[i].subject, &since);

        first = time < first ? time : first;
        last = time > last ? time : last;
    }
    sql_add(sql, " AND (");
    add_name(sql, window->time);
    sql_add(sql, " > ");
    sql_add_int(sql, first - window->before_us);
    if (window->open) {
        sql_add(sql, " OR ");
        add_name(sql, window->time);
        sql_add(sql, " = 0)");
        return;
    }
    sql_add(sql, " AND ");
    add_name(sql, window->time);
    sql_add(sql, " <= ");
    sql_add_int(sql, last);
    sql_add(sql, ")");
}

/* With a LIMIT it is a table of its own: without, the optimizer would dissolve it in the join. */
void facts_select_window(struct sql *sql, const struct fact_request *request,
                         const struct fact_window *window)
{
    add_name(sql, window->select);
    add_keys(sql, request, &window->key);
    add_times(sql, request, window);
}

void facts_add_window(struct sql *sql, const struct fact_request *request,
                      const struct fact_window *window)
{
    sql_add(sql, "(");
    facts_select_window(sql, request, window);
    sql_add(sql, " LIMIT 18446744073709551615) r");
}

void facts_read_numbers(struct rows *rows, struct fact_request *request)
{
    while (rows_next(rows)) {
        size_t i = (size_t)rows_id(rows, 0);

        ASSERT(i < request->count);
        for (unsigned k = 0; k < FACTS_OF_LOADER; k++) {
            struct linli_value *value = request->rows[i].values[k];

            if (value && !rows_is_null(rows, k + 1))
                *value = (struct linli_value){.number = rows_int(rows, k + 1), .known = 1};
        }
    }
}

/* --- Loading ---------------------------------------------------------------------------------- */

struct loading {
    const struct fact_wish *wishes;
    size_t count;
    struct arena *arena;
    struct fact_request requests[LOADERS_MOST];
};

/* Nobody can be asked about a subject that lacks the numbers of the fact's scope. */
static bool is_about(const struct fact_subject *subject, enum fact_scope scope)
{
    switch (scope) {
    case FACT_OF_MEMBER: return subject->member_id != 0;
    case FACT_OF_MEMBER_PERIOD: return subject->member_id != 0 && subject->until_us != 0;
    case FACT_OF_RECORD: return subject->record_id != 0;
    case FACT_OF_REDEMPTION: return subject->redemption_id != 0;
    case FACT_OF_REWARD: return subject->reward_id != 0;
    case FACT_OF_MERCHANT: return subject->merchant_id != 0;
    case FACT_OF_ACTOR: return subject->actor_id != 0;
    case FACT_OF_PAIR: return subject->actor_id != 0 && subject->member_id != 0;
    case FACT_OF_UNIT_PERIOD: return subject->unit_id != 0 && subject->until_us != 0;
    }
    return false;
}

static bool is_loaded(const struct fact_subject *subject, const struct place *place)
{
    return catalogue.loaders[place->loader]->ask && is_about(subject, place->fact->scope) &&
           (place->fact->on_path || !subject->at_counter);
}

/* Wishes about one subject stand together: it is asked about once. */
static struct fact_row *row_of(struct fact_request *request, const struct fact_subject *subject)
{
    struct fact_row *last = request->count > 0 ? &request->rows[request->count - 1] : NULL;

    if (last && last->subject == subject)
        return last;
    request->rows[request->count].subject = subject;
    return &request->rows[request->count++];
}

static void note_wish(struct loading *loading, const struct fact_wish *wish)
{
    for (size_t i = 0; i < wish->count; i++) {
        const struct place *place = &catalogue.places[wish->facts[i]];
        struct fact_request *request = &loading->requests[place->loader];

        ASSERT(wish->facts[i] < catalogue.count);
        wish->values[i] = (struct linli_value){0};
        if (!is_loaded(wish->subject, place))
            continue;
        if (!request->rows)
            request->rows = arena_take(loading->arena, loading->count * sizeof *request->rows);
        struct fact_row *row = row_of(request, wish->subject);
        if (!row->values[place->index])
            row->values[place->index] = arena_take(loading->arena, sizeof(struct linli_value));
        request->wanted |= 1U << place->index;
    }
}

/* Goes the same way as note_wish, now that the rows have their values. */
static void grant_wishes(struct loading *loading)
{
    size_t *at = arena_take(loading->arena, LOADERS_MOST * sizeof *at);

    for (size_t w = 0; w < loading->count; w++) {
        const struct fact_wish *wish = &loading->wishes[w];

        for (size_t i = 0; i < wish->count; i++) {
            const struct place *place = &catalogue.places[wish->facts[i]];
            const struct fact_request *request = &loading->requests[place->loader];
            size_t *row = &at[place->loader];

            while (*row + 1 < request->count && request->rows[*row].subject != wish->subject &&
                   request->rows[*row + 1].subject == wish->subject)
                (*row)++;
            if (*row < request->count && request->rows[*row].subject == wish->subject &&
                request->rows[*row].values[place->index])
                wish->values[i] = *request->rows[*row].values[place->index];
        }
    }
}

static bool read_all(struct loading *loading, struct db *db, bool more,
                     void (*more_read)(struct rows *rows, void *context), void *context,
                     struct error *error)
{
    struct rows *rows;

    if (more) {
        if (!(rows = db_batch_next(db, error)))
            return false;
        more_read(rows, context);
        if (!rows_end(rows, error))
            return false;
    }
    for (size_t i = 0; i < catalogue.loader_count; i++) {
        if (loading->requests[i].count == 0)
            continue;
        if (!(rows = db_batch_next(db, error)))
            return false;
        catalogue.loaders[i]->read(rows, &loading->requests[i]);
        if (!rows_end(rows, error))
            return false;
    }
    return true;
}

static bool ask_all(struct loading *loading, struct db *db, const struct sql *more,
                    void (*more_read)(struct rows *rows, void *context), void *context,
                    struct error *error)
{
    struct sql sql = {0};
    bool has_more = more && more->text.length > 0, asks = has_more, done;

    if (has_more)
        buffer_add(&sql.text, more->text.data, more->text.length);
    for (size_t i = 0; i < catalogue.loader_count; i++) {
        struct fact_request *request = &loading->requests[i];

        request->arena = loading->arena;
        if (request->count > 0)
            catalogue.loaders[i]->ask(&sql, request);
        asks = asks || request->count > 0;
    }
    done = !asks ||
           (db_batch(db, &sql, error) &&
            read_all(loading, db, has_more, more_read, context, error) && db_batch_end(db, error));
    sql_free(&sql);
    if (!done)
        db_rollback(db); /* ends what of the batch is unread */
    return done;
}

bool facts_load(struct db *db, const struct fact_wish *wishes, size_t count, struct arena *arena,
                const struct sql *more, void (*more_read)(struct rows *rows, void *context),
                void *context, struct error *error)
{
    struct loading *loading = arena_take(arena, sizeof *loading);

    *loading = (struct loading){.wishes = wishes, .count = count, .arena = arena};
    for (size_t i = 0; i < count; i++)
        note_wish(loading, &wishes[i]);
    if (!ask_all(loading, db, more, more_read, context, error))
        return false;
    grant_wishes(loading);
    return true;
}
