#include "base/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/config_value.h"
#include "base/log.h"

#define FILE_MOST           ((size_t)1024 * 1024)
#define NAME_MOST           64
#define ENVIRONMENT_PREFIX  "LINLI_"
#define ENVIRONMENT_OF_FILE "LINLI_CONFIG"
#define SUGGESTION_DISTANCE 3 /* letters that may be wrong in a name for it to be recognised */

struct given {
    const char *text;
    const char *origin; /* "default", "linli.conf:12", "environment", "command line" */
};

struct setting {
    const struct config_entry *entry;
    void *options;
    const char *environment; /* "LINLI_HTTP_MAX_BODY" */
    const char *argument;    /* what the command line gave, or NULL */
    struct given current;
    struct given staged; /* what the sources say now; becomes current if all of them are right */
};

struct config {
    struct arena *arena; /* everything below, and the texts that options point to */
    struct setting *settings;
    size_t count, capacity;
    const char *file; /* NULL: none */
};

/* --- the table --- */

struct config *config_new(void)
{
    struct config *config = memory_new(sizeof(*config));

    config->arena = arena_new();
    return config;
}

void config_free(struct config *config)
{
    if (!config)
        return;
    arena_free(config->arena);
    free(config->settings);
    free(config);
}

static struct setting *find_by_name(const struct config *config, struct text name)
{
    for (size_t i = 0; i < config->count; i++) {
        const char *known = config->settings[i].entry->name;
        if (strlen(known) == name.length && memcmp(known, name.data, name.length) == 0)
            return &config->settings[i];
    }
    return NULL;
}

static struct setting *find_by_environment(const struct config *config, struct text name)
{
    for (size_t i = 0; i < config->count; i++) {
        const char *known = config->settings[i].environment;
        if (strlen(known) == name.length && memcmp(known, name.data, name.length) == 0)
            return &config->settings[i];
    }
    return NULL;
}

static const char *environment_of(const struct config *config, const char *name)
{
    char *environment = arena_printf(config->arena, ENVIRONMENT_PREFIX "%s", name);

    for (char *at = environment; *at; at++) {
        if (*at == '.')
            *at = '_';
        else if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
    }
    return environment;
}

static void add_setting(struct config *config, const struct config_entry *entry, void *options)
{
    const char *environment = environment_of(config, entry->name);
    const char *initial = entry->initial ? entry->initial : "";
    int64_t number;

    ASSERT(strlen(entry->name) < NAME_MOST);
    ASSERT(strcmp(environment, ENVIRONMENT_OF_FILE) != 0);
    ASSERT(!find_by_environment(config, (struct text){environment, strlen(environment)}));
    ASSERT(config_value_parse(entry, initial, &number));
    if (config->count == config->capacity) {
        config->capacity = config->capacity ? config->capacity * 2 : 64;
        config->settings =
            memory_resize(config->settings, config->capacity, sizeof(*config->settings));
    }
    config->settings[config->count++] = (struct setting){
        .entry = entry,
        .options = options,
        .environment = environment,
        .current = {initial, "default"},
    };
}

void config_add(struct config *config, const struct config_entry *entries, void *options)
{
    for (const struct config_entry *entry = entries; entry->name; entry++)
        add_setting(config, entry, options);
}

/* --- what is said about a wrong one --- */

/* Levenshtein's distance; both are shorter than NAME_MOST. */
static size_t distance(struct text a, const char *b)
{
    size_t row[NAME_MOST], length = strlen(b);

    for (size_t k = 0; k <= length; k++)
        row[k] = k;
    for (size_t i = 1; i <= a.length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t k = 1; k <= length; k++) {
            size_t best = diagonal + (a.data[i - 1] != b[k - 1]);
            if (row[k] + 1 < best)
                best = row[k] + 1;
            if (row[k - 1] + 1 < best)
                best = row[k - 1] + 1;
            diagonal = row[k];
            row[k] = best;
        }
    }
    return row[length];
}

static bool refuse_name(const struct config *config, const char *origin, struct text name,
                        struct error *error)
{
    const char *nearest = NULL;
    size_t least = SUGGESTION_DISTANCE + 1;

    for (size_t i = 0; i < config->count && name.length < NAME_MOST; i++) {
        size_t found = distance(name, config->settings[i].entry->name);
        if (found < least && found < name.length) {
            nearest = config->settings[i].entry->name;
            least = found;
        }
    }
    if (nearest)
        return error_set(error, "config.unknown_name", "%s: there is no setting '%.*s'; '%s'?",
                         origin, TEXT_ARGS(name), nearest);
    return error_set(error, "config.unknown_name",
                     "%s: there is no setting '%.*s'; `linli config` lists them", origin,
                     TEXT_ARGS(name));
}

