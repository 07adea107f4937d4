/*
 * linli plugin: the registry from the command line, on the database of the settings, while servers
 * go on: they follow within a second. Signing needs no database.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "cli/books.h"
#include "ledger/teller.h"
#include "people/secrets.h"
#include "plugin/plugin_files.h"
#include "plugin/registry.h"

/* --- The registry, opened --------------------------------------------------------------------- */

struct desk {
    struct books books;
    struct id_maker ids;
    struct registry registry;
    struct arena *arena;
    const char *name; /* of the plugin that the command names; NULL: none */
    struct plugin_row row;
};

static bool find_plugin(struct desk *desk, struct error *error)
{
    enum find found = registry_find_name(desk->books.database.db, text_from(desk->name),
                                         desk->arena, &desk->row, error);

    return found == FIND_FOUND ||
           (found == FIND_NOTHING &&
            error_set(error, "plugin.name", "there is no plugin %s: see `linli plugin list`",
                      desk->name));
}

static bool open_desk(struct desk *desk, const struct settings *settings, struct error *error)
{
    uint32_t instance;

    desk->arena = arena_new();
    if (!books_open(&desk->books, settings, error) ||
        !instance_claim(desk->books.database.db, "linli plugin", &instance, error))
        return false;
    secrets_serve_registry(desk->books.keyring);
    id_maker_start(&desk->ids, instance);
    desk->registry = (struct registry){
        .options = &settings->plugins, .program = cli_program_path(), .ids = &desk->ids};
    return registry_learn_built_ins(desk->books.database.db, &desk->registry, clock_now_us(),
                                    error) &&
           (!desk->name || find_plugin(desk, error));
}

static void close_desk(struct desk *desk)
{
    books_close(&desk->books);
    arena_free(desk->arena);
}

static bool explain(enum registered answer, struct error *error)
{
    if (answer == REGISTER_NOT_FOUND)
        return error_set(error, "plugin.version", "there is no such version of this plugin");
    return answer == REGISTERED;
}

/* Opens, does, closes, says what went wrong. */
static enum exit_status with_desk(struct cli *cli, struct desk *desk,
                                  bool (*act)(struct desk *, const void *, struct error *),
                                  const void *what)
{
    struct error error = {0};
    bool fine;

    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    fine = open_desk(desk, cli->settings, &error) && act(desk, what, &error);
    close_desk(desk);
    return fine ? EXIT_FINE : cli_fail(&error);
}

/* --- Looking ---------------------------------------------------------------------------------- */

static bool print_list(struct desk *desk, const void *what, struct error *error)
{
    struct plugin_row *rows;
    size_t count;

    (void)what;
    if (!registry_list(desk->books.database.db, desk->arena, &rows, &count, error))
        return false;
    printf("%-20s %-11s %-10s %-12s %5s  %s\n", "name", "kind", "version", "mode", "rank", "");
    for (size_t i = 0; i < count; i++)
        printf("%-20s %-11s %-10s %-12s %5d  %s\n", rows[i].name, plugin_kind_name(rows[i].kind),
               rows[i].manifest->version, plugin_mode_name(rows[i].mode), rows[i].rank,
               rows[i].manifest->title_en);
    return true;
}

enum exit_status cli_plugin_list(struct cli *cli)
{
    struct desk desk = {0};

    return with_desk(cli, &desk, print_list, NULL);
}

static void print_setting(const struct manifest_setting *setting, const json_t *settings)
{
    char *value = json_dumps(json_object_get(settings, setting->name), JSON_ENCODE_ANY);

    printf("  %-24s %-20s %s%s\n", setting->name, value ? value : setting->fallback,
           value               ? ""
           : setting->required ? "(required) "
                               : "(default) ",
           setting->help_en);
    free(value);
}

static bool print_versions(struct desk *desk, struct error *error)
{
    struct plugin_version *versions;
    size_t count;

    if (!registry_versions(desk->books.database.db, desk->row.plugin_id, desk->arena, &versions,
                           &count, error))
        return false;
    puts("versions");
    for (size_t i = 0; i < count; i++)
        printf("%s %-20" PRIu64 " %-10s %s\n",
               versions[i].version_id == desk->row.version_id ? " *" : "  ", versions[i].version_id,
               versions[i].version,
               hex_encode(desk->arena, versions[i].sha256, sizeof versions[i].sha256));
    return true;
}

