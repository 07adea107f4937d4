/*
 * linli ledger: what an auditor asks of the books, on the database of the settings, while servers
 * go on.
 */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/database.h"
#include "ledger/verify.h"

/* The books and the keys that they were signed with. */
struct books {
    struct database database;
    struct keyring *keyring;
};

static bool open_books(struct books *books, const struct settings *settings, struct error *error)
{
    *books = (struct books){0};
    if (!database_open_migrated(&books->database, settings, error))
        return false;
    books->keyring =
        keyring_load(books->database.db, &settings->keyring, books->database.state_dir, error);
    return books->keyring != NULL;
}

static void close_books(struct books *books)
{
    keyring_free(books->keyring);
    database_close(&books->database);
}

/* --- Verify ----------------------------------------------------------------------------------- */

#define SHOW_EVERY_US (100 * INT64_C(1000))

/* One line on a terminal, written over and over. */
static void show_progress(void *context, const struct verify_progress *progress)
{
    int64_t *shown_us = context, now_us = clock_monotonic_us();

    if (now_us - *shown_us < SHOW_EVERY_US)
        return;
    *shown_us = now_us;
    if (progress->total > 0)
        fprintf(stderr, "\r%s: block %" PRIu64 " of %" PRIu64 " (%.0f%%)\033[K", progress->stage,
                progress->done, progress->total,
                100.0 * (double)progress->done / (double)progress->total);
    else
        fprintf(stderr, "\r%s\033[K", progress->stage);
}

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

static enum verdict verify(const struct cli *cli, struct verify_report *report, struct error *error)
{
    bool shows = isatty(STDERR_FILENO);
    enum verdict verdict = VERDICT_FAILED;
    int64_t shown_us = 0;
    struct books books;

    if (open_books(&books, cli->settings, error)) {
        struct verify_options options = {
            .keys = chain_keys_of(books.keyring),
            .verifiers = cli->program->verifiers,
            .progress = shows ? show_progress : NULL,
            .context = &shown_us,
        };
        verdict = ledger_verify(books.database.db, &options, report, error);
    }
    if (shows)
        fputs("\r\033[K", stderr);
    close_books(&books);
    return verdict;
}

enum exit_status cli_ledger_verify(struct cli *cli)
{
    bool json = cli_flag(cli, "json");
    int64_t began_us = clock_monotonic_us();
    struct verify_report report;
    struct error error = {0};
    enum verdict verdict;

    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    verdict = verify(cli, &report, &error);
    if (verdict == VERDICT_FAILED)
        return cli_fail(&error);
    double seconds = (double)(clock_monotonic_us() - began_us) / (double)SECOND_US;
    if (json)
        print_json(&report, verdict, seconds);
    else
        print_report(&report, verdict, seconds);
    return verdict == VERDICT_FITS ? EXIT_FINE : EXIT_FAILED;
}
