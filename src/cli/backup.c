/*
 * linli backup: everything in the database, as it was at one moment, while servers go on: a
 * directory that is complete when it has its name. `linli restore` reads it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/backup_manifest.h"
#include "cli/backup_part.h"
#include "cli/books.h"
#include "cli/progress.h"
#include "cli/proof.h"
#include "people/audit.h"
#include "store/dump.h"

#define SAME_SECOND_MOST 9

struct backup {
    struct books books;
    struct arena *arena;
    char *path, *partial; /* what it will be called, and what it is called until it is whole */
    struct backup_manifest manifest;
    struct progress progress;
    uint64_t rows, total; /* of all tables, written and estimated */
};

/* --- The directory ---------------------------------------------------------------------------- */

static bool fail(struct error *error, const char *path)
{
    return error_set(error, "backup.file", "%s: %s", path, strerror(errno));
}

/* "linli-20261122T201501Z": by its time, so that a listing sorts. */
static void name_by_time(char out[32])
{
    time_t seconds = (time_t)(clock_now_us() / SECOND_US);
    struct tm utc;

    gmtime_r(&seconds, &utc);
    strftime(out, 32, "linli-%Y%m%dT%H%M%SZ", &utc);
}

/* Two of the same second do not meet: the later gets "-2". */
static bool make_directory(struct backup *backup, const char *parent, struct error *error)
{
    char name[32];

    name_by_time(name);
    if (mkdir(parent, 0700) != 0 && errno != EEXIST)
        return fail(error, parent);
    for (int number = 1; number <= SAME_SECOND_MOST; number++) {
        backup->path = number == 1 ? arena_printf(backup->arena, "%s/%s", parent, name)
                                   : arena_printf(backup->arena, "%s/%s-%d", parent, name, number);
        backup->partial = arena_printf(backup->arena, "%s.partial", backup->path);
        if (access(backup->path, F_OK) == 0)
            continue;
        if (mkdir(backup->partial, 0700) == 0)
            return true;
        if (errno != EEXIST)
            break;
    }
    return fail(error, backup->partial);
}

static const char *file_in(const struct backup *backup, const char *name, const char *suffix)
{
    return arena_printf(backup->arena, "%s/%s%s", backup->partial, name, suffix);
}

static bool sync_directory(const char *path, struct error *error)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = directory >= 0 && fsync(directory) == 0;

    if (!synced)
        fail(error, path);
    if (directory >= 0)
        close(directory);
    return synced;
}

/* From here on it is a backup, also after a power cut. */
static bool give_it_its_name(const struct backup *backup, const char *parent, struct error *error)
{
    return sync_directory(backup->partial, error) &&
           (rename(backup->partial, backup->path) == 0 || fail(error, backup->path)) &&
           sync_directory(parent, error);
}

/* What was written of one that failed. */
static void remove_partial(const struct backup *backup)
{
    for (size_t i = 0; i < backup->manifest.part_count; i++)
        unlink(file_in(backup, backup->manifest.parts[i].table, PART_SUFFIX));
    unlink(file_in(backup, CHECKPOINT_FILE, ""));
    unlink(file_in(backup, MANIFEST_FILE, ""));
    rmdir(backup->partial);
}

/* --- What is in it ---------------------------------------------------------------------------- */

/* Before the snapshot, which so has all that the checkpoint covers. */
static bool write_checkpoint(const struct backup *backup, struct error *error)
{
    struct checkpoint checkpoint;

    switch (books_checkpoint(&backup->books, backup->arena, &checkpoint, error)) {
    case FIND_FOUND: break;
    case FIND_NOTHING: return true;
    default: return false;
    }
    json_t *body = books_checkpoint_json(&backup->books, &checkpoint, error);
    bool written = body && proof_write(body, file_in(backup, CHECKPOINT_FILE, ""), error);
    json_decref(body);
    return written;
}

struct writing {
    struct backup *backup;
    struct part_writer *part;
};

static bool write_piece(void *context, struct text text, struct error *error)
{
    struct writing *writing = context;

    return part_write(writing->part, text, error);
}

static void show_rows(void *context, uint64_t rows)
{
    struct writing *writing = context;

    progress_show(&writing->backup->progress, "rows", writing->backup->rows + rows,
                  writing->backup->total);
}

