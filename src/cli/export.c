/*
 * linli export: what is in the database, for spreadsheets and programs. `tables` says what each
 * export asks and what its columns are; members' names come from people/, which opens them. Who the
 * people are is given only for a reason, which the audit trail keeps.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "api/member_export.h"
#include "base/clock.h"
#include "cli/books.h"
#include "cli/export_writer.h"
#include "cli/progress.h"
#include "cli/proof.h"
#include "ledger/account.h"
#include "ledger/book.h"
#include "ledger/transfer_id.h"
#include "market/redemption.h"
#include "people/audit.h"
#include "people/members.h"
#include "service/activities.h"
#include "service/record.h"
#include "store/dump.h"

#define COLUMNS_MOST   16
#define PROGRESS_EVERY 100
#define MEMBERS_PAGE   500

/* --- What can be exported --------------------------------------------------------------------- */

enum shape {
    SHAPE_END,
    ID,
    NUMBER,
    POINTS,
    TIME,
    WORDS,
    TRANSFER,
    ACCOUNT,
    ACTIVITY_STATE,
    RECORD_STATE,
    GRADE,
    TRANSFER_KIND,
    REDEMPTION_STATE,
};

struct table {
    const char *name;
    const char *counted; /* the table whose rows it has, about: for progress */
    const char *sql;
    struct {
        const char *name;
        enum shape shape;
    } columns[COLUMNS_MOST];
};

/* clang-format off */
static const struct table tables[] = {
    {"units", "units",
     "SELECT unit_id, parent_id, kind, name, created_us FROM units ORDER BY unit_id",
     {{"id", ID}, {"parent_id", ID}, {"kind", WORDS}, {"name", WORDS}, {"created_at", TIME}}},
    {"activities", "activities",
     "SELECT a.activity_id, a.unit_id, c.code, a.state, a.title, a.place, a.starts_us, a.ends_us,"
     " a.capacity, a.signed_up, a.created_us FROM activities a"
     " LEFT JOIN categories c ON c.category_id = a.category ORDER BY a.activity_id",
     {{"id", ID}, {"unit_id", ID}, {"category", WORDS}, {"state", ACTIVITY_STATE},
      {"title", WORDS}, {"place", WORDS}, {"starts_at", TIME}, {"ends_at", TIME},
      {"capacity", NUMBER}, {"signed_up", NUMBER}, {"created_at", TIME}}},
    {"records", "records",
     "SELECT record_id, activity_id, member_id, state, grade, started_us, ended_us, minutes, points,"
     " reviewed_by, reviewed_us FROM records ORDER BY record_id",
     {{"id", ID}, {"activity_id", ID}, {"member_id", ID}, {"state", RECORD_STATE},
      {"grade", GRADE}, {"started_at", TIME}, {"ended_at", TIME}, {"minutes", NUMBER},
      {"points", POINTS}, {"reviewed_by", ID}, {"reviewed_at", TIME}}},
    {"transfers", "transfers",
     "SELECT t.transfer_id, b.time_us, t.kind, t.from_account, t.to_account, t.points, t.member_id,"
     " t.ref, t.subject, t.pieces, t.actor FROM transfers t JOIN blocks b"
     " ON b.lane = t.transfer_id >> 56 AND b.height = (t.transfer_id >> 16) & 0xffffffffff"
     " ORDER BY t.transfer_id",
     {{"id", TRANSFER}, {"at", TIME}, {"kind", TRANSFER_KIND}, {"from", ACCOUNT}, {"to", ACCOUNT},
      {"points", POINTS}, {"member_id", ID}, {"ref", ID}, {"subject", ID}, {"pieces", NUMBER},
      {"actor", ID}}},
    {"redemptions", "redemptions",
     "SELECT redemption_id, member_id, reward_id, merchant_id, state, points, reimburse_fen,"
     " created_us, expires_us, confirmed_us, confirmed_by, closed_us FROM redemptions"
     " ORDER BY redemption_id",
     {{"id", ID}, {"member_id", ID}, {"reward_id", ID}, {"merchant_id", ID},
      {"state", REDEMPTION_STATE}, {"points", POINTS}, {"reimburse_fen", NUMBER},
      {"created_at", TIME}, {"expires_at", TIME}, {"confirmed_at", TIME}, {"confirmed_by", ID},
      {"closed_at", TIME}}},
    {"audit", "audit_trail",
     "SELECT audit_id, at_us, actor, action, object_id, value_before, value_after, reason"
     " FROM audit_trail ORDER BY audit_id",
     {{"id", ID}, {"at", TIME}, {"actor", ID}, {"action", WORDS}, {"object_id", ID},
      {"before", WORDS}, {"after", WORDS}, {"why", WORDS}}},
};
/* clang-format on */