static bool print_plugin(struct desk *desk, const void *what, struct error *error)
{
    const struct plugin_row *row = &desk->row;
    json_t *settings = registry_settings(desk->books.database.db, row, error);

    (void)what;
    if (!settings)
        return false;
    printf("%s %s: %s\n", row->name, row->manifest->version, row->manifest->title_en);
    printf("mode      %s\non_flag   %s\non_fault  %s\nrank      %d\n", plugin_mode_name(row->mode),
           plugin_effect_name(row->on_flag), plugin_effect_name(row->on_fault), row->rank);
    puts("settings");
    for (size_t i = 0; i < row->manifest->setting_count; i++)
        print_setting(&row->manifest->settings[i], settings);
    puts("facts");
    for (size_t i = 0; i < row->manifest->fact_count; i++)
        printf("  %s\n", row->manifest->facts[i]);
    json_decref(settings);
    return print_versions(desk, error);
}

enum exit_status cli_plugin_show(struct cli *cli)
{
    struct desk desk = {.name = cli_word(cli)};

    return desk.name ? with_desk(cli, &desk, print_plugin, NULL)
                     : cli_misused(cli, "which plugin?");
}

#define FAULTS_SHOWN 50

static bool print_faults(struct desk *desk, const void *what, struct error *error)
{
    struct plugin_fault_row *rows;
    size_t count;

    (void)what;
    if (!registry_faults(desk->books.database.db, desk->row.plugin_id, 0, FAULTS_SHOWN, desk->arena,
                         &rows, &count, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        char at[CLOCK_RFC3339_SIZE];

        clock_format(rows[i].at_us, 0, at);
        printf("%s  %-10s %4d  %s\n", at, plugin_fault_name(rows[i].fault), rows[i].detail,
               rows[i].question);
    }
    return true;
}

enum exit_status cli_plugin_faults(struct cli *cli)
{
    struct desk desk = {.name = cli_word(cli)};

    return with_desk(cli, &desk, print_faults, NULL);
}

/* --- Uploading -------------------------------------------------------------------------------- */

struct files {
    const char *image, *signature, *why;
};

/* FILE.sig beside the file, if no other is named. */
static const char *signature_path(struct desk *desk, const struct files *files)
{
    const char *path = arena_printf(desk->arena, "%s.sig", files->image);

    if (files->signature)
        return files->signature;
    return access(path, R_OK) == 0 ? path : NULL;
}

static bool upload(struct desk *desk, const void *what, struct error *error)
{
    const struct files *files = what;
    const char *path = signature_path(desk, files);
    struct buffer image = {0}, signature = {0};
    uint64_t plugin_id, version_id;
    bool fine = plugin_file_load(files->image, &image, error) &&
                (!path || plugin_file_load(path, &signature, error));

    if (fine) {
        struct plugin_upload given = {.image = {image.data, image.length},
                                      .signature = path ? signature.data : NULL,
                                      .why = text_from(files->why)};
        fine = explain(registry_upload(desk->books.database.db, &desk->registry, &given,
                                       clock_now_us(), &plugin_id, &version_id, error),
                       error);
    }
    if (fine)
        printf("version %" PRIu64 "\n", version_id);
    buffer_free(&image);
    buffer_free(&signature);
    return fine;
}

enum exit_status cli_plugin_upload(struct cli *cli)
{
    struct files files = {.signature = cli_option(cli, "signature"), .why = cli_option(cli, "why")};
    struct desk desk = {0};

    files.image = cli_word(cli); /* what is left */
    if (!files.image || !files.why)
        return cli_misused(cli, "which file, and --why?");
    return with_desk(cli, &desk, upload, &files);
}

/* --- Changing --------------------------------------------------------------------------------- */

struct change {
    struct plugin_wish wish;
    const char *settings; /* path of a JSON file; NULL: as they are */
};

/* 0: it is none of them. A quarantine is the server's to set. */
static enum plugin_mode mode_of(const char *word)
{
    for (enum plugin_mode mode = PLUGIN_OFF; mode <= PLUGIN_ENFORCED; mode++)
        if (strcmp(word, plugin_mode_name(mode)) == 0)
            return mode;
    return 0;
}

static enum plugin_effect effect_of(const char *word)
{
    for (enum plugin_effect effect = EFFECT_PASS; effect <= EFFECT_DENY; effect++)
        if (strcmp(word, plugin_effect_name(effect)) == 0)
            return effect;
    return 0;
}

static bool read_whole(const char *word, int64_t least, int64_t most, int64_t *number)
{
    char *end;

    errno = 0;
    *number = strtoll(word, &end, 10);
    return *word && !*end && errno == 0 && *number >= least && *number <= most;
}

/* False: an option means nothing; `fault` names it. */
static bool read_wish(struct cli *cli, struct change *change, const char **fault)
{
    const char *mode = cli_option(cli, "mode"), *rank = cli_option(cli, "rank");
    const char *on_flag = cli_option(cli, "on-flag"), *on_fault = cli_option(cli, "on-fault");
    const char *from = cli_option(cli, "hold-from"), *version = cli_option(cli, "version");
    struct plugin_wish *wish = &change->wish;
    int64_t number = 0;

    change->settings = cli_option(cli, "settings");
    wish->why = text_from(cli_option(cli, "why"));
    wish->has_mode = mode != NULL;
    wish->mode = mode ? mode_of(mode) : 0;
    wish->has_on_flag = on_flag != NULL;
    wish->on_flag = on_flag ? effect_of(on_flag) : 0;
    wish->has_on_fault = on_fault != NULL;
    wish->on_fault = on_fault ? effect_of(on_fault) : 0;
    wish->has_rank = rank != NULL;
    wish->has_hold_from = from != NULL;
    wish->has_version = version != NULL;
    *fault = !wish->why.data               ? "--why is missing: it is kept in the audit trail"
             : mode && !wish->mode         ? "--mode=off|shadow|enforced"
             : on_flag && !wish->on_flag   ? "--on-flag=mark|hold"
             : on_fault && !wish->on_fault ? "--on-fault=pass|mark|hold|deny"
             : rank && !read_whole(rank, 0, 10000, &number) ? "--rank=0..10000"
                                                            : NULL;
    wish->rank = (int)number;
    if (!*fault && from && !points_parse(text_from(from), &wish->hold_from))
        *fault = "--hold-from=POINTS, like 50 or 12.5";
    number = 0;
    if (!*fault && version && !read_whole(version, 1, INT64_MAX, &number))
        *fault = "--version=ID, as `linli plugin show` prints it";
    wish->version_id = (uint64_t)number;
    return *fault == NULL;
}

static bool change_plugin(struct desk *desk, const void *what, struct error *error)
{
    const struct change *change = what;
    struct plugin_wish wish = change->wish;
    json_t *settings = NULL;
    json_error_t fault;

    if (change->settings) {
        settings = json_load_file(change->settings, JSON_REJECT_DUPLICATES, &fault);
        if (!settings || !json_is_object(settings)) {
            json_decref(settings);
            return error_set(error, "plugin.settings", "%s: %s", change->settings,
                             settings ? "not a JSON object" : fault.text);
        }
    }
    wish.plugin_id = desk->row.plugin_id;
    wish.settings = settings;
    bool fine = explain(
        registry_change(desk->books.database.db, &desk->registry, &wish, clock_now_us(), error),
        error);
    json_decref(settings);
    return fine && find_plugin(desk, error) &&
           printf("%s is %s; servers follow within a second\n", desk->name,
                  plugin_mode_name(desk->row.mode)) > 0;
}

enum exit_status cli_plugin_change(struct cli *cli)
{
    struct change change = {0};
    struct desk desk = {0};
    const char *fault;

    if (!read_wish(cli, &change, &fault))
        return cli_misused(cli, "%s", fault);
    desk.name = cli_word(cli);
    return desk.name ? with_desk(cli, &desk, change_plugin, &change)
                     : cli_misused(cli, "which plugin?");
}

static bool roll_back(struct desk *desk, const void *what, struct error *error)
{
    const char *why = what;

    return explain(registry_roll_back(desk->books.database.db, &desk->registry, desk->row.plugin_id,
                                      0, text_from(why), clock_now_us(), error),
                   error);
}

enum exit_status cli_plugin_roll_back(struct cli *cli)
{
    const char *why = cli_option(cli, "why");
    struct desk desk = {.name = cli_word(cli)};

    if (!desk.name || !why)
        return cli_misused(cli, "which plugin, and --why?");
    return with_desk(cli, &desk, roll_back, why);
}

/* --- Signing ---------------------------------------------------------------------------------- */

/* A file that must not be there yet. */
static bool write_new(const char *path, mode_t mode, const char *text, struct error *error)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    size_t length = strlen(text);

    if (file < 0)
        return error_set(error, "plugin.file", "%s: %s", path, strerror(errno));
    bool fine = write(file, text, length) == (ssize_t)length && close(file) == 0;
    return fine || error_set(error, "plugin.file", "%s: cannot be written", path);
}

