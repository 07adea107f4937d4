#include "cli/cli.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ids.h"

const char *cli_program_path(void)
{
    static char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);

    path[length > 0 ? length : 0] = '\0';
    return path;
}

/* --- saying what is wrong --- */

enum exit_status cli_fail(const struct error *error)
{
    fprintf(stderr, "linli: %s\n", error->detail);
    return EXIT_FAILED;
}

enum exit_status cli_misused(const struct cli *cli, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "linli %s: ", cli->subcommand->name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "; see `linli %s --help`\n", cli->subcommand->name);
    return EXIT_USAGE;
}

/* --- help --- */

void cli_print_help(const struct program *program, FILE *out)
{
    fputs("usage: linli COMMAND [--SETTING=VALUE ...] [OPTIONS]\n\n", out);
    for (const struct subcommand *each = program->subcommands; each->name; each++)
        fprintf(out, "  %-24s%s\n", each->name, each->summary);
    fputs("\n`linli COMMAND --help` says more; `linli config` prints every setting.\n", out);
}

static void print_help_of(const struct subcommand *subcommand)
{
    printf("usage: linli %s [--SETTING=VALUE ...]%s\n\n%s.\n", subcommand->name,
           subcommand->help ? " [OPTIONS]" : "", subcommand->summary);
    if (subcommand->help)
        printf("\n%s", subcommand->help);
    puts("\nSettings come from their defaults, --config=FILE, LINLI_… variables and the command\n"
         "line, the later ones first. `linli config` prints them.");
}

/* --- finding the subcommand --- */

/* How many of the words name this subcommand; 0: others do. */
static int words_that_name(const struct subcommand *subcommand, int argc, char **argv)
{
    const char *name = subcommand->name;
    int words = 0;

    while (words < argc && *name) {
        size_t length = strlen(argv[words]);

        if (length == 0 || strncmp(name, argv[words], length) != 0 ||
            (name[length] != ' ' && name[length] != '\0'))
            return 0;
        name += length + (name[length] == ' ');
        words++;
    }
    return *name ? 0 : words;
}

static const struct subcommand *find_subcommand(const struct program *program, int argc,
                                                char **argv, int *words)
{
    for (const struct subcommand *each = program->subcommands; each->name; each++) {
        *words = words_that_name(each, argc, argv);
        if (*words > 0)
            return each;
    }
    return NULL;
}

/* How many letters two words share at their beginning and at their end. */
static size_t likeness(const char *a, const char *b)
{
    size_t a_length = strlen(a), b_length = strlen(b), same = 0, shorter;

    shorter = a_length < b_length ? a_length : b_length;
    while (same < shorter && a[same] == b[same])
        same++;
    for (size_t i = 1; same < shorter && a[a_length - i] == b[b_length - i]; i++)
        same++;
    return same;
}

static int refuse_unknown(const struct program *program, const char *word)
{
    const struct subcommand *nearest = NULL;
    size_t most = 1;
    bool is_group = false;

    for (const struct subcommand *each = program->subcommands; each->name; each++) {
        size_t like = likeness(word, each->name), length = strlen(word);

        if (like > most && like + 2 >= length) {
            most = like;
            nearest = each;
        }
        is_group |= strncmp(each->name, word, length) == 0 && each->name[length] == ' ';
    }
    if (is_group)
        fprintf(stderr, "linli: `%s` needs a second word\n\n", word);
    else if (nearest)
        fprintf(stderr, "linli: there is no command `%s`; `%s`?\n\n", word, nearest->name);
    else
        fprintf(stderr, "linli: there is no command `%s`\n\n", word);
    cli_print_help(program, stderr);
    return EXIT_USAGE;
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    }
    return false;
}

/* --- running it --- */

static bool load_settings(struct cli *cli, struct error *error)
{
    const struct program *program = cli->program;

    cli->config = config_new();
    for (const struct config_part *part = program->config; part->entries; part++)
        config_add(cli->config, part->entries, part->options);
    return config_load(cli->config, &cli->argc, cli->argv, error) &&
           settings_settle(program->settings, error);
}

static int run_subcommand(struct cli *cli)
{
    struct error error = {0};
    int status;

    if (!load_settings(cli, &error)) {
        config_free(cli->config);
        fprintf(stderr, "linli: %s\n", error.detail);
        return EXIT_USAGE;
    }
    cli->argc--; /* from here on without the subcommand's own name */
    cli->argv++;
    status = (int)cli->subcommand->run(cli);
    config_free(cli->config);
    return status;
}

int cli_run(const struct program *program, int argc, char **argv)
{
    struct cli cli = {.program = program, .settings = program->settings};
    int words;

    if (argc < 2) {
        cli_print_help(program, stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        argv[1] = "help";
    if (strcmp(argv[1], "--version") == 0)
        argv[1] = "version";
    cli.subcommand = find_subcommand(program, argc - 1, argv + 1, &words);
    if (!cli.subcommand)
        return refuse_unknown(program, argv[1]);
    cli.argc = argc - words; /* argv[0] is the last word of the name */
    cli.argv = argv + words;
    if (wants_help(cli.argc, cli.argv)) {
        print_help_of(cli.subcommand);
        return EXIT_FINE;
    }
    return run_subcommand(&cli);
}

/* --- its own options --- */

static void take_out(struct cli *cli, int at, int count)
{
    for (int i = at; i + count <= cli->argc; i++) /* the NULL at the end moves too */
        cli->argv[i] = cli->argv[i + count];
    cli->argc -= count;
}

const char *cli_option(struct cli *cli, const char *name)
{
    size_t length = strlen(name);

    for (int i = 0; i < cli->argc; i++) {
        const char *at = cli->argv[i], *value;

        if (strncmp(at, "--", 2) != 0 || strncmp(at + 2, name, length) != 0)
            continue;
        if (at[2 + length] == '=') {
            take_out(cli, i, 1);
            return at + 2 + length + 1;
        }
        if (at[2 + length] == '\0' && i + 1 < cli->argc) {
            value = cli->argv[i + 1];
            take_out(cli, i, 2);
            return value;
        }
    }
    return NULL;
}

bool cli_flag(struct cli *cli, const char *name)
{
    for (int i = 0; i < cli->argc; i++) {
        if (strncmp(cli->argv[i], "--", 2) == 0 && strcmp(cli->argv[i] + 2, name) == 0) {
            take_out(cli, i, 1);
            return true;
        }
    }
    return false;
}

const char *cli_word(struct cli *cli)
{
    const char *word = cli->argc > 0 ? cli->argv[0] : NULL;

    if (!word || word[0] == '-')
        return NULL;
    take_out(cli, 0, 1);
    return word;
}

bool cli_read_id(const char *word, uint64_t *id)
{
    char *end;

    if (word == NULL || *word < '1' || *word > '9')
        return false;
    *id = strtoull(word, &end, 10);
    return *end == '\0' && *id <= ID_MOST;
}

bool cli_why(struct cli *cli, struct text *why)
{
    const char *said = cli_option(cli, "why");

    if (!said || strlen(said) < 4 || strlen(said) > 400) {
        cli_misused(cli, "--why is missing: 4 to 400 characters, kept in the audit trail");
        return false;
    }
    *why = (struct text){said, strlen(said)};
    return true;
}

bool cli_nothing_left(const struct cli *cli)
{
    if (cli->argc == 0)
        return true;
    cli_misused(cli, "'%s' is too much", cli->argv[0]);
    return false;
}
