/*
 * linli statements: settlement from the command line, on the database of the settings, while
 * servers go on.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/statement_json.h"
#include "base/clock.h"
#include "base/ids.h"
#include "cli/cli.h"
#include "cli/counter.h"
#include "jobs/statement_fill.h"
#include "market/merchants.h"

static int offset_of(const struct cli *cli)
{
    return (int)cli->settings->programme.utc_offset_minutes;
}

/* --- Settling ------------------------------------------------------------------------------- */

static void print_statement(const struct statement_view *view)
{
    char points[24];

    points_format(view->points, points);
    printf("%-20" PRIu64 "  %-8s  %6" PRId64 " lines  %12s points  %10" PRId64 ".%02d yuan  %s\n",
           view->id, statement_state_name(view->state), view->line_count, points,
           view->reimburse_fen / 100, (int)(view->reimburse_fen % 100), view->merchant_name);
}

static const char *verdict_text(const struct statement_opening *opening)
{
    switch (opening->verdict) {
    case OPENING_NO_MERCHANT: return "there is no such merchant";
    case OPENING_NOT_LATER: return "an earlier statement goes further than this day";
    case OPENING_UNFINISHED: return "the statement before this one takes lines still";
    default: return NULL;
    }
}

static bool settle_merchant(struct counter *counter, const struct programme_options *programme,
                            uint64_t merchant_id, int64_t cut_off_us, struct error *error)
{
    struct statement_opening opening = {.id = id_next(&counter->ids),
                                        .merchant_id = merchant_id,
                                        .cut_off_us = cut_off_us,
                                        .now_us = clock_now_us()};
    struct fill fill = {.db = counter->database.db,
                        .teller = counter->teller,
                        .arena = counter->arena,
                        .ids = &counter->ids,
                        .now_us = opening.now_us,
                        .undo_window_us = programme->undo_window_us,
                        .slices_most = INT32_MAX};
    struct statement_view view;

    if (!statement_open(fill.db, &opening, error))
        return false;
    if (opening.verdict != OPENING_DONE)
        return error_set(error, "statements.refused", "merchant %" PRIu64 ": %s", merchant_id,
                         verdict_text(&opening));
    if (statement_find(fill.db, opening.id, fill.arena, &view, error) != FIND_FOUND ||
        !statement_fill(&fill, &view, error) ||
        statement_find(fill.db, opening.id, fill.arena, &view, error) != FIND_FOUND)
        return false;
    print_statement(&view);
    return true;
}

/* Merchants one after the other; what could not be settled is told, and the others go on. */
static bool settle_everybody(struct counter *counter, const struct programme_options *programme,
                             int64_t cut_off_us, struct error *error)
{
    struct merchant *merchants;
    uint64_t after = 0;
    bool fine = true;
    size_t count;

    do {
        if (!merchant_list(counter->database.db, after, 100, counter->arena, &merchants, &count,
                           error))
            return false;
        for (size_t i = 0; i < count; i++) {
            struct error one = {0};

            after = merchants[i].id;
            if (settle_merchant(counter, programme, after, cut_off_us, &one))
                continue;
            fprintf(stderr, "linli: %s\n", one.detail);
            fine = error_set(error, "statements.some", "not every merchant was settled");
        }
    } while (count == 100);
    return fine;
}

enum exit_status cli_statements_settle(struct cli *cli)
{
    const char *day_text = cli_option(cli, "through"), *merchant = cli_option(cli, "merchant");
    struct counter counter;
    struct error error = {0};
    uint64_t merchant_id = 0;
    int64_t cut_off_us;
    int32_t day;
    bool fine;

    if (!day_text || !calendar_parse_day((struct text){day_text, strlen(day_text)}, &day))
        return cli_misused(cli, "the last day of the period: --through=2026-11-30");
    if (merchant && !cli_read_id(merchant, &merchant_id))
        return cli_misused(cli, "--merchant is a number");
    cut_off_us = calendar_day_start_us(day + 1, offset_of(cli));
    if (cut_off_us > clock_now_us())
        return cli_misused(cli, "%s is not over yet", day_text);
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    fine =
        counter_open(&counter, cli->settings, "linli statements", &error) &&
        (merchant_id
             ? settle_merchant(&counter, &cli->settings->programme, merchant_id, cut_off_us, &error)
             : settle_everybody(&counter, &cli->settings->programme, cut_off_us, &error));
    counter_close(&counter);
    return fine ? EXIT_FINE : cli_fail(&error);
}

/* --- Looking -------------------------------------------------------------------------------- */

static bool print_all(struct db *db, const struct statement_filter *filter, struct arena *arena,
                      struct error *error)
{
    struct statement_view *views;
    uint64_t after = 0;
    size_t count;

