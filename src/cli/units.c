/*
 * linli units: the tree of the organisation.
 */
#include "people/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/people_json.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/database.h"
#include "ledger/teller.h"
#include "people/unit_kinds.h"

#define PAGE      200
#define NAME_MOST 100 /* characters, as the API allows */

static bool explain(enum people_answer answer, struct error *error)
{
    switch (answer) {
    case PEOPLE_DONE: return true;
    case PEOPLE_NOT_FOUND: return error_set(error, "units.none", "there is no such unit");
    case PEOPLE_NO_UNIT: return error_set(error, "units.parent", "there is no such parent");
    case PEOPLE_INSIDE_ITSELF:
        return error_set(error, "units.inside", "a unit cannot be moved below itself");
    case PEOPLE_TOO_DEEP:
        return error_set(error, "units.deep", "the tree has at most %d levels", UNIT_LEVELS_MOST);
    default: return false;
    }
}

static bool name_fits(const char *name)
{
    size_t characters;

    return name && utf8_count(text_from(name), &characters) && characters > 0 &&
           characters <= NAME_MOST;
}

/* --- The tree --------------------------------------------------------------------------------- */

struct tree {
    struct unit *units;
    size_t count, capacity;
};

static bool read_tree(struct db *db, uint64_t under, struct arena *arena, struct tree *tree,
                      struct error *error)
{
    struct unit_query query = {.under = under, .limit = PAGE};
    struct unit *page;
    uint64_t next = 0;
    size_t count;

    do {
        query.after_id = next;
        if (!unit_list(db, &query, arena, &page, &count, &next, error))
            return false;
        if (tree->count + count > tree->capacity) {
            tree->capacity = 2 * (tree->count + count);
            tree->units = memory_resize(tree->units, tree->capacity, sizeof(*tree->units));
        }
        if (count > 0)
            memcpy(tree->units + tree->count, page, count * sizeof(*page));
        tree->count += count;
    } while (next != 0);
    return true;
}

/* By path, a unit stands before those below it: '/' sorts before digits. */
static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct unit *)a)->path, ((const struct unit *)b)->path);
}

static int level_of(const char *path)
{
    int slashes = 0;

    for (; *path; path++)
        slashes += *path == '/';
    return slashes - 2;
}

static void print_tree(const struct tree *tree)
{
    int top = tree->count > 0 ? level_of(tree->units[0].path) : 0;

    for (size_t i = 0; i < tree->count; i++) {
        const struct unit *unit = &tree->units[i];
        printf("%-18" PRIu64 "%*s%s  (%s)\n", unit->unit_id, 2 * (level_of(unit->path) - top), "",
               unit->name, unit->kind);
    }
}

