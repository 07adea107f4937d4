/*
 * linli assess: drafts of assessments from the command line, on the database of the settings, while
 * servers go on. What people make of a draft (show, appeal, sign, publish) is the API's.
 */
#include <inttypes.h>
#include <string.h>

#include "assess/runs.h"
#include "base/clock.h"
#include "base/csv.h"
#include "cli/books.h"
#include "cli/progress.h"
#include "ledger/teller.h"
#include "people/secrets.h"
#include "plugin/registry.h"

struct office {
    struct books books;
    struct plugins *plugins;
    struct registry registry;
    struct id_maker ids;
    struct arena *arena;
};

static bool open_office(struct office *office, const struct settings *settings, struct error *error)
{
    uint32_t instance;

    *office = (struct office){.arena = arena_new()};
    if (!books_open(&office->books, settings, error) ||
        !instance_claim(office->books.database.db, "linli assess", &instance, error))
        return false;
    id_maker_start(&office->ids, instance);
    secrets_serve_registry(office->books.keyring);
    office->registry =
        (struct registry){.options = &settings->plugins, .program = cli_program_path()};
    office->plugins = plugins_start(&settings->plugins, &office->books.database.options,
                                    &registry_source, cli_program_path(), error);
    return office->plugins != NULL;
}

static void close_office(struct office *office)
{
    if (office->plugins)
        plugins_stop(office->plugins);
    books_close(&office->books);
    arena_free(office->arena);
}

/* --- Run -------------------------------------------------------------------------------------- */

struct wanted {
    const char *policy;
    struct new_run run;
};

static bool explain(enum run_answer answer, const struct wanted *wanted, struct error *error)
{
    switch (answer) {
    case RUN_FINE: return true;
    case RUN_NOT_FOUND:
        return error_set(error, "assess.unit", "there is no unit %" PRIu64, wanted->run.unit_id);
    case RUN_NO_POLICY:
        return error_set(
            error, "assess.policy",
            "%s is no assessment policy in shadow or enforced: see `linli plugin list`",
            wanted->policy);
    case RUN_BAD_PERIOD:
        return error_set(error, "assess.period",
                         "the period has begun, ends after it begins, and "
                         "has 3660 days at most");
    default: return false;
    }
}

static bool advance(struct office *office, const struct programme_options *programme,
                    uint64_t run_id, struct run *run, struct error *error)
{
    const struct run_tools tools = {office->plugins, &office->registry, programme};
    struct db *db = office->books.database.db;
    struct progress progress = progress_new();
    bool more = true, fine = true;

    while (fine && more) {
        fine = run_advance(db, &tools, run_id, clock_now_us(), &more, error) &&
               run_find(db, run_id, office->arena, run, error) == FIND_FOUND;
        if (fine)
            progress_show(&progress, "rating", (uint64_t)run->members_done, (uint64_t)run->members);
    }
    progress_end(&progress);
    return fine &&
           (run->state != RUN_FAILED || error_set(error, "assess.failed", "%s", run->failure));
}

static bool print_counts(struct office *office, const struct run *run, struct error *error)
{
    static const char *const scopes[] = {"", "members", "units"};
    struct rating_count *counts;
    size_t count;

    printf("assessment %" PRIu64 ", revision %u%s\n", run->run_id, run->revision,
           run->forecast ? ", a forecast" : "");
    for (enum linli_scope scope = LINLI_OF_MEMBER; scope <= LINLI_OF_UNIT; scope++) {
        if (!rating_counts(office->books.database.db, run->run_id, scope, 0, office->arena, &counts,
                           &count, error))
            return false;
        for (size_t i = 0; i < count; i++)
            printf("%-8s %-24s %8" PRId64 "\n", scopes[scope],
                   *counts[i].rating ? counts[i].rating : "(no rating)", counts[i].count);
    }
    return true;
}

static bool run_it(struct office *office, const struct settings *settings, struct wanted *wanted,
                   struct error *error)
{
    struct db *db = office->books.database.db;
    struct text name = {wanted->policy, strlen(wanted->policy)};
    struct plugin_row row = {0};
    uint64_t run_id;
    struct run run;

    if (registry_find_name(db, name, office->arena, &row, error) == FIND_FAILED)
        return false;
    wanted->run.plugin_id = row.plugin_id;
    return explain(run_create(db, &office->ids, office->plugins, &wanted->run, clock_now_us(),
                              &run_id, error),
                   wanted, error) &&
           advance(office, &settings->programme, run_id, &run, error) &&
           print_counts(office, &run, error);
}

