/*
 * linli routes: what can be asked, as the route tables say it. With --json also the fields and the
 * problems' codes, which a test holds against docs/openapi.yaml.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "api/problem.h"
#include "cli/cli.h"
#include "http/fault.h"
#include "ledger/refusal.h"
#include "people/who.h"

static json_t *roles_json(unsigned who)
{
    json_t *roles = json_array();

    for (unsigned role = ROLE_MEMBER; role <= ROLE_ADMINISTRATOR; role <<= 1) {
        if (who & role)
            json_array_append_new(roles, json_string(role_name((enum role)role)));
    }
    return roles;
}

static const char *type_name(enum json_field_type type)
{
    static const char *const names[] = {
        [JSON_ID] = "id",     [JSON_POINTS] = "points",     [JSON_INT] = "int",
        [JSON_FLAG] = "flag", [JSON_TEXT] = "text",         [JSON_TIME] = "time",
        [JSON_DAY] = "day",   [JSON_CHOICE] = "choice",     [JSON_OBJECTS] = "objects",
        [JSON_IDS] = "ids",   [JSON_DOCUMENT] = "document", [JSON_NAME] = "text",
    };

    ASSERT((size_t)type < ARRAY_LENGTH(names) && names[type]);
    return names[type];
}

static json_t *choices_json(const char *choices)
{
    json_t *list = json_array();

    for (; *choices; choices += strspn(choices, "|")) {
        size_t length = strcspn(choices, "|");

        json_array_append_new(list, json_stringn(choices, length));
        choices += length;
    }
    return list;
}

static void add_bounds(json_t *object, const struct json_field *field)
{
    struct json_bounds bounds = json_field_bounds(field);

    switch (field->type) {
    case JSON_POINTS:
        json_object_set_new(object, "min", json_points(bounds.min));
        json_object_set_new(object, "max", json_points(bounds.max));
        break;
    case JSON_INT:
    case JSON_TEXT:
    case JSON_NAME:
    case JSON_OBJECTS:
    case JSON_IDS:
        json_object_set_new(object, "min", json_integer(bounds.min));
        json_object_set_new(object, "max", json_integer(bounds.max));
        break;
    case JSON_CHOICE: json_object_set_new(object, "choices", choices_json(field->choices)); break;
    default: break; /* nothing but the type's own form */
    }
}

/* NULL becomes null: no fields at all. */
static json_t *fields_json(const struct json_field *fields) /* NOLINT(misc-no-recursion) */
{
    json_t *list = fields ? json_array() : json_null();

    for (; fields && fields->name; fields++) {
        json_t *field = json_pack("{s:s, s:s, s:b}", "name", fields->name, "type",
                                  type_name(fields->type), "required", fields->need == REQUIRED);

        add_bounds(field, fields);
        if (fields->table)
            json_object_set_new(field, "items", fields_json(fields->table));
        json_array_append_new(list, field);
    }
    return list;
}

static json_t *route_json(const struct route *route)
{
    return json_pack("{s:s, s:s, s:o, s:s, s:b, s:b, s:o, s:o}", "method",
                     http_method_name(route->method), "path", route->path, "roles",
                     roles_json(route->who), "runs_on",
                     route->runs_on == ON_LOOP ? "loop" : "query", "idempotent", route->idempotent,
                     "takes_csv", route->takes_csv, "body", fields_json(route->fields), "query",
                     fields_json(route->query_fields));
}

static json_t *routes_json(const struct route *const *tables)
{
    json_t *list = json_array();

    for (; *tables; tables++) {
        for (const struct route *route = *tables; route->path; route++)
            json_array_append_new(list, route_json(route));
    }
    return list;
}

/* Every code that an answer can have: what broke, what was refused, what was no HTTP. */
static json_t *problems_json(void)
{
    static const struct {
        const char *code;
        int status;
    } problems[] = {
#define PROBLEM_ROW(name, code, status, ...)         {code, status},
#define REFUSAL_ROW(name, number, code, status, ...) {code, status},
#define FAULT_ROW(name, status, title, code)         {code, status},
        PROBLEMS(PROBLEM_ROW) REFUSALS(REFUSAL_ROW) HTTP_FAULTS(FAULT_ROW)
#undef PROBLEM_ROW
#undef REFUSAL_ROW
#undef FAULT_ROW
    };
    json_t *list = json_array();

    for (size_t i = 0; i < ARRAY_LENGTH(problems); i++)
        json_array_append_new(
            list, json_pack("{s:s, s:i}", "code", problems[i].code, "status", problems[i].status));
    return list;
}

static void print_json(const struct route *const *tables)
{
    json_t *all =
        json_pack("{s:o, s:o}", "routes", routes_json(tables), "problems", problems_json());

    json_dumpf(all, stdout, JSON_INDENT(1));
    putchar('\n');
    json_decref(all);
}

static void print_who(unsigned who)
{
    const char *between = "";

    if (who == ANYONE || who == SIGNED_IN) {
        fputs(who == ANYONE ? "anyone" : "signed in", stdout);
        return;
    }
    for (unsigned role = ROLE_MEMBER; role <= ROLE_ADMINISTRATOR; role <<= 1) {
        if (who & role) {
            printf("%s%s", between, role_name((enum role)role));
            between = ", ";
        }
    }
}

static void print_table(const struct route *const *tables)
{
    for (; *tables; tables++) {
        for (const struct route *route = *tables; route->path; route++) {
            printf("%-7s%-46s", http_method_name(route->method), route->path);
            print_who(route->who);
            puts(route->idempotent ? "; Idempotency-Key" : "");
        }
    }
}

enum exit_status cli_routes(struct cli *cli)
{
    bool json = cli_flag(cli, "json");

    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    if (json)
        print_json(cli->program->routes);
    else
        print_table(cli->program->routes);
    return EXIT_FINE;
}