static const struct table *find_table(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(tables); i++)
        if (strcmp(tables[i].name, name) == 0)
            return &tables[i];
    return NULL;
}

/* --- Rows ------------------------------------------------------------------------------------- */

static const char *code_of(int64_t number, enum shape shape)
{
    switch (shape) {
    case ACTIVITY_STATE: return activity_state_name((enum activity_state)number);
    case RECORD_STATE: return record_state_name((enum record_state)number);
    case GRADE: return evidence_grade_name((enum evidence_grade)number);
    case TRANSFER_KIND: return transfer_kind_name((enum transfer_kind)number);
    default: return redemption_state_name((enum redemption_state)number);
    }
}

static void write_transfer_id(struct export_writer *writer, uint64_t id)
{
    char text[TRANSFER_ID_TEXT_SIZE];

    transfer_id_format(id, text);
    export_word(writer, text);
}

/* "wallet 8589934599", "issuance". */
static void write_account(struct export_writer *writer, uint64_t account)
{
    const char *kind = account_kind_name(account_kind(account));
    char text[64];

    if (account_owner(account))
        snprintf(text, sizeof text, "%s %" PRIu64, kind, account_owner(account));
    else
        snprintf(text, sizeof text, "%s", kind);
    export_word(writer, text);
}

static void write_cell(struct export_writer *writer, struct rows *rows, unsigned column,
                       enum shape shape)
{
    switch (shape) {
    case ID: export_id(writer, rows_id(rows, column)); break;
    case NUMBER: export_int(writer, rows_int(rows, column)); break;
    case POINTS: export_points(writer, rows_int(rows, column)); break;
    case TIME: export_time(writer, rows_int(rows, column)); break;
    case WORDS: export_text(writer, rows_text(rows, column)); break;
    case TRANSFER: write_transfer_id(writer, rows_id(rows, column)); break;
    case ACCOUNT: write_account(writer, rows_id(rows, column)); break;
    default: export_word(writer, code_of(rows_int(rows, column), shape)); break;
    }
}

/* Streamed: as much memory as one row. */
static bool write_table(struct db *db, const struct table *table, struct export_writer *writer,
                        struct error *error)
{
    struct progress progress = progress_new();
    struct rows *rows;
    uint64_t total;

    if (!load_count(db, table->counted, &total, error))
        return false;
    rows = db_stream_values(db, table->sql, (const struct db_value[]){{.type = DB_END}});
    while (rows_next(rows)) {
        for (unsigned i = 0; i < COLUMNS_MOST && table->columns[i].name; i++)
            write_cell(writer, rows, i, table->columns[i].shape);
        export_end_row(writer);
        if (writer->rows % PROGRESS_EVERY == 0)
            progress_show(&progress, table->name, writer->rows, total);
    }
    progress_end(&progress);
    return rows_end(rows, error);
}

/* --- Members ---------------------------------------------------------------------------------- */

static void write_member(struct export_writer *writer, const struct member *member, bool named)
{
    export_id(writer, member->member_id);
    export_id(writer, member->unit_id);
    export_word(writer, member->age == AGE_YOUTH ? "youth" : "adult");
    export_time(writer, member->joined_us);
    export_word(writer, member->active ? "active" : "closed");
    if (named) {
        export_word(writer, member->name);
        export_word(writer, member->phone.text[0] ? member->phone.text : NULL);
    }
    export_end_row(writer);
}

static bool write_members(const struct books *books, bool named, struct export_writer *writer,
                          struct error *error)
{
    struct progress progress = progress_new();
    struct member_query query = {.limit = MEMBERS_PAGE};
    struct member *members;
    uint64_t total, next = 0;
    size_t count;

    if (!load_count(books->database.db, "members", &total, error))
        return false;
    do {
        struct arena *arena = arena_new();
        query.after_id = next;
        bool read = member_list(books->database.db, books->keyring, &query, arena, &members, &count,
                                &next, error);
        for (size_t i = 0; read && i < count; i++)
            write_member(writer, &members[i], named);
        arena_free(arena);
        if (!read)
            return false;
        progress_show(&progress, "members", writer->rows, total);
    } while (next != 0);
    progress_end(&progress);
    return true;
}

/* --- Who asked, and why ----------------------------------------------------------------------- */

struct reason {
    const char *action;
    uint64_t object_id;
    struct text why;
};

