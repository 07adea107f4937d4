/*
 * linli import members: a CSV file of people, all or nothing. Progress and faults go to stderr, so
 * that what is piped on is the result alone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/database.h"
#include "people/import.h"

#define FILE_MOST (256 * 1024 * 1024)

/* Whole, malloc'ed. */
static bool read_file(const char *path, char **data, size_t *length, struct error *error)
{
    FILE *file = fopen(path, "rb");
    size_t capacity = 0, got = 1;

    *data = NULL;
    *length = 0;
    if (!file)
        return error_set(error, "import.file", "%s: %s", path, strerror(errno));
    while (got > 0 && *length < FILE_MOST) {
        if (capacity - *length < BUFSIZ) {
            capacity = capacity ? 2 * capacity : 1024 * 1024;
            *data = memory_resize(*data, capacity, 1);
        }
        got = fread(*data + *length, 1, capacity - *length, file);
        *length += got;
    }
    bool failed = ferror(file) != 0;
    fclose(file);
    if (failed)
        return error_set(error, "import.file", "%s: %s", path, strerror(errno));
    return *length < FILE_MOST ||
           error_set(error, "import.file", "%s is larger than %d MiB", path, FILE_MOST >> 20);
}

static void print_faults(const struct import_report *report)
{
    for (size_t i = 0; i < report->fault_count; i++) {
        const struct import_fault *fault = &report->faults[i];
        fprintf(stderr, "line %zu%s%s: %s: %s\n", fault->line, fault->column ? ", " : "",
                fault->column ? fault->column : "", fault->code,
                import_fault_text(fault->code, true));
    }
    fprintf(stderr, "linli: nothing was imported: %zu of %zu rows have faults\n",
            report->faulty_rows, report->rows);
}

static void print_progress(void *context, size_t done, size_t rows)
{
    const int64_t *began_us = context;
    double seconds = (double)(clock_monotonic_us() - *began_us) / 1e6;

    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%zu of %zu (%zu%%), %.0f a second ", done, rows, 100 * done / rows,
                seconds > 0 ? (double)done / seconds : 0.0);
    else if (done == rows || done / 10000 != (done > 700 ? done - 700 : 0) / 10000)
        fprintf(stderr, "%zu of %zu\n", done, rows);
    if (done == rows && isatty(STDERR_FILENO))
        fputc('\n', stderr);
}

struct request {
    struct text csv;
    bool dry_run;
    int64_t began_us;
};

static bool import(struct cli *cli, struct database *database, struct request *request,
                   enum import_answer *answer, struct error *error)
{
    struct keyring *keyring =
        keyring_load(database->db, &cli->settings->keyring, database->state_dir, error);
    struct import_wanted wanted = {.csv = request->csv,
                                   .dry_run = request->dry_run,
                                   .progress = print_progress,
                                   .context = &request->began_us};
    struct import_report report;
    struct id_maker ids;
    uint32_t instance;

    if (!keyring || !instance_claim(database->db, "linli import", &instance, error)) {
        keyring_free(keyring);
        return false;
    }
    struct arena *arena = arena_new();
    id_maker_start(&ids, instance);
    *answer = members_import(database->db, keyring, &ids, &wanted, arena, &report, error);
    if (*answer == IMPORT_FAULTY)
        print_faults(&report);
    if (*answer == IMPORT_DONE)
        printf("%s %zu members in %.1f s\n", request->dry_run ? "would import" : "imported",
               report.rows, (double)(clock_monotonic_us() - request->began_us) / 1e6);
    arena_free(arena);
    keyring_free(keyring);
    if (*answer == IMPORT_BUSY)
        return error_set(error, "import.busy", "another import is under way: try again shortly");
    return *answer != IMPORT_BROKEN;
}

enum exit_status cli_import_members(struct cli *cli)
{
    struct request request = {.dry_run = cli_flag(cli, "dry-run"),
                              .began_us = clock_monotonic_us()};
    bool consented = cli_flag(cli, "consented");
    const char *path = cli_word(cli);
    enum import_answer answer = IMPORT_BROKEN;
    struct database database;
    struct error error = {0};
    char *data;
    size_t length;

    if (!path)
        return cli_misused(cli, "name the FILE");
    if (!request.dry_run && !consented)
        return cli_misused(cli, "--consented is missing: nobody becomes a member without");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    if (!read_file(path, &data, &length, &error)) {
        free(data);
        return cli_fail(&error);
    }
    request.csv = (struct text){data, length};
    bool fine = database_open_migrated(&database, cli->settings, &error) &&
                import(cli, &database, &request, &answer, &error);
    database_close(&database);
    free(data);
    if (!fine)
        return cli_fail(&error);
    return answer == IMPORT_DONE ? EXIT_FINE : EXIT_FAILED;
}
