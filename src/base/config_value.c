#include "base/config_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct unit {
    const char *name;
    int64_t size;
};

/* Largest first, as they are chosen when a bound is worded. */
static const struct unit no_units[] = {{"", 1}, {0}};
static const struct unit duration_units[] = {{"d", DAY_US},    {"h", HOUR_US}, {"m", MINUTE_US},
                                             {"s", SECOND_US}, {"ms", 1000},   {0}};
static const struct unit size_units[] = {
    {"G", INT64_C(1) << 30}, {"M", INT64_C(1) << 20}, {"k", INT64_C(1) << 10}, {"", 1}, {0}};

static const struct unit *units_of(enum config_type type)
{
    if (type == CONFIG_DURATION)
        return duration_units;
    return type == CONFIG_SIZE ? size_units : no_units;
}

static void bounds_of(const struct config_entry *entry, int64_t *min, int64_t *max)
{
    *min = entry->min;
    *max = entry->min >= 0 && entry->max == 0 ? INT64_MAX : entry->max;
}

/* The unit's size; 0 when there is none of that name. "16m" is as good as "16M". */
static int64_t size_of_unit(const struct config_entry *entry, const char *name, int64_t number)
{
    if (number == 0 && *name == '\0')
        return 1; /* nothing is nothing in every unit */
    for (const struct unit *unit = units_of(entry->type); unit->name; unit++)
        if ((entry->type == CONFIG_SIZE ? strcasecmp : strcmp)(unit->name, name) == 0)
            return unit->size;
    return 0;
}

static bool parse_number(const struct config_entry *entry, const char *text, int64_t *number)
{
    bool minus = *text == '-';
    const char *at = text + minus;
    int64_t value = 0, min, max;

    if (*at < '0' || *at > '9')
        return false;
    for (; *at >= '0' && *at <= '9'; at++) {
        int digit = minus ? '0' - *at : *at - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    int64_t unit = size_of_unit(entry, at, value);
    if (unit == 0 || __builtin_mul_overflow(value, unit, number))
        return false;
    bounds_of(entry, &min, &max);
    return *number >= min && *number <= max;
}

static bool parse_bool(const char *text, int64_t *number)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};

    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (strcmp(text, words[i]) == 0) {
            *number = i % 2 == 1;
            return true;
        }
    return false;
}

static bool parse_choice(const char *choices, const char *text, int64_t *number)
{
    size_t wanted = strlen(text);

    for (*number = 0;; (*number)++) {
        size_t length = strcspn(choices, "|");
        if (length == wanted && memcmp(choices, text, length) == 0)
            return true;
        if (choices[length] == '\0')
            return false;
        choices += length + 1;
    }
}

bool config_value_parse(const struct config_entry *entry, const char *text, int64_t *number)
{
    switch (entry->type) {
    case CONFIG_BOOL: return parse_bool(text, number);
    case CONFIG_CHOICE: return parse_choice(entry->choices, text, number);
    case CONFIG_TEXT: *number = 0; return true;
    default: return parse_number(entry, text, number);
    }
}

/* Relaxed atomics are plain stores that no compiler may tear: reload runs beside the readers. */
void config_value_store(const struct config_entry *entry, void *options, const char *text,
                        struct arena *arena)
{
    void *place = (char *)options + entry->offset;
    int64_t number;

    ASSERT(config_value_parse(entry, text, &number));
    switch (entry->type) {
    case CONFIG_BOOL: __atomic_store_n((bool *)place, number != 0, __ATOMIC_RELAXED); return;
    case CONFIG_CHOICE: __atomic_store_n((int *)place, (int)number, __ATOMIC_RELAXED); return;
    case CONFIG_TEXT:
        __atomic_store_n((char **)place, arena_copy(arena, text, strlen(text)), __ATOMIC_RELEASE);
        return;
    default: __atomic_store_n((int64_t *)place, number, __ATOMIC_RELAXED); return;
    }
}

static char *format_number(enum config_type type, int64_t number, struct arena *arena)
{
    const struct unit *unit = units_of(type);

    if (number == 0)
        return arena_printf(arena, "0");
    while (unit[1].name && number % unit->size != 0)
        unit++;
    return arena_printf(arena, "%" PRId64 "%s", number / unit->size, unit->name);
}

static char *format_bounds(const struct config_entry *entry, struct arena *arena)
{
    int64_t min, max;

    bounds_of(entry, &min, &max);
    char *low = format_number(entry->type, min, arena);
    if (max == INT64_MAX)
        return arena_printf(arena, "%s or more", low);
    return arena_printf(arena, "%s..%s", low, format_number(entry->type, max, arena));
}

char *config_value_expected(const struct config_entry *entry, struct arena *arena)
{
    switch (entry->type) {
    case CONFIG_BOOL: return arena_printf(arena, "true or false");
    case CONFIG_CHOICE: return arena_printf(arena, "%s", entry->choices);
    case CONFIG_TEXT: return arena_printf(arena, "text");
    case CONFIG_DURATION:
        return arena_printf(arena, "a duration like 250ms, 30s, 5m, 12h or 30d, %s",
                            format_bounds(entry, arena));
    case CONFIG_SIZE:
        return arena_printf(arena, "a size like 64k, 16M or 1G, %s", format_bounds(entry, arena));
    default: return arena_printf(arena, "a whole number, %s", format_bounds(entry, arena));
    }
}
