#include "cli/backup_manifest.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/json_fields.h"
#include "cli/proof.h"

#define FORMAT "linli-backup-1"

bool manifest_read_lanes(struct db *db, struct arena *arena, struct lane_head **lanes,
                         size_t *count, struct error *error)
{
    struct rows *rows = db_query(db, "SELECT lane, height, head_hash FROM lanes ORDER BY lane");

    *lanes = arena_take(arena, (LANES_MOST + 1) * sizeof(**lanes));
    *count = 0;
    while (*count <= LANES_MOST && rows_next(rows)) {
        struct lane_head *head = &(*lanes)[(*count)++];
        *head = (struct lane_head){.lane = (uint8_t)rows_id(rows, 0), .height = rows_id(rows, 1)};
        rows_bytes(rows, 2, head->hash, HASH_SIZE);
    }
    return rows_end(rows, error);
}

/* --- Writing ---------------------------------------------------------------------------------- */

static json_t *migrations_json(const struct backup_manifest *manifest)
{
    json_t *items = json_array();

    for (size_t i = 0; i < manifest->migration_count; i++) {
        const struct applied_migration *each = &manifest->migrations[i];
        json_array_append_new(items, json_pack("{s:s, s:o}", "name", each->name, "sha256",
                                               json_hex(each->sha256, HASH_SIZE)));
    }
    return items;
}

static json_t *lanes_json(const struct backup_manifest *manifest)
{
    json_t *items = json_array();

    for (size_t i = 0; i < manifest->lane_count; i++) {
        const struct lane_head *each = &manifest->lanes[i];
        json_array_append_new(items, json_pack("{s:i, s:I, s:o}", "lane", each->lane, "height",
                                               (json_int_t)each->height, "hash",
                                               json_hex(each->hash, HASH_SIZE)));
    }
    return items;
}

static json_t *parts_json(const struct backup_manifest *manifest)
{
    json_t *items = json_array();

    for (size_t i = 0; i < manifest->part_count; i++) {
        const struct manifest_part *each = &manifest->parts[i];
        json_array_append_new(items,
                              json_pack("{s:s, s:I, s:I, s:o}", "table", each->table, "rows",
                                        (json_int_t)each->rows, "bytes", (json_int_t)each->bytes,
                                        "sha256", json_hex(each->sha256, HASH_SIZE)));
    }
    return items;
}

static bool make_durable(const char *path, struct error *error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool durable = file >= 0 && fsync(file) == 0;

    if (file >= 0)
        close(file);
    return durable ||
           error_set(error, "backup.file", "%s cannot be written: is the disk full?", path);
}

bool backup_manifest_write(const struct backup_manifest *manifest, const char *path,
                           struct error *error)
{
    json_t *body = json_pack("{s:s, s:s, s:o, s:I, s:o, s:o, s:o}", "format", FORMAT, "made_by",
                             manifest->made_by, "made_at", json_time(manifest->made_us), "made_us",
                             (json_int_t)manifest->made_us, "migrations", migrations_json(manifest),
                             "lanes", lanes_json(manifest), "parts", parts_json(manifest));
    bool written = proof_write(body, path, error) && make_durable(path, error);

    json_decref(body);
    return written;
}

/* --- Reading ---------------------------------------------------------------------------------- */

struct migration_input {
    struct text name, sha256;
};
struct lane_input {
    int64_t lane, height;
    struct text hash;
};
struct part_input {
    struct text table, sha256;
    int64_t rows, bytes;
};
struct manifest_input {
    struct text format, made_by;
    int64_t made_at_us, made_us;
    struct json_list migrations, lanes, parts;
};

#define HEX_LENGTH (2 * HASH_SIZE)