    do {
        if (!statement_list(db, filter, after, 100, arena, &views, &count, error))
            return false;
        for (size_t i = 0; i < count; i++)
            print_statement(&views[i]);
        after = count > 0 ? views[count - 1].id : 0;
    } while (count == 100);
    return true;
}

/* False: no such state. */
static bool read_state(const char *word, int *state)
{
    for (*state = STATEMENT_FILLING; *state <= STATEMENT_PAID; (*state)++)
        if (strcmp(word, statement_state_name((enum statement_state) * state)) == 0)
            return true;
    return false;
}

enum exit_status cli_statements_list(struct cli *cli)
{
    const char *merchant = cli_option(cli, "merchant"), *state = cli_option(cli, "state");
    struct statement_filter filter = {.state = -1};
    struct arena *arena;
    struct database database;
    struct error error = {0};
    bool fine;

    if (merchant && !cli_read_id(merchant, &filter.merchant_id))
        return cli_misused(cli, "--merchant is a number");
    if (state && !read_state(state, &filter.state))
        return cli_misused(cli, "--state is one of " STATEMENT_STATES);
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    arena = arena_new();
    fine = database_open_migrated(&database, cli->settings, &error) &&
           print_all(database.db, &filter, arena, &error);
    database_close(&database);
    arena_free(arena);
    return fine ? EXIT_FINE : cli_fail(&error);
}

static bool print_csv(const struct cli *cli, struct db *db, uint64_t id, struct error *error)
{
    struct buffer csv = {0};
    bool read = statement_csv(db, id, offset_of(cli), &csv, error);

    if (read)
        fwrite(csv.data, 1, csv.length, stdout);
    buffer_free(&csv);
    return read;
}

/* The head with every line in it. */
static bool print_json(struct db *db, const struct statement_view *view, struct arena *arena,
                       struct error *error)
{
    struct statement_line_view *lines;
    json_t *body, *items;
    size_t count;

    if (!statement_lines(db, view->id, 0, view->line_count, arena, &lines, &count, error))
        return false;
    body = statement_json(view);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, statement_line_json(&lines[i]));
    json_object_set_new(body, "items", items);
    json_dumpf(body, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(body);
    return true;
}

static bool print_one(const struct cli *cli, struct db *db, uint64_t id, bool csv,
                      struct error *error)
{
    struct arena *arena = arena_new();
    struct statement_view view;
    enum find found = statement_find(db, id, arena, &view, error);
    bool fine = found == FIND_FOUND &&
                (csv ? print_csv(cli, db, id, error) : print_json(db, &view, arena, error));

    arena_free(arena);
    if (found == FIND_NOTHING)
        return error_set(error, "statements.none", "there is no statement %" PRIu64, id);
    return fine;
}

enum exit_status cli_statements_show(struct cli *cli)
{
    const char *format = cli_option(cli, "format"), *word = cli_word(cli);
    bool csv = format && strcmp(format, "csv") == 0;
    struct database database;
    struct error error = {0};
    uint64_t id;
    bool fine;

    if (!cli_read_id(word, &id))
        return cli_misused(cli,
                           "which statement: its number, as `linli statements list` prints it");
    if (format && !csv && strcmp(format, "json") != 0)
        return cli_misused(cli, "the format is json or csv");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    fine = database_open_migrated(&database, cli->settings, &error) &&
           print_one(cli, database.db, id, csv, &error);
    database_close(&database);
    return fine ? EXIT_FINE : cli_fail(&error);
}

/* --- Paying --------------------------------------------------------------------------------- */

enum exit_status cli_statements_pay(struct cli *cli)
{
    const char *note = cli_option(cli, "note"), *word = cli_word(cli);
    struct statement_step step = {.now_us = clock_now_us()};
    struct database database;
    struct error error = {0};
    enum find found = FIND_FAILED;

    if (!cli_read_id(word, &step.statement_id))
        return cli_misused(cli,
                           "which statement: its number, as `linli statements list` prints it");
    if (!note || strlen(note) < 2 || strlen(note) > 400)
        return cli_misused(cli, "how it was paid: --note=\"transfer 20261201-17\"");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    step.note = (struct text){note, strlen(note)};
    if (database_open_migrated(&database, cli->settings, &error))
        found = statement_pay(database.db, &step, &error);
    database_close(&database);
    if (found == FIND_NOTHING)
        error_set(&error, "statements.state", "no signed statement has this number");
    if (found != FIND_FOUND)
        return cli_fail(&error);
    printf("%s is paid\n", word);
    return EXIT_FINE;
}
