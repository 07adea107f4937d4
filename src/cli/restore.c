/*
 * linli restore: a backup into an empty database. `steps` is what happens, in order; until its last
 * step the database is marked and no server serves it. What fails is undone; what is killed is told
 * to whoever tries next, and --again begins anew.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/backup_manifest.h"
#include "cli/backup_part.h"
#include "cli/books.h"
#include "cli/erased_list.h"
#include "cli/progress.h"
#include "cli/proof.h"
#include "ledger/lane.h"
#include "ledger/teller.h"
#include "people/audit.h"
#include "people/sessions.h"
#include "store/dump.h"

struct restore {
    struct cli *cli;
    struct books books;
    struct db *db; /* of the books */
    struct arena *arena;
    const char *path;
    struct backup_manifest manifest;
    bool has_checkpoint;
    struct checkpoint checkpoint;
    struct erased_list erased;
    size_t erased_again;
    bool again;
    bool keep; /* what was loaded, though a step failed: to look at */
    struct progress progress;
    uint64_t rows, total;
    struct verify_report report;
};

static const char *file_in(const struct restore *restore, const char *name, const char *suffix)
{
    return arena_printf(restore->arena, "%s/%s%s", restore->path, name, suffix);
}

/* The backup's name, for people. */
static const char *base_name(const struct restore *restore)
{
    const char *slash = strrchr(restore->path, '/');

    return slash ? slash + 1 : restore->path;
}

static const char *without_slash(const char *path, struct arena *arena)
{
    size_t length = strlen(path);

    while (length > 1 && path[length - 1] == '/')
        length--;
    return arena_printf(arena, "%.*s", (int)length, path);
}

/* --- Before anything is touched --------------------------------------------------------------- */

static bool check_part(struct restore *restore, const struct manifest_part *part,
                       struct error *error)
{
    const char *path = file_in(restore, part->table, PART_SUFFIX);
    uint8_t sha256[HASH_SIZE];
    uint64_t bytes;

    if (!part_measure(path, &bytes, sha256, error))
        return false;
    return (bytes == part->bytes && memcmp(sha256, part->sha256, HASH_SIZE) == 0) ||
           error_set(error, "backup.part",
                     "%s is not what the manifest says (%" PRIu64 " of %" PRIu64 " bytes): this "
                     "copy is spoilt, take another",
                     path, bytes, part->bytes);
}

static bool read_checkpoint(struct restore *restore, struct error *error)
{
    const char *path = file_in(restore, CHECKPOINT_FILE, "");

    restore->has_checkpoint = access(path, F_OK) == 0;
    return !restore->has_checkpoint ||
           proof_read_checkpoint(path, restore->arena, &restore->checkpoint, error);
}

static bool check_files(struct restore *restore, struct error *error)
{
    const struct backup_manifest *manifest = &restore->manifest;

    if (!backup_manifest_read(file_in(restore, MANIFEST_FILE, ""), restore->arena,
                              &restore->manifest, error) ||
        !read_checkpoint(restore, error))
        return false;
    for (size_t i = 0; i < manifest->part_count; i++) {
        progress_show(&restore->progress, "checking files", i, manifest->part_count);
        if (!check_part(restore, &manifest->parts[i], error))
            return false;
        restore->total += manifest->parts[i].rows;
    }
    return true;
}

/* A list from before the backup knows nothing of those whom it brings back. */
static bool read_erased(struct restore *restore, const char *path, struct error *error)
{
    if (!path)
        return true;
    if (!erased_list_read(path, restore->arena, &restore->erased, error))
        return false;
    return restore->erased.as_of_us >= restore->manifest.made_us - SECOND_US ||
           error_set(error, "restore.erased",
                     "%s is older than the backup: it cannot know whom to erase again; give the "
                     "newest `linli erase --list`, or --none-erased if nobody was",
                     path);
}

/* --- The steps -------------------------------------------------------------------------------- */

static bool empty_or_again(struct restore *restore, struct error *error)
{
    enum load_state state;
    char *note;

    if (!load_look(restore->db, restore->arena, &state, &note, error))
        return false;
    restore->keep = true; /* nothing of what is there is ours yet */
    if (state == LOAD_IN_USE)
        return error_set(error, "restore.in_use",
                         "the database is not empty: restore into an empty one, by another "
                         "--state_dir or --database.url");
    if (state == LOAD_UNFINISHED && !restore->again)
        return error_set(error, "restore.unfinished",
                         "a restore of %s was interrupted here: with --again what it left is "
                         "dropped and this one begins",
                         note);
    restore->keep = false;
    return state == LOAD_EMPTY || load_undo(restore->db, error);
}

