#include "assess/shares.h"

#include <string.h>

#include "base/hash_map.h"
#include "people/units.h"

void shares_hide(const struct shares *shares, int64_t least, bool *hidden)
{
    for (size_t i = 0; i < shares->units; i++)
        hidden[i] = shares->changed[i];
    for (size_t i = shares->units; i-- > 0;) /* what is below comes after */
        hidden[shares->firsts[0][i].parent] |= hidden[i];
    for (size_t run = 0; run < shares->runs; run++) {
        participation_hide(shares->firsts[run], shares->units, least);
        for (size_t i = 0; i < shares->units; i++)
            hidden[i] |= shares->firsts[run][i].hidden;
    }
}

/* --- The runs --------------------------------------------------------------------------------- */

/* One after the other was shown: of runs `a` and `b` of one question. */
#define SHOWN_BEFORE                                                                               \
    "a.plugin_id = b.plugin_id AND a.affiliation = b.affiliation AND a.from_day = b.from_day"      \
    " AND a.to_day = b.to_day AND a.shown_us > 0"                                                  \
    " AND (a.shown_us < b.shown_us OR (a.shown_us = b.shown_us AND a.run_id < b.run_id))"

/* Of a line: it was in what the run has told, also if it was taken out since. */
#define WAS_SEEN "state <> 3"

struct table {
    struct db *db;
    struct arena *arena;
    const struct run *run;
    uint64_t *run_ids; /* those before it, and itself */
    size_t run_count, run_capacity;
    const char *path; /* of the topmost unit of those that contain its own */
    struct participation *tree;
    struct hash_map places; /* a unit → where it is in the tree */
    struct shares shares;
};

static void add_run(struct table *table, uint64_t run_id)
{
    if (table->run_count == table->run_capacity) {
        size_t capacity = 2 * table->run_capacity + 8;
        uint64_t *more = arena_take(table->arena, capacity * sizeof *more);

        if (table->run_count > 0)
            memcpy(more, table->run_ids, table->run_count * sizeof *more);
        table->run_ids = more;
        table->run_capacity = capacity;
    }
    table->run_ids[table->run_count++] = run_id;
}

/* `path`: of its own unit. */
static bool read_runs(struct table *table, const char *path, struct error *error)
{
    struct rows *rows = db_query(table->db,
                                 "SELECT a.run_id, u.path FROM assessment_runs b"
                                 " JOIN assessment_runs a ON " SHOWN_BEFORE
                                 " JOIN units u ON u.unit_id = a.unit_id WHERE b.run_id = ?"
                                 " ORDER BY a.shown_us, a.run_id",
                                 DB_ID(table->run->run_id));

    table->path = path;
    while (rows_next(rows)) {
        const char *its = rows_copy(rows, 1, table->arena);

        if (strncmp(table->path, its, strlen(its)) == 0)
            table->path = its;
        add_run(table, rows_id(rows, 0));
    }
    add_run(table, table->run->run_id);
    return rows_end(rows, error);
}

/* --- The tree --------------------------------------------------------------------------------- */

/* The units at the path and below, each followed by all below it; read once, lest it grows. */
static bool read_tree(struct table *table, struct error *error)
{
    struct rows *rows = db_query(table->db,
                                 "SELECT t.unit_id, t.parent_id, COUNT(*) OVER () FROM units t"
                                 " WHERE t.path LIKE CONCAT(?, '%') ORDER BY t.path",
                                 DB_STR(table->path));
    struct shares *shares = &table->shares;

    for (; rows_next(rows); shares->units++) {
        if (shares->units == 0)
            table->tree = arena_take(table->arena, (size_t)rows_int(rows, 2) * sizeof *table->tree);
        struct participation *unit = &table->tree[shares->units];
        unit->unit_id = rows_id(rows, 0);
        unit->parent = shares->units == 0
                           ? 0
                           : participation_parent(table->tree, shares->units, rows_id(rows, 1));
        hash_map_insert(&table->places, unit->unit_id, NULL)->number = shares->units;
    }
    return rows_end(rows, error);
}

/* `units`, past the last: it is not of this tree. */
static size_t place_of(const struct table *table, uint64_t unit_id)
{
    const struct hash_map_entry *entry = hash_map_find(&table->places, unit_id);

    return entry ? entry->number : table->shares.units;
}

/* --- Who was rated first, and who has changed ------------------------------------------------- */