/* clang-format off */
static const struct json_field migration_fields[] = {
    {"name", JSON_TEXT, REQUIRED, offsetof(struct migration_input, name), 1, 64},
    {"sha256", JSON_TEXT, REQUIRED, offsetof(struct migration_input, sha256), HEX_LENGTH, HEX_LENGTH},
    {0},
};
static const struct json_field lane_fields[] = {
    {"lane", JSON_INT, REQUIRED, offsetof(struct lane_input, lane), 1, LANES_MOST},
    {"height", JSON_INT, REQUIRED, offsetof(struct lane_input, height)},
    {"hash", JSON_TEXT, REQUIRED, offsetof(struct lane_input, hash), HEX_LENGTH, HEX_LENGTH},
    {0},
};
static const struct json_field part_fields[] = {
    {"table", JSON_TEXT, REQUIRED, offsetof(struct part_input, table), 1, 64},
    {"rows", JSON_INT, REQUIRED, offsetof(struct part_input, rows)},
    {"bytes", JSON_INT, REQUIRED, offsetof(struct part_input, bytes)},
    {"sha256", JSON_TEXT, REQUIRED, offsetof(struct part_input, sha256), HEX_LENGTH, HEX_LENGTH},
    {0},
};
static const struct json_field manifest_fields[] = {
    {"format", JSON_TEXT, REQUIRED, offsetof(struct manifest_input, format)},
    {"made_by", JSON_TEXT, REQUIRED, offsetof(struct manifest_input, made_by)},
    {"made_at", JSON_TIME, REQUIRED, offsetof(struct manifest_input, made_at_us)},
    {"made_us", JSON_INT, REQUIRED, offsetof(struct manifest_input, made_us), .min = 1},
    {"migrations", JSON_OBJECTS, REQUIRED, offsetof(struct manifest_input, migrations), 1, 1000,
     .table = migration_fields, .size = sizeof(struct migration_input)},
    {"lanes", JSON_OBJECTS, REQUIRED, offsetof(struct manifest_input, lanes), 0, LANES_MOST,
     .table = lane_fields, .size = sizeof(struct lane_input)},
    {"parts", JSON_OBJECTS, REQUIRED, offsetof(struct manifest_input, parts), 1, 1000,
     .table = part_fields, .size = sizeof(struct part_input)},
    {0},
};
/* clang-format on */

static char *copy(struct arena *arena, struct text text)
{
    return arena_printf(arena, "%.*s", TEXT_ARGS(text));
}

static bool take_migrations(const struct json_list *list, struct arena *arena,
                            struct backup_manifest *manifest)
{
    const struct migration_input *from = list->items;
    bool good = true;

    manifest->migration_count = list->count;
    manifest->migrations = arena_take(arena, (list->count + 1) * sizeof(*manifest->migrations));
    for (size_t i = 0; good && i < list->count; i++) {
        manifest->migrations[i].name = copy(arena, from[i].name);
        good = hex_decode(from[i].sha256, manifest->migrations[i].sha256, HASH_SIZE);
    }
    return good;
}

static bool take_lanes(const struct json_list *list, struct arena *arena,
                       struct backup_manifest *manifest)
{
    const struct lane_input *from = list->items;
    bool good = true;

    manifest->lane_count = list->count;
    manifest->lanes = arena_take(arena, (list->count + 1) * sizeof(*manifest->lanes));
    for (size_t i = 0; good && i < list->count; i++) {
        manifest->lanes[i] =
            (struct lane_head){.lane = (uint8_t)from[i].lane, .height = (uint64_t)from[i].height};
        good = hex_decode(from[i].hash, manifest->lanes[i].hash, HASH_SIZE);
    }
    return good;
}

static bool take_parts(const struct json_list *list, struct arena *arena,
                       struct backup_manifest *manifest)
{
    const struct part_input *from = list->items;
    bool good = true;

    manifest->part_count = list->count;
    manifest->parts = arena_take(arena, (list->count + 1) * sizeof(*manifest->parts));
    for (size_t i = 0; good && i < list->count; i++) {
        struct manifest_part *part = &manifest->parts[i];
        *part = (struct manifest_part){.table = copy(arena, from[i].table),
                                       .rows = (uint64_t)from[i].rows,
                                       .bytes = (uint64_t)from[i].bytes};
        good =
            strchr(part->table, '/') == NULL && hex_decode(from[i].sha256, part->sha256, HASH_SIZE);
    }
    return good;
}

static bool take(const json_t *json, const char *path, struct arena *arena,
                 struct backup_manifest *manifest, struct error *error)
{
    struct manifest_input input = {0};
    struct json_fault fault;

    if (!json_fields_read(manifest_fields, json, arena, &input, &fault))
        return error_set(error, "backup.manifest", "%s: %s is %s", path, fault.pointer, fault.code);
    if (input.format.length != strlen(FORMAT) ||
        memcmp(input.format.data, FORMAT, input.format.length) != 0)
        return error_set(error, "backup.manifest", "%s: its format is not " FORMAT, path);
    manifest->made_us = input.made_us;
    manifest->made_by = copy(arena, input.made_by);
    return (take_migrations(&input.migrations, arena, manifest) &&
            take_lanes(&input.lanes, arena, manifest) &&
            take_parts(&input.parts, arena, manifest)) ||
           error_set(error, "backup.manifest", "%s: a hash or a table's name is none", path);
}

bool backup_manifest_read(const char *path, struct arena *arena, struct backup_manifest *manifest,
                          struct error *error)
{
    json_t *json = proof_read(path, error);

    if (!json)
        return false;
    bool good = take(json, path, arena, manifest, error);
    json_decref(json);
    return good;
}