static bool mark(struct restore *restore, struct error *error)
{
    return load_begin(restore->db, arena_printf(restore->arena, "%.180s", base_name(restore)),
                      error);
}

static bool make_tables(struct restore *restore, struct error *error)
{
    return migrate_as(restore->db, restore->manifest.migrations, restore->manifest.migration_count,
                      error);
}

static bool load_lines(struct restore *restore, const struct manifest_part *part,
                       struct part_reader *reader, struct error *error)
{
    struct text line;
    enum part_read got;

    while ((got = part_next(reader, &line, error)) == PART_LINE) {
        /* A line ends its statement by a semicolon, which one statement by itself must not have. */
        if (line.length > 0 && line.data[line.length - 1] == ';')
            line.length--;
        if (!load_line(restore->db, part->table, line, error))
            return false;
        progress_show(&restore->progress, part->table, restore->rows, restore->total);
    }
    return got == PART_END;
}

static bool load_part(struct restore *restore, const struct manifest_part *part,
                      struct error *error)
{
    struct part_reader *reader = part_open(file_in(restore, part->table, PART_SUFFIX), error);
    uint64_t rows;

    if (!reader)
        return false;
    bool good = load_clear_table(restore->db, part->table, error) &&
                load_lines(restore, part, reader, error);
    part_close(reader);
    if (!good || !load_count(restore->db, part->table, &rows, error))
        return false;
    restore->rows += rows;
    return rows == part->rows ||
           error_set(error, "restore.rows", "%s has %" PRIu64 " rows, not %" PRIu64, part->table,
                     rows, part->rows);
}

/* First, so that a wrong master key is told at once and not after an hour. */
static bool load_keys(struct restore *restore, struct error *error)
{
    const struct backup_manifest *manifest = &restore->manifest;

    for (size_t i = 0; i < manifest->part_count; i++)
        if (strcmp(manifest->parts[i].table, "keys") == 0 &&
            !load_part(restore, &manifest->parts[i], error))
            return false;
    restore->books.keyring = keyring_load(restore->db, &restore->cli->settings->keyring,
                                          restore->books.database.state_dir, error);
    return restore->books.keyring != NULL;
}

static bool load_tables(struct restore *restore, struct error *error)
{
    const struct backup_manifest *manifest = &restore->manifest;

    for (size_t i = 0; i < manifest->part_count; i++)
        if (strcmp(manifest->parts[i].table, "keys") != 0 &&
            !load_part(restore, &manifest->parts[i], error))
            return false;
    return true;
}

static bool check_lanes(struct restore *restore, struct error *error)
{
    const struct backup_manifest *manifest = &restore->manifest;
    struct lane_head *lanes;
    size_t count;

    if (!manifest_read_lanes(restore->db, restore->arena, &lanes, &count, error))
        return false;
    bool same = count == manifest->lane_count;
    for (size_t i = 0; same && i < count; i++)
        same = lanes[i].lane == manifest->lanes[i].lane &&
               lanes[i].height == manifest->lanes[i].height &&
               memcmp(lanes[i].hash, manifest->lanes[i].hash, HASH_SIZE) == 0;
    return same || error_set(error, "restore.lanes", "the history does not end where it should");
}

static bool upgrade(struct restore *restore, struct error *error)
{
    return migrate(restore->db, NULL, error);
}

/* What was told to people after the backup is lost, but it was told: none of its numbers comes to
 * mean something else. */
static bool part_from_the_past(struct restore *restore, struct error *error)
{
    const char *name = arena_printf(restore->arena, "linli restore %.80s", base_name(restore));

    return lanes_retire(restore->db, error) && instance_skip(restore->db, name, error) &&
           sessions_end_all(restore->db, error);
}

static bool erase_again(struct restore *restore, struct error *error)
{
    return erased_list_replay(restore->db, &restore->erased, &restore->erased_again, error);
}

/* Books that do not fit are kept and not served. */
static bool verify(struct restore *restore, struct error *error)
{
    const struct checkpoint *kept = restore->has_checkpoint ? &restore->checkpoint : NULL;
    const struct misfit *misfit = &restore->report.misfit;
    enum verdict verdict =
        books_verify(&restore->books, restore->cli->program, kept, &restore->report, error);

    restore->keep = verdict == VERDICT_MISFIT;
    if (verdict == VERDICT_MISFIT)
        return error_set(error, "restore.misfit",
                         "the books in this backup do not fit: %s, row %s; it is kept for a look "
                         "and not served. Restore an older one with --again",
                         misfit->table, misfit->key);
    return verdict == VERDICT_FITS;
}

