/*
 * An administrator's settings against a plugin's schema: the schema becomes a field table, so that
 * settings are held to it as any other input is held to its table.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_fields.h"
#include "plugin/manifest.h"

#define NUMBER_MOST INT64_C(1000000000000000)
#define TEXT_LIMIT  4000 /* characters, where the schema does not ask for more */

/* What the table fills: which of them, the setting's type says. */
struct given {
    int64_t number;
    struct text text;
    int32_t day;
    int choice;
    bool flag, seen;
};

static bool refuse(const struct manifest_setting *setting, const char *what, struct error *error)
{
    return error_set(error, "plugin.setting", "setting %s: %s", setting->name, what);
}

/* --- The table --- */

static bool has_bounds(const struct manifest_setting *setting)
{
    return setting->least != 0 || setting->most != 0;
}

static void set_number(struct json_field *field, const struct manifest_setting *setting,
                       enum json_field_type type)
{
    field->type = type;
    field->offset += offsetof(struct given, number);
    field->min = has_bounds(setting) ? setting->least : -NUMBER_MOST;
    field->max = has_bounds(setting) ? setting->most : NUMBER_MOST;
}

/* Bounds count bytes, which are looked at behind; the table's characters are never more. */
static void set_text(struct json_field *field, const struct manifest_setting *setting)
{
    field->type = JSON_TEXT;
    field->offset += offsetof(struct given, text);
    field->max = TEXT_LIMIT;
    if (setting->type == LINLI_SETTING_TEXT && setting->most > TEXT_LIMIT)
        field->max = setting->most < PLUGIN_TEXT_MOST ? setting->most : PLUGIN_TEXT_MOST;
}

/* `index` is the place in an array of struct given. */
static struct json_field field_of(const struct manifest_setting *setting, size_t index)
{
    size_t at = index * sizeof(struct given);
    struct json_field field = {.name = setting->name,
                               .need = setting->required ? REQUIRED : OPTIONAL,
                               .offset = at,
                               .seen = at + offsetof(struct given, seen)};

    switch (setting->type) {
    case LINLI_SETTING_BOOL:
        field.type = JSON_FLAG;
        field.offset += offsetof(struct given, flag);
        break;
    case LINLI_SETTING_POINTS: set_number(&field, setting, JSON_POINTS); break;
    case LINLI_SETTING_INT:
    case LINLI_SETTING_FEN:
    case LINLI_SETTING_SECONDS: set_number(&field, setting, JSON_INT); break;
    case LINLI_SETTING_DAY:
        field.type = JSON_DAY;
        field.offset += offsetof(struct given, day);
        break;
    case LINLI_SETTING_CHOICE:
        field.type = JSON_CHOICE;
        field.offset += offsetof(struct given, choice);
        field.choices = setting->choices;
        break;
    case LINLI_SETTING_TEXT:
    case LINLI_SETTING_MAP: set_text(&field, setting); break;
    }
    return field;
}

/* --- Defaults --- */

static json_t *number_json(const char *text)
{
    char *end;
    long long number;

    errno = 0;
    number = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' ? json_integer(number) : json_string(text);
}

/* A default as an administrator would write it; a wrong one fails as theirs would. */
static json_t *fallback_json(const struct manifest_setting *setting)
{
    const char *text = setting->fallback;

    switch (setting->type) {
    case LINLI_SETTING_BOOL:
        if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
            return json_boolean(text[0] == 't');
        return json_string(text);
    case LINLI_SETTING_INT:
    case LINLI_SETTING_FEN:
    case LINLI_SETTING_SECONDS: return number_json(text);
    default: return json_string(text);
    }
}

/* A copy of the settings with the defaults of what is missing; no default, no value. */
static json_t *complete(const struct manifest *manifest, const json_t *settings)
{
    json_t *whole = json_copy((json_t *)(uintptr_t)settings); /* it is not changed */

    for (size_t i = 0; i < manifest->setting_count; i++) {
        const struct manifest_setting *setting = &manifest->settings[i];

        if (!json_object_get(whole, setting->name) && !setting->required && setting->fallback[0])
            json_object_set_new(whole, setting->name, fallback_json(setting));
    }
    return whole;
}

/* --- Values --- */

static bool check_length(const struct manifest_setting *setting, struct text text,
                         struct error *error)
{
    bool fits = !has_bounds(setting) ||
                ((int64_t)text.length >= setting->least && (int64_t)text.length <= setting->most);

    return fits || error_set(error, "plugin.setting",
                             "setting %s has %zu bytes: %" PRId64 " to %" PRId64 " are right",
                             setting->name, text.length, setting->least, setting->most);
}