static bool refuse_value(const struct config_entry *entry, struct given given,
                         struct arena *scratch, struct error *error)
{
    const char *expected = config_value_expected(entry, scratch);

    if (entry->secret)
        return error_set(error, "config.bad_value", "%s: %s is not %s", given.origin, entry->name,
                         expected);
    return error_set(error, "config.bad_value", "%s: %s is '%s', not %s", given.origin, entry->name,
                     given.text, expected);
}

/* --- the sources: each puts what it says over what the one before said --- */

static bool stage(struct setting *setting, struct given given, struct arena *scratch,
                  struct error *error)
{
    int64_t number;

    if (!config_value_parse(setting->entry, given.text, &number))
        return refuse_value(setting->entry, given, scratch, error);
    setting->staged = given;
    return true;
}

static struct text trim(struct text text)
{
    while (text.length > 0 && isspace((unsigned char)text.data[0])) {
        text.data++;
        text.length--;
    }
    while (text.length > 0 && isspace((unsigned char)text.data[text.length - 1]))
        text.length--;
    return text;
}

static bool stage_line(struct config *config, struct text line, const char *origin,
                       struct arena *scratch, struct error *error)
{
    line = trim(line);
    if (line.length == 0 || line.data[0] == '#')
        return true;
    const char *equals = memchr(line.data, '=', line.length);
    if (!equals)
        return error_set(error, "config.bad_line", "%s: a line is `name = value`", origin);
    const char *end = line.data + line.length;
    struct text name = trim((struct text){line.data, (size_t)(equals - line.data)});
    struct text value = trim((struct text){equals + 1, (size_t)(end - equals) - 1});
    struct setting *setting = find_by_name(config, name);
    if (!setting)
        return refuse_name(config, origin, name, error);
    if (strcmp(setting->staged.origin, "default") != 0)
        return error_set(error, "config.bad_line", "%s: %.*s was set before at %s", origin,
                         TEXT_ARGS(name), setting->staged.origin);
    struct given given = {arena_copy(scratch, value.data, value.length), origin};
    return stage(setting, given, scratch, error);
}

static bool read_file(const char *path, struct buffer *content, struct error *error)
{
    char part[4096];
    size_t length;

    FILE *file = fopen(path, "re");
    if (!file)
        return error_set(error, "config.unreadable", "%s: %s", path, strerror(errno));
    while ((length = fread(part, 1, sizeof(part), file)) > 0 && content->length <= FILE_MOST)
        buffer_add(content, part, length);
    bool failed = ferror(file);
    int reason = errno;
    fclose(file);
    if (failed)
        return error_set(error, "config.unreadable", "%s: %s", path, strerror(reason));
    if (content->length > FILE_MOST || (content->data && strlen(content->data) < content->length))
        return error_set(error, "config.unreadable", "%s: not a text file of up to 1 MiB", path);
    return true;
}

static bool stage_file(struct config *config, struct arena *scratch, struct error *error)
{
    struct buffer content = {0};
    int number = 0;

    if (!config->file)
        return true;
    bool fine = read_file(config->file, &content, error);
    const char *at = content.data ? content.data : "";
    while (fine && *at) {
        size_t length = strcspn(at, "\n");
        const char *origin = arena_printf(scratch, "%s:%d", config->file, ++number);
        fine = stage_line(config, (struct text){at, length}, origin, scratch, error);
        at += length + (at[length] == '\n');
    }
    buffer_free(&content);
    return fine;
}

static bool stage_environment(struct config *config, struct arena *scratch, struct error *error)
{
    for (size_t i = 0; i < config->count; i++) {
        struct setting *setting = &config->settings[i];
        const char *text = getenv(setting->environment);
        struct given given = {text, "environment"};
        if (text && !stage(setting, given, scratch, error))
            return false;
    }
    return true;
}

static bool stage_arguments(struct config *config, struct arena *scratch, struct error *error)
{
    for (size_t i = 0; i < config->count; i++) {
        struct setting *setting = &config->settings[i];
        struct given given = {setting->argument, "command line"};
        if (setting->argument && !stage(setting, given, scratch, error))
            return false;
    }
    return true;
}

static bool stage_all(struct config *config, struct arena *scratch, struct error *error)
{
    for (size_t i = 0; i < config->count; i++) {
        const char *initial = config->settings[i].entry->initial;
        config->settings[i].staged = (struct given){initial ? initial : "", "default"};
    }
    return stage_file(config, scratch, error) && stage_environment(config, scratch, error) &&
           stage_arguments(config, scratch, error);
}

/* Staged texts die with the scratch arena: what is kept is copied. */
static void apply(struct config *config, struct setting *setting)
{
    struct given staged = setting->staged;

    setting->current.text = arena_copy(config->arena, staged.text, strlen(staged.text));
    setting->current.origin = arena_copy(config->arena, staged.origin, strlen(staged.origin));
    config_value_store(setting->entry, setting->options, setting->current.text, config->arena);
}

