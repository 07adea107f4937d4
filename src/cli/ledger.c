/*
 * linli ledger: what an auditor asks of the books, on the database of the settings, while servers
 * go on.
 */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "cli/books.h"
#include "cli/proof.h"
#include "ledger/proof_json.h"
#include "ledger/trial_balance.h"
#include "ledger/verify.h"

/* --- Verify ----------------------------------------------------------------------------------- */

static void print_report(const struct verify_report *report, enum verdict verdict, double seconds)
{
    printf("%" PRIu64 " lanes, %" PRIu64 " blocks, %" PRIu64 " transfers, %" PRIu64
           " checkpoints, %" PRIu64 " rows in %.1f s\n",
           report->lanes, report->blocks, report->transfers, report->checkpoints, report->rows,
           seconds);
    if (verdict == VERDICT_FITS)
        puts("The books fit: every block is signed and every row is what the history says.");
    else
        printf("MISFIT in %s, row %s\n  expected: %s\n  found:    %s\n", report->misfit.table,
               report->misfit.key, report->misfit.expected, report->misfit.found);
}

static void print_json(const struct verify_report *report, enum verdict verdict, double seconds)
{
    json_t *body =
        json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:f}", "fits", verdict == VERDICT_FITS, "lanes",
                  (json_int_t)report->lanes, "blocks", (json_int_t)report->blocks, "transfers",
                  (json_int_t)report->transfers, "checkpoints", (json_int_t)report->checkpoints,
                  "rows", (json_int_t)report->rows, "seconds", seconds);

    if (verdict == VERDICT_MISFIT)
        json_object_set_new(body, "misfit",
                            json_pack("{s:s, s:s, s:s, s:s}", "table", report->misfit.table, "key",
                                      report->misfit.key, "expected", report->misfit.expected,
                                      "found", report->misfit.found));
    json_dumpf(body, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(3));
    putchar('\n');
    json_decref(body);
}

static enum verdict verify(const struct cli *cli, const struct checkpoint *kept,
                           struct verify_report *report, struct error *error)
{
    enum verdict verdict = VERDICT_FAILED;
    struct books books;

    if (books_open(&books, cli->settings, error))
        verdict = books_verify(&books, cli->program, kept, report, error);
    books_close(&books);
    return verdict;
}

/* The verdict as an exit status, after the report. */
static enum exit_status verify_and_report(struct cli *cli, const struct checkpoint *kept, bool json)
{
    int64_t began_us = clock_monotonic_us();
    struct verify_report report;
    struct error error = {0};
    enum verdict verdict = verify(cli, kept, &report, &error);

    if (verdict == VERDICT_FAILED)
        return cli_fail(&error);
    double seconds = (double)(clock_monotonic_us() - began_us) / (double)SECOND_US;
    if (json)
        print_json(&report, verdict, seconds);
    else
        print_report(&report, verdict, seconds);
    return verdict == VERDICT_FITS ? EXIT_FINE : EXIT_FAILED;
}

enum exit_status cli_ledger_verify(struct cli *cli)
{
    bool json = cli_flag(cli, "json");
    const char *kept_file = cli_option(cli, "checkpoint");
    struct arena *arena = arena_new();
    struct checkpoint kept;
    struct error error = {0};
    enum exit_status status;

    if (!cli_nothing_left(cli))
        status = EXIT_USAGE;
    else if (kept_file && !proof_read_checkpoint(kept_file, arena, &kept, &error))
        status = cli_fail(&error);
    else
        status = verify_and_report(cli, kept_file ? &kept : NULL, json);
    arena_free(arena);
    return status;
}

/* --- Trial balance ---------------------------------------------------------------------------- */

static void print_trial_json(const struct trial_balance *balance)
{
    json_t *body = trial_balance_json(balance);

    json_dumpf(body, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(body);
}

static void print_trial_csv(const struct trial_balance *balance)
{
    struct buffer csv = {0};

    trial_balance_csv(balance, &csv);
    fwrite(csv.data, 1, csv.length, stdout);
    buffer_free(&csv);
}

enum exit_status cli_ledger_trial_balance(struct cli *cli)
{
    const char *day_text = cli_option(cli, "day"), *format = cli_option(cli, "format");
    bool csv = format && strcmp(format, "csv") == 0;
    struct trial_balance balance;
    struct database database;
    struct error error = {0};
    int32_t day;

    if (!day_text || !calendar_parse_day((struct text){day_text, strlen(day_text)}, &day))
        return cli_misused(cli, "which day: --day=2026-11-22");
    if (format && !csv && strcmp(format, "json") != 0)
        return cli_misused(cli, "the format is json or csv");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    bool fine =
        database_open_migrated(&database, cli->settings, &error) &&
        trial_balance_read(database.db, day, (int)cli->settings->programme.utc_offset_minutes,
                           &balance, &error);
    database_close(&database);
    if (!fine)
        return cli_fail(&error);
    if (csv)
        print_trial_csv(&balance);
    else
        print_trial_json(&balance);
    return EXIT_FINE;
}

/* --- Checkpoint ------------------------------------------------------------------------------- */

static bool write_checkpoint(const struct books *books, const char *path, struct arena *arena,
                             struct error *error)
{
    struct checkpoint checkpoint;

    switch (books_checkpoint(books, arena, &checkpoint, error)) {
    case FIND_FOUND: break;
    case FIND_NOTHING: return error_set(error, "ledger.empty", "the ledger is empty");
    default: return false;
    }
    json_t *body = books_checkpoint_json(books, &checkpoint, error);
    bool written = body && proof_write(body, path, error);
    json_decref(body);
    return written;
}

enum exit_status cli_ledger_checkpoint(struct cli *cli)
{
    const char *path = cli_option(cli, "out");
    struct arena *arena = arena_new();
    struct error error = {0};
    struct books books;

    if (!cli_nothing_left(cli)) {
        arena_free(arena);
        return EXIT_USAGE;
    }
    bool fine =
        books_open(&books, cli->settings, &error) && write_checkpoint(&books, path, arena, &error);
    books_close(&books);
    arena_free(arena);
    return fine ? EXIT_FINE : cli_fail(&error);
}