static bool append(struct db *db, void *context, struct error *error)
{
    const struct reason *reason = context;

    return audit_append(db,
                        &(struct audit){.action = reason->action,
                                        .object_id = reason->object_id,
                                        .why = reason->why},
                        clock_now_us(), error);
}

/* Before the first name is read, so that there is no export without its entry. */
static bool note(struct db *db, struct reason reason, struct error *error)
{
    return db_transaction(db, append, &reason, error);
}

/* --- The commands ----------------------------------------------------------------------------- */

struct export
{
    const char *what;
    const struct table *table; /* NULL: members */
    bool named;
    struct text why;
    struct export_writer writer;
    const char *names[COLUMNS_MOST + 1];
};

static bool write_all(struct export *export, const struct books *books, struct error *error)
{
    struct db *db = books->database.db;

    if (!export->table)
        return write_members(books, export->named, &export->writer, error);
    if (!db_begin_snapshot(db, error))
        return false;
    bool written = write_table(db, export->table, &export->writer, error);
    db_rollback(db);
    return written;
}

static bool run_export(struct export *export, const struct settings *settings, struct error *error)
{
    struct reason reason = {.action = "member.export_all", .why = export->why};
    struct books books;
    bool good = books_open(&books, settings, error) &&
                (!export->named || note(books.database.db, reason, error)) &&
                export_open(&export->writer, error);

    if (good)
        good = export_close(&export->writer, write_all(export, &books, error), error);
    books_close(&books);
    return good;
}

static void name_columns(struct export *export)
{
    static const char *const of_members[] = {"id",    "unit_id", "age",  "joined_at",
                                             "state", "name",    "phone"};
    size_t count = export->named ? 7 : 5;

    for (size_t i = 0; !export->table && i < count; i++)
        export->names[i] = of_members[i];
    for (size_t i = 0; export->table && i < COLUMNS_MOST; i++)
        export->names[i] = export->table->columns[i].name;
    export->writer.names = export->names;
}

static enum exit_status export_table(struct cli *cli, struct export *export)
{
    struct error error = {0};

    name_columns(export);
    if (!run_export(export, cli->settings, &error))
        return cli_fail(&error);
    if (export->writer.path)
        fprintf(stderr, "%" PRIu64 " rows in %s\n", export->writer.rows, export->writer.path);
    return EXIT_FINE;
}

enum exit_status cli_export(struct cli *cli)
{
    const char *format = cli_option(cli, "format");
    struct export export = {.named = cli_flag(cli, "names")};

    export.writer.json = format && strcmp(format, "json") == 0;
    if (format && !export.writer.json && strcmp(format, "csv") != 0)
        return cli_misused(cli, "the format is csv or json");
    export.writer.path = cli_option(cli, "out");
    export.writer.offset_minutes = (int)cli->settings->programme.utc_offset_minutes;
    if (export.named && !cli_why(cli, &export.why))
        return EXIT_USAGE;
    export.what = cli_word(cli);
    export.table = export.what ? find_table(export.what) : NULL;
    bool members = export.what && strcmp(export.what, "members") == 0;
    if (!export.table && !members)
        return cli_misused(cli, "what: units, members, activities, records, transfers, redemptions "
                                "or audit");
    if (export.named && !members)
        return cli_misused(cli, "--names is for members");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    return export_table(cli, &export);
}

static bool export_member(const struct books *books, uint64_t member_id, struct text why,
                          const char *path, struct error *error)
{
    struct reason reason = {.action = "member.export", .object_id = member_id, .why = why};
    struct arena *arena = arena_new();
    json_t *body;
    enum find found = member_export_read(books->database.db, books->keyring, member_id,
                                         clock_now_us(), arena, &body, error);
    bool good = found == FIND_FOUND && note(books->database.db, reason, error) &&
                proof_write(body, path, error);

    if (found == FIND_FOUND)
        json_decref(body);
    if (found == FIND_NOTHING)
        error_set(error, "export.member", "there is no member %" PRIu64, member_id);
    arena_free(arena);
    return good;
}

enum exit_status cli_export_member(struct cli *cli)
{
    const char *path = cli_option(cli, "out");
    struct error error = {0};
    struct books books;
    uint64_t member_id;
    struct text why;

    if (!cli_why(cli, &why))
        return EXIT_USAGE;
    if (!cli_read_id(cli_word(cli), &member_id))
        return cli_misused(cli, "name the MEMBER by id");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    umask(077); /* the file is for whoever asked alone */
    bool good = books_open(&books, cli->settings, &error) &&
                export_member(&books, member_id, why, path, &error);
    books_close(&books);
    return good ? EXIT_FINE : cli_fail(&error);
}
