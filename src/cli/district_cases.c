/*
 * The list of what is planted, as it goes into a file beside the state.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "cli/district.h"

/* What should find a kind: the built-in audit rule, where there is one, and what it must see. */
static const struct {
    const char *kind, *rule, *sees;
} rules[] = {
    {"overlap", "overlap", "counted time of two records of one member meets for minutes"},
    {"collusion", "collusion", "one clerk confirms often for one member, soon after the issue"},
    {"sold_hours", "backfill",
     "who never signed up, or only after the service began, is approved within minutes, at night"},
    {"code_photo", NULL, "many check-ins of one activity out of range within two minutes"},
    {"screenshot", NULL, "a voucher is refused as used three times and more"},
    {"velocity", "velocity", "eight redemptions and more of one member within an hour"},
};

struct planted *planted_new(struct district *district, const char *kind, bool innocent,
                            const char *why)
{
    struct planted *planted = arena_take(district->arena, sizeof *planted);
    uint32_t number = 1;

    for (const struct planted *other = district->planted_cases; other; other = other->next)
        number += other->kind == kind && other->innocent == innocent;
    planted->name =
        arena_printf(district->arena, "%s%s-%02u", kind, innocent ? "-innocent" : "", number);
    planted->kind = kind;
    planted->innocent = innocent;
    planted->why = why;
    planted->next = district->planted_cases;
    district->planted_cases = planted;
    return planted;
}

void planted_note(struct planted_ids *ids, uint64_t id)
{
    for (size_t i = 0; i < ids->count; i++)
        if (ids->ids[i] == id)
            return;
    ASSERT(ids->count < PLANTED_IDS_MOST);
    ids->ids[ids->count++] = id;
}

void planted_at(struct planted *planted, int64_t at_us)
{
    if (planted->from_us == 0 || at_us < planted->from_us)
        planted->from_us = at_us;
    if (at_us > planted->to_us)
        planted->to_us = at_us;
}

/* --- As JSON ---------------------------------------------------------------------------------- */

static json_t *id_json(uint64_t id)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRIu64, id);
    return json_string(text);
}

static json_t *ids_json(const struct planted_ids *ids)
{
    json_t *list = json_array();

    for (size_t i = 0; i < ids->count; i++)
        json_array_append_new(list, id_json(ids->ids[i]));
    return list;
}

static json_t *redemptions_json(const struct district *district, const struct planted_ids *vouchers)
{
    json_t *list = json_array();

    for (size_t i = 0; i < vouchers->count; i++) {
        const struct district_voucher *voucher = &district->vouchers[vouchers->ids[i]];

        if (voucher->state != 0)
            json_array_append_new(list, id_json(voucher->id));
    }
    return list;
}

static json_t *time_json(const struct district *district, int64_t at_us)
{
    char text[CLOCK_RFC3339_SIZE];

    clock_format(at_us, district->offset, text);
    return json_string(text);
}

static void add_rule(json_t *json, const char *kind)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rules); i++) {
        if (strcmp(rules[i].kind, kind) != 0)
            continue;
        json_object_set_new(json, "rule", rules[i].rule ? json_string(rules[i].rule) : json_null());
        json_object_set_new(json, "sees", json_string(rules[i].sees));
    }
}

static json_t *case_json(const struct district *district, const struct planted *planted)
{
    json_t *json = json_object();

    json_object_set_new(json, "id", json_string(planted->name));
    json_object_set_new(json, "kind", json_string(planted->kind));
    json_object_set_new(json, "innocent", json_boolean(planted->innocent));
    json_object_set_new(json, "what", json_string(planted->why));
    add_rule(json, planted->kind);
    json_object_set_new(json, "from", time_json(district, planted->from_us));
    json_object_set_new(json, "to", time_json(district, planted->to_us));
    json_object_set_new(json, "members", ids_json(&planted->members));
    json_object_set_new(json, "accounts", ids_json(&planted->accounts));
    json_object_set_new(json, "activities", ids_json(&planted->activities));
    json_object_set_new(json, "records", ids_json(&planted->records));
    json_object_set_new(json, "redemptions", redemptions_json(district, &planted->vouchers));
    return json;
}

static json_t *all_json(const struct district *district)
{
    json_t *json = json_object(), *cases = json_array();

    for (const struct planted *planted = district->planted_cases; planted; planted = planted->next)
        json_array_insert_new(cases, 0, case_json(district, planted));
    json_object_set_new(json, "demo", json_string("district"));
    json_object_set_new(json, "scale", json_integer(district->scale));
    json_object_set_new(json, "from", time_json(district, district->start_us));
    json_object_set_new(json, "to", time_json(district, district->end_us));
    json_object_set_new(json, "cases", cases);
    return json;
}

/* --- As a file -------------------------------------------------------------------------------- */

static bool cannot_write(const char *path, struct error *error)
{
    return error_set(error, "demo.cases", "%s: %s", path, strerror(errno));
}

/* Whole or not at all. The folder is missing where the database is one's own. */
static bool write_file(const char *path, const json_t *json, struct error *error)
{
    size_t size = strlen(path) + sizeof ".new";
    char *part = memory_new(size);
    const char *name = strrchr(path, '/');
    bool written;

    snprintf(part, size, "%.*s", (int)(name - path), path);
    if (mkdir(part, 0700) != 0 && errno != EEXIST) {
        cannot_write(part, error);
        free(part);
        return false;
    }
    snprintf(part, size, "%s.new", path);
    written = (json_dump_file(json, part, JSON_INDENT(1)) == 0 && rename(part, path) == 0) ||
              cannot_write(path, error);
    free(part);
    return written;
}

bool district_write_cases(struct district *district, const char *path, struct error *error)
{
    json_t *json = all_json(district);
    bool written = write_file(path, json, error);

    json_decref(json);
    return written;
}