/* --- the command line --- */

/*
 * Others share the environment (Kubernetes sets LINLI_SERVICE_HOST for a service called linli), so
 * that a name nobody knows there is only worth a warning.
 */
static void warn_of_unknown_environment(const struct config *config)
{
    size_t prefix = strlen(ENVIRONMENT_PREFIX);

    for (char **at = environ; at && *at; at++) {
        struct text name = {*at, strcspn(*at, "=")};
        if (strncmp(*at, ENVIRONMENT_PREFIX, prefix) != 0 || find_by_environment(config, name))
            continue;
        if (strncmp(*at, ENVIRONMENT_OF_FILE "=", strlen(ENVIRONMENT_OF_FILE) + 1) != 0)
            LOG(WARN, "config.unknown_environment", LOG_TEXT("name", name));
    }
}

static bool take_argument(struct config *config, struct text name, const char *value,
                          struct error *error)
{
    if (!value)
        return error_set(error, "config.bad_value", "command line: --%.*s needs a value",
                         TEXT_ARGS(name));
    const char *copy = arena_copy(config->arena, value, strlen(value));
    struct setting *setting = find_by_name(config, name);
    if (setting)
        setting->argument = copy;
    else
        config->file = copy;
    return true;
}

/* Of `--name=value` and `--name value`; all but ours stay, and all behind `--`. */
static bool take_arguments(struct config *config, int *argc, char **argv, struct error *error)
{
    int kept = 0, i = 0;

    for (; i < *argc && strcmp(argv[i], "--") != 0; i++) {
        bool is_option = i > 0 && strncmp(argv[i], "--", 2) == 0;
        struct text name =
            is_option ? (struct text){argv[i] + 2, strcspn(argv[i] + 2, "=")} : TEXT("");
        bool is_file = name.length == 6 && memcmp(name.data, "config", 6) == 0;
        if (!is_file && !find_by_name(config, name)) {
            /* A dot makes it ours, misspelt; without one it may be an option of the command. */
            if (memchr(name.data, '.', name.length))
                return refuse_name(config, "command line", name, error);
            argv[kept++] = argv[i];
            continue;
        }
        const char *value = name.data + name.length;
        bool in_next = *value == '\0' && i + 1 < *argc && strncmp(argv[i + 1], "--", 2) != 0;
        value = *value == '=' ? value + 1 : in_next ? argv[++i] : NULL;
        if (!take_argument(config, name, value, error))
            return false;
    }
    while (i < *argc)
        argv[kept++] = argv[i++];
    argv[kept] = NULL;
    *argc = kept;
    return true;
}

bool config_load(struct config *config, int *argc, char **argv, struct error *error)
{
    struct arena *scratch = arena_new();

    config->file = getenv(ENVIRONMENT_OF_FILE);
    for (size_t i = 0; i < config->count; i++)
        config->settings[i].argument = NULL;
    bool fine = take_arguments(config, argc, argv, error) && stage_all(config, scratch, error);
    for (size_t i = 0; fine && i < config->count; i++)
        apply(config, &config->settings[i]);
    if (fine)
        warn_of_unknown_environment(config);
    arena_free(scratch);
    return fine;
}

bool config_reload(struct config *config, struct error *error)
{
    struct arena *scratch = arena_new();

    bool fine = stage_all(config, scratch, error);
    for (size_t i = 0; fine && i < config->count; i++) {
        struct setting *setting = &config->settings[i];
        if (strcmp(setting->staged.text, setting->current.text) == 0)
            continue;
        if (setting->entry->reloadable)
            apply(config, setting);
        else
            LOG(WARN, "config.needs_restart", LOG_STR("name", setting->entry->name));
    }
    arena_free(scratch);
    return fine;
}

/* --- printing --- */

/* As a configuration file, so that it can be kept as one. */
static void print_setting(const struct setting *setting, struct arena *scratch, FILE *out)
{
    const struct config_entry *entry = setting->entry;
    bool hidden = entry->secret && setting->current.text[0] != '\0';

    fprintf(out, "# %s\n", entry->help ? entry->help : "");
    fprintf(out, "#   %s%s; from %s\n", config_value_expected(entry, scratch),
            entry->reloadable ? "; reloadable" : "", setting->current.origin);
    fprintf(out, "%s = %s\n\n", entry->name, hidden ? "(set)" : setting->current.text);
}

void config_print(const struct config *config, FILE *out)
{
    struct arena *scratch = arena_new();

    for (size_t i = 0; i < config->count; i++)
        print_setting(&config->settings[i], scratch, out);
    arena_free(scratch);
}