/* Who fails is what may not be reckoned: for a tree of units that is as who took part. */
static bool read_firsts(struct table *table, size_t run, struct error *error)
{
    size_t units = table->shares.units;
    struct participation *firsts = arena_take(table->arena, (units + 1) * sizeof *firsts);
    struct rows *rows =
        db_query(table->db,
                 "SELECT n.unit_id, COUNT(*), SUM(n.fails) FROM ratings n"
                 " JOIN assessment_runs b ON b.run_id = n.run_id WHERE n.run_id = ? AND n.scope = ?"
                 " AND n." WAS_SEEN " AND NOT EXISTS (SELECT 1 FROM ratings e"
                 "  JOIN assessment_runs a ON a.run_id = e.run_id WHERE e.subject_id = n.subject_id"
                 "  AND e.scope = n.scope AND e." WAS_SEEN " AND " SHOWN_BEFORE ")"
                 " GROUP BY n.unit_id",
                 DB_ID(table->run_ids[run]), DB_INT(LINLI_OF_MEMBER));

    if (units > 0)
        memcpy(firsts, table->tree, units * sizeof *firsts);
    while (rows_next(rows)) {
        struct participation *unit = &firsts[place_of(table, rows_id(rows, 0))];

        unit->direct_members = rows_int(rows, 1);
        unit->direct_active = rows_int(rows, 2);
    }
    table->shares.firsts[run] = firsts;
    return rows_end(rows, error);
}

/* Units that somebody left since an earlier run, or since this one was shown; and those to which
 * somebody came from another. */
static bool read_changed(struct table *table, struct error *error)
{
    struct shares *shares = &table->shares;
    struct rows *rows = db_query(
        table->db,
        "SELECT e.unit_id FROM assessment_runs b JOIN assessment_runs a ON " SHOWN_BEFORE
        " JOIN ratings e ON e.run_id = a.run_id AND e.scope = ? AND e." WAS_SEEN
        " LEFT JOIN ratings n ON n.run_id = b.run_id AND n.scope = e.scope AND n." RATING_COUNTS
        "  AND n.subject_id = e.subject_id AND n.unit_id = e.unit_id"
        " WHERE b.run_id = ? AND n.run_id IS NULL"
        " UNION SELECT n.unit_id FROM assessment_runs b JOIN assessment_runs a ON " SHOWN_BEFORE
        " JOIN ratings e ON e.run_id = a.run_id AND e.scope = ? AND e." WAS_SEEN
        " JOIN ratings n ON n.run_id = b.run_id AND n.scope = e.scope"
        "  AND n.subject_id = e.subject_id AND n.unit_id <> e.unit_id WHERE b.run_id = ?"
        " UNION SELECT n.unit_id FROM ratings n WHERE n.run_id = ? AND n.state = ?",
        DB_INT(LINLI_OF_MEMBER), DB_ID(table->run->run_id), DB_INT(LINLI_OF_MEMBER),
        DB_ID(table->run->run_id), DB_ID(table->run->run_id), DB_INT(RATING_DROPPED_SEEN));

    shares->changed = arena_take(table->arena, shares->units + 1);
    while (rows_next(rows))
        shares->changed[place_of(table, rows_id(rows, 0))] = true;
    return rows_end(rows, error);
}

static bool read_table(struct table *table, const char *path, struct error *error)
{
    struct shares *shares = &table->shares;

    if (!read_runs(table, path, error) || !read_tree(table, error))
        return false;
    shares->runs = table->run_count;
    shares->firsts = arena_take(table->arena, shares->runs * sizeof *shares->firsts);
    for (size_t i = 0; i < shares->runs; i++)
        if (!read_firsts(table, i, error))
            return false;
    return read_changed(table, error);
}

/* --- One unit --------------------------------------------------------------------------------- */

bool rating_is_hidden(struct db *db, const struct run *run, uint64_t unit_id, struct arena *arena,
                      bool *hidden, struct error *error)
{
    struct table table = {.db = db, .arena = arena, .run = run};
    struct unit top;
    enum find found = unit_find(db, run->unit_id, arena, &top, error);
    bool fine = found != FIND_FAILED;

    *hidden = true;
    if (found == FIND_FOUND)
        fine = read_table(&table, top.path, error);
    if (fine && found == FIND_FOUND) {
        bool *all = arena_take(arena, table.shares.units + 1);
        size_t place = place_of(&table, unit_id);

        shares_hide(&table.shares, PARTICIPATION_LEAST, all);
        *hidden = place == table.shares.units || all[place];
    }
    hash_map_free(&table.places);
    return fine;
}