static bool note(struct db *db, void *context, struct error *error)
{
    struct restore *restore = context;
    const char *name = base_name(restore);

    return audit_append(
        db,
        &(struct audit){.action = "database.restore", .after = (struct text){name, strlen(name)}},
        clock_now_us(), error);
}

static bool unmark(struct restore *restore, struct error *error)
{
    return db_transaction(restore->db, note, restore, error) && load_end(restore->db, error);
}

static bool (*const steps[])(struct restore *restore, struct error *error) = {
    empty_or_again,     /* else nothing is touched */
    mark,               /* no server serves it from here on */
    make_tables,        /* the schema that the backup was made under */
    load_keys,          /* which the master key must open */
    load_tables,        /* line by line, counted */
    check_lanes,        /* the history ends where the manifest says */
    upgrade,            /* to this binary's schema */
    part_from_the_past, /* new lanes, new ids, nobody signed in */
    erase_again,        /* whom the backup brought back */
    verify,             /* the whole history, and that it meets the backup's checkpoint */
    unmark,             /* last: now it may be served */
};

static bool take_steps(struct restore *restore, struct error *error)
{
    struct error undoing;
    bool good = true;

    for (size_t i = 0; good && i < ARRAY_LENGTH(steps); i++)
        good = steps[i](restore, error);
    progress_end(&restore->progress);
    if (!good && !restore->keep && !load_undo(restore->db, &undoing))
        fprintf(stderr, "linli: what was loaded stays: %s\n", undoing.detail);
    return good;
}

/* --- The command ------------------------------------------------------------------------------ */

static void print_report(const struct restore *restore, double seconds)
{
    char made[CLOCK_RFC3339_SIZE];

    clock_format(restore->manifest.made_us, 0, made);
    printf("restored %s, as of %s: %" PRIu64 " rows in %.1f s\n", base_name(restore), made,
           restore->rows, seconds);
    printf("The books fit: %" PRIu64 " blocks, %" PRIu64 " transfers.\n", restore->report.blocks,
           restore->report.transfers);
    printf("%zu of the %zu on the list of erasures were in it, and are erased again.\n",
           restore->erased_again, restore->erased.count);
    printf("\nNext:\n"
           "- What was acknowledged after %s is not in it. A younger checkpoint says what is\n"
           "  missing: linli ledger verify --checkpoint=FILE\n"
           "- Everybody signs in again. Who was disabled since is not: linli users list\n"
           "- Look over the machine, then serve it: linli doctor; linli serve\n",
           made);
}

static enum exit_status restore_it(struct restore *restore, struct error *error)
{
    int64_t began_us = clock_monotonic_us();

    if (!database_open(&restore->books.database, restore->cli->settings, error))
        return cli_fail(error);
    restore->db = restore->books.database.db;
    if (!take_steps(restore, error))
        return cli_fail(error);
    print_report(restore, (double)(clock_monotonic_us() - began_us) / (double)SECOND_US);
    return EXIT_FINE;
}

static enum exit_status run(struct restore *restore, const char *erased, bool only_check)
{
    struct error error = {0};

    bool good = check_files(restore, &error) && read_erased(restore, erased, &error);
    progress_end(&restore->progress);
    if (!good)
        return cli_fail(&error);
    if (!only_check)
        return restore_it(restore, &error);
    printf("%s is whole: %zu parts, %" PRIu64 " rows\n", base_name(restore),
           restore->manifest.part_count, restore->total);
    return EXIT_FINE;
}

enum exit_status cli_restore(struct cli *cli)
{
    const char *erased = cli_option(cli, "erased");
    bool none_erased = cli_flag(cli, "none-erased"), only_check = cli_flag(cli, "check");
    struct restore restore = {.cli = cli, .progress = progress_new()};

    restore.again = cli_flag(cli, "again");
    restore.path = cli_word(cli);
    if (!restore.path)
        return cli_misused(cli, "name the BACKUP: the directory that `linli backup` printed");
    if (!only_check && !erased == !none_erased)
        return cli_misused(cli, "who was erased since the backup? --erased=FILE, the newest "
                                "`linli erase --list`, or --none-erased");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    restore.arena = arena_new();
    restore.path = without_slash(restore.path, restore.arena);
    enum exit_status status = run(&restore, erased, only_check);
    books_close(&restore.books);
    arena_free(restore.arena);
    return status;
}
