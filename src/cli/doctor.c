/*
 * linli doctor: is the machine fit, is the programme in order, and what to do where not. A line a
 * finding, so that it can be read by people and by cron.
 */
#include "cli/doctor.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const names[] = {
    [HEALTH_OK] = "OK", [HEALTH_WARN] = "WARN", [HEALTH_FAIL] = "FAIL"};

/* --- Findings --------------------------------------------------------------------------------- */

static void add(struct doctor *doctor, enum health health, const char *check, const char *remedy,
                const char *format, va_list arguments)
{
    char text[400];

    ASSERT(doctor->count < FINDINGS_MOST);
    vsnprintf(text, sizeof text, format, arguments);
    doctor->findings[doctor->count++] = (struct finding){
        .health = health,
        .check = check,
        .text = arena_printf(doctor->arena, "%s", text),
        .remedy = remedy,
    };
}

void doctor_ok(struct doctor *doctor, const char *check, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add(doctor, HEALTH_OK, check, NULL, format, arguments);
    va_end(arguments);
}

void doctor_warn(struct doctor *doctor, const char *check, const char *remedy, const char *format,
                 ...)
{
    va_list arguments;

    va_start(arguments, format);
    add(doctor, HEALTH_WARN, check, remedy, format, arguments);
    va_end(arguments);
}

void doctor_fail(struct doctor *doctor, const char *check, const char *remedy, const char *format,
                 ...)
{
    va_list arguments;

    va_start(arguments, format);
    add(doctor, HEALTH_FAIL, check, remedy, format, arguments);
    va_end(arguments);
}

/* --- Printing --------------------------------------------------------------------------------- */

static size_t count_of(const struct doctor *doctor, enum health health)
{
    size_t count = 0;

    for (size_t i = 0; i < doctor->count; i++)
        count += doctor->findings[i].health == health;
    return count;
}

static void print_lines(const struct doctor *doctor)
{
    for (size_t i = 0; i < doctor->count; i++) {
        const struct finding *each = &doctor->findings[i];
        printf("%-5s %-15s%s%s%s\n", names[each->health], each->check, each->text,
               each->remedy ? ": " : "", each->remedy ? each->remedy : "");
    }
    printf("%zu checks, %zu warnings, %zu failures\n", doctor->count, count_of(doctor, HEALTH_WARN),
           count_of(doctor, HEALTH_FAIL));
}

static void print_json(const struct doctor *doctor)
{
    json_t *items = json_array();

    for (size_t i = 0; i < doctor->count; i++) {
        const struct finding *each = &doctor->findings[i];
        json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:s?}", "health",
                                               names[each->health], "check", each->check, "text",
                                               each->text, "remedy", each->remedy));
    }
    json_t *body =
        json_pack("{s:b, s:o}", "fit", count_of(doctor, HEALTH_FAIL) == 0, "findings", items);
    json_dumpf(body, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(body);
}

enum exit_status cli_doctor(struct cli *cli)
{
    bool json = cli_flag(cli, "json");
    struct doctor doctor = {.settings = cli->settings};

    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    doctor.arena = arena_new();
    doctor_look_at_machine(&doctor);
    doctor_look_at_database(&doctor);
    if (json)
        print_json(&doctor);
    else
        print_lines(&doctor);
    bool fit = count_of(&doctor, HEALTH_FAIL) == 0;
    database_close(&doctor.database);
    arena_free(doctor.arena);
    return fit ? EXIT_FINE : EXIT_FAILED;
}