static bool write_part(struct backup *backup, struct manifest_part *part, struct error *error)
{
    const char *path = file_in(backup, part->table, PART_SUFFIX);
    struct writing writing = {.backup = backup, .part = part_create(path, error)};
    struct dump_sink sink = {.write = write_piece, .progress = show_rows, .context = &writing};

    if (!writing.part)
        return false;
    bool good = dump_table(backup->books.database.db, part->table, &sink, &part->rows, error);
    bool finished = part_finish(writing.part, good ? error : NULL);
    backup->rows += part->rows;
    return good && finished && part_measure(path, &part->bytes, part->sha256, error);
}

/* In the snapshot: what is told of it and what is in it are of one moment. */
static bool write_parts(struct backup *backup, struct error *error)
{
    struct backup_manifest *manifest = &backup->manifest;
    struct db *db = backup->books.database.db;
    struct dump_table *tables;
    size_t count;

    manifest->made_us = clock_now_us();
    manifest->made_by = (char *)(uintptr_t)LINLI_VERSION;
    if (!migrate_applied(db, backup->arena, &manifest->migrations, &manifest->migration_count,
                         error) ||
        !manifest_read_lanes(db, backup->arena, &manifest->lanes, &manifest->lane_count, error) ||
        !dump_list(db, backup->arena, &tables, &count, error))
        return false;
    manifest->parts = arena_take(backup->arena, (count + 1) * sizeof(*manifest->parts));
    for (size_t i = 0; i < count; i++)
        backup->total += tables[i].estimate;
    for (size_t i = 0; i < count; i++) {
        struct manifest_part *part = &manifest->parts[manifest->part_count++];
        *part = (struct manifest_part){.table = tables[i].name};
        if (!write_part(backup, part, error))
            return false;
    }
    return true;
}

static bool write_everything(struct backup *backup, struct error *error)
{
    struct db *db = backup->books.database.db;

    if (!write_checkpoint(backup, error) || !db_begin_snapshot(db, error))
        return false;
    bool written = write_parts(backup, error);
    db_rollback(db);
    return written &&
           backup_manifest_write(&backup->manifest, file_in(backup, MANIFEST_FILE, ""), error);
}

/* --- The command ------------------------------------------------------------------------------ */

static bool note(struct db *db, void *context, struct error *error)
{
    const struct backup *backup = context;
    struct text name = {strrchr(backup->path, '/') + 1, strlen(strrchr(backup->path, '/') + 1)};

    return audit_append(db, &(struct audit){.action = "database.backup", .after = name},
                        clock_now_us(), error);
}

static bool make(struct backup *backup, const struct settings *settings, const char *parent,
                 struct error *error)
{
    if (!database_is_there(settings, error) || !books_open(&backup->books, settings, error) ||
        !make_directory(backup, parent, error))
        return false;
    bool good = write_everything(backup, error) && give_it_its_name(backup, parent, error);
    progress_end(&backup->progress);
    if (!good)
        remove_partial(backup);
    return good && db_transaction(backup->books.database.db, note, backup, error);
}

static void print(const struct backup *backup, double seconds)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < backup->manifest.part_count; i++)
        bytes += backup->manifest.parts[i].bytes;
    printf("%s\n", backup->path);
    fprintf(stderr,
            "%" PRIu64 " rows of %zu tables, %.1f MB, in %.1f s. The master key is not in it: keep "
            "that elsewhere.\n",
            backup->rows, backup->manifest.part_count, (double)bytes / 1e6, seconds);
}

enum exit_status cli_backup(struct cli *cli)
{
    int64_t began_us = clock_monotonic_us();
    const char *parent = cli_word(cli);
    struct backup backup = {.progress = progress_new()};
    struct error error = {0};

    if (!parent)
        return cli_misused(cli, "name the DIRECTORY that backups are kept in");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    backup.arena = arena_new();
    bool made = make(&backup, cli->settings, parent, &error);
    if (made)
        print(&backup, (double)(clock_monotonic_us() - began_us) / (double)SECOND_US);
    books_close(&backup.books);
    arena_free(backup.arena);
    return made ? EXIT_FINE : cli_fail(&error);
}