static void print_json(const struct tree *tree)
{
    json_t *items = json_array();

    for (size_t i = 0; i < tree->count; i++)
        json_array_append_new(items, unit_json(&tree->units[i]));
    json_dumpf(items, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(items);
}

enum exit_status cli_units_list(struct cli *cli)
{
    const char *under_text = cli_option(cli, "under");
    bool json = cli_flag(cli, "json");
    struct database database = {0};
    struct error error = {0};
    struct tree tree = {0};
    uint64_t under = 0;

    if (under_text && !cli_read_id(under_text, &under))
        return cli_misused(cli, "--under is a unit's id");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    struct arena *arena = arena_new();
    bool fine = database_open_migrated(&database, cli->settings, &error) &&
                read_tree(database.db, under, arena, &tree, &error);
    if (fine && tree.count > 0)
        qsort(tree.units, tree.count, sizeof(*tree.units), by_path);
    if (fine && json)
        print_json(&tree);
    else if (fine)
        print_tree(&tree);
    database_close(&database);
    free(tree.units);
    arena_free(arena);
    return fine ? EXIT_FINE : cli_fail(&error);
}

/* --- Changing it ------------------------------------------------------------------------------ */

static bool add(struct db *db, const struct new_unit *wanted, struct error *error)
{
    struct id_maker ids;
    uint32_t instance;
    uint64_t id;

    if (!instance_claim(db, "linli units", &instance, error))
        return false;
    id_maker_start(&ids, instance);
    if (!explain(unit_create(db, &ids, wanted, clock_now_us(), &id, error), error))
        return false;
    printf("%" PRIu64 "\n", id);
    return true;
}

enum exit_status cli_units_add(struct cli *cli)
{
    const char *kind = cli_option(cli, "kind"), *parent = cli_option(cli, "parent");
    const char *name = cli_word(cli);
    struct new_unit wanted = {0};
    struct database database = {0};
    struct error error = {0};

    if (!name_fits(name))
        return cli_misused(cli, "give the NAME, 1 to %d characters", NAME_MOST);
    if (!kind || strlen(kind) < 1 || strlen(kind) > 40)
        return cli_misused(cli, "--kind is missing: see `linli units kinds`");
    if (parent && !cli_read_id(parent, &wanted.parent_id))
        return cli_misused(cli, "--parent is a unit's id");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    wanted.name = text_from(name);
    wanted.kind = text_from(kind);
    bool fine = database_open_migrated(&database, cli->settings, &error) &&
                add(database.db, &wanted, &error);
    database_close(&database);
    return fine ? EXIT_FINE : cli_fail(&error);
}

static enum exit_status change(struct cli *cli, struct unit_change *wanted,
                               enum people_answer (*how)(struct db *, const struct unit_change *,
                                                         int64_t, struct error *))
{
    struct database database = {0};
    struct error error = {0};

    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    bool fine = database_open_migrated(&database, cli->settings, &error) &&
                explain(how(database.db, wanted, clock_now_us(), &error), &error);
    database_close(&database);
    return fine ? EXIT_FINE : cli_fail(&error);
}

enum exit_status cli_units_rename(struct cli *cli)
{
    struct unit_change wanted = {0};

    if (!cli_why(cli, &wanted.why))
        return EXIT_USAGE;
    const char *unit = cli_word(cli), *name = cli_word(cli);
    if (!cli_read_id(unit, &wanted.unit_id) || !name_fits(name))
        return cli_misused(cli, "name the UNIT by id, and its new NAME, 1 to %d characters",
                           NAME_MOST);
    wanted.name = text_from(name);
    return change(cli, &wanted, unit_rename);
}

enum exit_status cli_units_move(struct cli *cli)
{
    const char *parent = cli_option(cli, "parent");
    bool to_the_top = cli_flag(cli, "top");
    struct unit_change wanted = {0};

    if (!cli_why(cli, &wanted.why))
        return EXIT_USAGE;
    if (!cli_read_id(cli_word(cli), &wanted.unit_id))
        return cli_misused(cli, "name the UNIT by id");
    if (to_the_top == (parent != NULL) || (parent && !cli_read_id(parent, &wanted.parent_id)))
        return cli_misused(cli, "where to: --parent=ID, or --top");
    return change(cli, &wanted, unit_move);
}

/* --- Kinds ------------------------------------------------------------------------------------ */

enum exit_status cli_units_kinds(struct cli *cli)
{
    struct arena *arena = arena_new();
    struct database database = {0};
    struct error error = {0};
    struct unit_kind *kinds;
    size_t count;

    if (!cli_nothing_left(cli)) {
        arena_free(arena);
        return EXIT_USAGE;
    }
    bool fine = database_open_migrated(&database, cli->settings, &error) &&
                unit_kind_list(database.db, arena, &kinds, &count, &error);
    for (size_t i = 0; fine && i < count; i++)
        printf("%-20s%s  %s\n", kinds[i].code, kinds[i].name_zh, kinds[i].name_en);
    database_close(&database);
    arena_free(arena);
    return fine ? EXIT_FINE : cli_fail(&error);
}