static bool make_key(const char *path, struct error *error)
{
    struct arena *arena = arena_new();
    uint8_t seed[SIGN_SEED_SIZE], public_key[SIGN_PUBLIC_SIZE];
    struct signer *signer;
    bool fine;

    crypto_random(seed, sizeof seed);
    signer = signer_new(seed);
    signer_public(signer, public_key);
    fine = write_new(path, 0600, arena_printf(arena, "%s\n", hex_encode(arena, seed, sizeof seed)),
                     error);
    if (fine)
        printf("Made %s. Servers trust what it signs with\n\n  plugins.trusted_keys = %s\n", path,
               hex_encode(arena, public_key, sizeof public_key));
    crypto_wipe(seed, sizeof seed);
    signer_free(signer);
    arena_free(arena);
    return fine;
}

enum exit_status cli_plugin_make_key(struct cli *cli)
{
    const char *path = cli_word(cli);
    struct error error = {0};

    if (!path)
        return cli_misused(cli, "where to?");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    return make_key(path, &error) ? EXIT_FINE : cli_fail(&error);
}

static bool read_signer(const char *path, struct signer **signer, struct error *error)
{
    struct buffer content = {0};
    uint8_t seed[SIGN_SEED_SIZE];
    bool fine = plugin_file_load(path, &content, error);

    if (fine) {
        struct text digits = {content.data, strcspn(content.data ? content.data : "", "\r\n")};
        fine = hex_decode(digits, seed, sizeof seed) ||
               error_set(error, "plugin.key", "%s is no key: make one by `linli plugin make-key`",
                         path);
    }
    if (fine)
        *signer = signer_new(seed);
    crypto_wipe(seed, sizeof seed);
    buffer_free(&content);
    return fine;
}

static bool sign_file(const char *path, const char *key, struct error *error)
{
    struct buffer image = {0};
    struct signer *signer = NULL;
    struct arena *arena = arena_new();
    char line[PLUGIN_SIGNATURE_SIZE];
    bool fine = read_signer(key, &signer, error) && plugin_file_load(path, &image, error);

    if (fine) {
        const char *out = arena_printf(arena, "%s.sig", path);
        plugin_signature_make(signer, (struct text){image.data, image.length}, line);
        unlink(out);
        fine = write_new(out, 0644, arena_printf(arena, "%s\n", line), error);
        if (fine)
            printf("signed: %s\n", out);
    }
    if (signer)
        signer_free(signer);
    buffer_free(&image);
    arena_free(arena);
    return fine;
}

enum exit_status cli_plugin_sign(struct cli *cli)
{
    const char *key = cli_option(cli, "key"), *path = cli_word(cli);
    struct error error = {0};

    if (!path || !key)
        return cli_misused(cli, "which file, and --key?");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    return sign_file(path, key, &error) ? EXIT_FINE : cli_fail(&error);
}