static bool read_days(struct cli *cli, struct new_run *run)
{
    const char *from = cli_option(cli, "from"), *to = cli_option(cli, "to");

    return from && to && calendar_parse_day((struct text){from, strlen(from)}, &run->from_day) &&
           calendar_parse_day((struct text){to, strlen(to)}, &run->to_day);
}

enum exit_status cli_assess_run(struct cli *cli)
{
    struct wanted wanted = {.run = {.affiliation = AFFILIATION_WORK}};
    const char *by = cli_option(cli, "by");
    bool days = read_days(cli, &wanted.run), fine;
    struct office office;
    struct error error = {0};

    wanted.policy = cli_word(cli);
    wanted.run.utc_offset_minutes = (int)cli->settings->programme.utc_offset_minutes;
    if (!wanted.policy || !cli_read_id(cli_word(cli), &wanted.run.unit_id))
        return cli_misused(cli, "which policy, and which unit: its number?");
    if (!days)
        return cli_misused(cli, "days: --from=2026-01-01 --to=2026-12-31");
    if (by && strcmp(by, "work") != 0 && strcmp(by, "residence") != 0)
        return cli_misused(cli, "--by=work or --by=residence");
    if (by && strcmp(by, "residence") == 0)
        wanted.run.affiliation = AFFILIATION_RESIDENCE;
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    fine = open_office(&office, cli->settings, &error) &&
           run_it(&office, cli->settings, &wanted, &error);
    close_office(&office);
    return fine ? EXIT_FINE : cli_fail(&error);
}

/* --- Ratings as CSV --------------------------------------------------------------------------- */

#define PAGE 1000

/* "took part in 2 activities; activities: 2 of 4, 2 missing" */
static void add_reasons(struct buffer *out, const char *json)
{
    json_t *reasons = json_loads(json, 0, NULL);

    for (size_t i = 0; i < json_array_size(reasons); i++) {
        const json_t *reason = json_array_get(reasons, i);
        buffer_printf(out, "%s%s", i > 0 ? "；" : "",
                      json_string_value(json_object_get(reason, "zh")));
    }
    json_decref(reasons);
}

static void print_rating(const struct rating *rating)
{
    struct buffer line = {0}, reasons = {0};

    add_reasons(&reasons, rating->reasons);
    csv_id(&line, rating->subject_id);
    csv_id(&line, rating->unit_id);
    csv_word(&line, rating->rating);
    csv_text(&line, (struct text){reasons.data ? reasons.data : "", reasons.length});
    csv_end_row(&line);
    fwrite(line.data, 1, line.length, stdout);
    buffer_free(&line);
    buffer_free(&reasons);
}

static bool print_ratings(struct db *db, struct rating_query *query, struct error *error)
{
    size_t count = PAGE;

    while (count == PAGE) {
        struct arena *arena = arena_new();
        struct rating *list;
        bool fine = rating_list(db, query, arena, &list, &count, error);

        for (size_t i = 0; fine && i < count; i++)
            print_rating(&list[i]);
        if (fine && count > 0)
            query->after_id = list[count - 1].subject_id;
        arena_free(arena);
        if (!fine)
            return false;
    }
    return true;
}

static void print_heads(void)
{
    static const char *const heads[] = {"subject", "unit", "rating", "reasons"};
    struct buffer line = {0};

    csv_begin(&line);
    for (size_t i = 0; i < ARRAY_LENGTH(heads); i++)
        csv_word(&line, heads[i]);
    csv_end_row(&line);
    fwrite(line.data, 1, line.length, stdout);
    buffer_free(&line);
}

enum exit_status cli_assess_ratings(struct cli *cli)
{
    struct rating_query query = {.scope = LINLI_OF_MEMBER, .rating = TEXT(""), .limit = PAGE};
    struct database database;
    struct error error = {0};
    bool fine;

    if (cli_flag(cli, "units"))
        query.scope = LINLI_OF_UNIT;
    if (!cli_read_id(cli_word(cli), &query.run_id))
        return cli_misused(cli, "which assessment: its number?");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    fine = database_open_migrated(&database, cli->settings, &error);
    if (fine) {
        print_heads();
        fine = print_ratings(database.db, &query, &error);
    }
    database_close(&database);
    return fine ? EXIT_FINE : cli_fail(&error);
}
