/*
 * linli figures: the sheet of a unit from the command line, on the database of the settings, while
 * servers go on.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/figure_json.h"
#include "base/clock.h"
#include "base/ids.h"
#include "cli/cli.h"
#include "cli/database.h"
#include "people/units.h"

struct wanted {
    struct figures_question question;
    bool csv;
};

/* True as well when nothing was said: `day` stays what it is. */
static bool read_day(const char *text, int32_t *day)
{
    return text == NULL || calendar_parse_day((struct text){text, strlen(text)}, day);
}

static bool read_by(const char *name, enum figures_by *by)
{
    for (*by = BY_TOTAL; name && *by <= BY_UNIT; (*by)++)
        if (strcmp(name, figures_by_name(*by)) == 0)
            return true;
    *by = BY_TOTAL;
    return name == NULL;
}

static void print(const struct wanted *wanted, const struct figures_sheet *sheet,
                  struct arena *arena)
{
    struct buffer csv = {0};
    json_t *body;

    if (wanted->csv) {
        figures_csv(sheet, &csv);
        fwrite(csv.data, 1, csv.length, stdout);
        buffer_free(&csv);
        return;
    }
    body = figures_json(&wanted->question, sheet, arena);
    json_dumpf(body, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(body);
}

static bool print_figures(struct db *db, struct wanted *wanted, struct arena *arena,
                          struct error *error)
{
    struct figures_sheet sheet;
    struct unit unit;
    enum find found = unit_find(db, wanted->question.unit_id, arena, &unit, error);

    if (found == FIND_NOTHING)
        return error_set(error, "figures.no_unit", "there is no unit %" PRIu64,
                         wanted->question.unit_id);
    if (found != FIND_FOUND)
        return false;
    wanted->question.of.path = unit.path;
    wanted->question.unit_name = unit.name;
    if (!figures_read(db, &wanted->question, arena, &sheet, error))
        return false;
    print(wanted, &sheet, arena);
    return true;
}

/* False: said on stderr what is wrong. */
static bool read_wanted(struct cli *cli, struct wanted *wanted)
{
    const char *from = cli_option(cli, "from"), *to = cli_option(cli, "to");
    const char *by = cli_option(cli, "by"), *format = cli_option(cli, "format");
    const char *word = cli_word(cli);
    struct figures_of *of = &wanted->question.of;
    char *end = NULL;

    wanted->question.unit_id = word ? strtoull(word, &end, 10) : 0;
    wanted->csv = format && strcmp(format, "csv") == 0;
    of->utc_offset_minutes = (int)cli->settings->programme.utc_offset_minutes;
    of->to_day = calendar_day(clock_now_us(), of->utc_offset_minutes);
    if (!word || *end != '\0' || wanted->question.unit_id - 1 >= ID_MOST)
        return cli_misused(cli, "which unit: its number"), false;
    if (!read_day(to, &of->to_day))
        return cli_misused(cli, "a day: --to=2026-11-30"), false;
    of->from_day = figures_first_day(of->to_day, BY_MONTH);
    if (!read_day(from, &of->from_day) || of->from_day < 0 || of->from_day > of->to_day)
        return cli_misused(cli, "a day that is not after the last one: --from=2026-11-01"), false;
    if (!read_by(by, &wanted->question.by))
        return cli_misused(cli, "--by is one of " FIGURES_BY), false;
    if (figures_line_count(&wanted->question) > FIGURES_LINES_MOST)
        return cli_misused(cli, "too many lines for one sheet"), false;
    if (format && !wanted->csv && strcmp(format, "json") != 0)
        return cli_misused(cli, "the format is json or csv"), false;
    return cli_nothing_left(cli);
}

enum exit_status cli_figures(struct cli *cli)
{
    struct wanted wanted = {0};
    struct database database;
    struct error error = {0};
    struct arena *arena;
    bool fine;

    if (!read_wanted(cli, &wanted))
        return EXIT_USAGE;
    arena = arena_new();
    fine = database_open_migrated(&database, cli->settings, &error) &&
           print_figures(database.db, &wanted, arena, &error);
    database_close(&database);
    arena_free(arena);
    return fine ? EXIT_FINE : cli_fail(&error);
}