/* One line "key=number". */
static bool check_line(const struct manifest_setting *setting, struct text line,
                       struct error *error)
{
    const char *equals = memchr(line.data, '=', line.length);
    size_t digits = equals ? line.length - (size_t)(equals + 1 - line.data) : 0;
    char number[24] = "", *end = number;
    long long value;

    if (!equals || equals == line.data || digits == 0 || digits >= sizeof number)
        return refuse(setting, "each line is key=number", error);
    memcpy(number, equals + 1, digits);
    errno = 0;
    value = strtoll(number, &end, 10);
    if (errno != 0 || *end != '\0' || !strchr("-0123456789", number[0]))
        return refuse(setting, "each line is key=number, a whole number", error);
    if (has_bounds(setting) && (value < setting->least || value > setting->most))
        return error_set(error, "plugin.setting",
                         "setting %s: '%.*s' is not between %" PRId64 " and %" PRId64,
                         setting->name, TEXT_ARGS(line), setting->least, setting->most);
    return true;
}

static struct text next_line(struct text *rest)
{
    const char *stop = memchr(rest->data, '\n', rest->length);
    struct text line = {rest->data, stop ? (size_t)(stop - rest->data) : rest->length};
    size_t taken = line.length + (stop ? 1 : 0);

    *rest = (struct text){rest->data + taken, rest->length - taken};
    return line;
}

/* Whether one of the lines has the key of `line`, which is "key=number". */
static bool has_key(struct text lines, struct text line)
{
    size_t key = (size_t)((const char *)memchr(line.data, '=', line.length) - line.data) + 1;

    while (lines.length > 0) {
        struct text other = next_line(&lines);

        if (other.length >= key && memcmp(other.data, line.data, key) == 0)
            return true;
    }
    return false;
}

/* A key twice would be two rules, one of them silent. */
static bool check_map(const struct manifest_setting *setting, struct text text, struct error *error)
{
    struct text rest = text;

    while (rest.length > 0) {
        struct text before = {text.data, text.length - rest.length}, line = next_line(&rest);

        if (line.length == 0)
            continue;
        if (!check_line(setting, line, error))
            return false;
        if (has_key(before, line))
            return error_set(error, "plugin.setting", "setting %s: '%.*s' is its key's second line",
                             setting->name, TEXT_ARGS(line));
    }
    return true;
}

static struct text choice_at(const char *choices, int index)
{
    for (; index > 0; index--)
        choices += strcspn(choices, "|") + 1;
    return (struct text){choices, strcspn(choices, "|")};
}

static bool take(const struct manifest_setting *setting, const struct given *given,
                 struct linli_value *value, struct error *error)
{
    struct text text = given->text;

    *value = (struct linli_value){.known = given->seen};
    if (!given->seen)
        return true;
    switch (setting->type) {
    case LINLI_SETTING_BOOL: value->number = given->flag; return true;
    case LINLI_SETTING_DAY: value->number = given->day; return true;
    case LINLI_SETTING_TEXT:
        if (!check_length(setting, text, error))
            return false;
        break;
    case LINLI_SETTING_MAP:
        if (!check_map(setting, text, error))
            return false;
        break;
    case LINLI_SETTING_CHOICE: text = choice_at(setting->choices, given->choice); break;
    default: value->number = given->number; return true;
    }
    value->text = (struct linli_text){text.data, text.length};
    return true;
}

bool manifest_settings(const struct manifest *manifest, const json_t *settings, struct arena *arena,
                       struct linli_value *values, struct error *error)
{
    struct json_field fields[PLUGIN_SETTINGS_MOST + 1] = {0};
    struct given *given = arena_take(arena, (manifest->setting_count + 1) * sizeof *given);
    struct json_fault fault = {0};
    json_t *whole;
    bool fine;

    if (!json_is_object(settings))
        return error_set(error, "plugin.setting", "settings are an object of name and value");
    for (size_t i = 0; i < manifest->setting_count; i++)
        fields[i] = field_of(&manifest->settings[i], i);
    whole = complete(manifest, settings);
    fine = json_fields_read(fields, whole, arena, given, &fault) ||
           error_set(error, "plugin.setting", "setting %s: %s, expected %s", fault.pointer + 1,
                     fault.code, fault.expected);
    json_decref(whole);
    for (size_t i = 0; fine && i < manifest->setting_count; i++)
        fine = take(&manifest->settings[i], &given[i], &values[i], error);
    return fine;
}
