/* linli plugin new: a project that builds, tests itself and passes the check, from an example. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "cli/cli.h"
#include "cli/plugin_examples.h"

#define NAME_MOST 40

/* As plugins are named: also a C file and a symbol. */
static bool is_name(const char *name)
{
    size_t length = strlen(name);

    return length >= 2 && length <= NAME_MOST &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length && name[0] >= 'a';
}

/* `from` with the example's name replaced by the plugin's. */
static void rename_into(struct buffer *out, const char *from, const char *example, const char *name)
{
    const char *found;

    while ((found = strstr(from, example))) {
        buffer_add(out, from, (size_t)(found - from));
        buffer_add_text(out, name);
        from = found + strlen(example);
    }
    buffer_add_text(out, from);
}

/* A file that must not be there yet. */
static bool write_file(const char *path, const struct buffer *content, struct error *error)
{
    FILE *file = fopen(path, "wbxe");
    bool written;

    if (!file)
        return error_set(error, "plugin.file", "%s: %s", path, strerror(errno));
    written = fwrite(content->data, 1, content->length, file) == content->length;
    return (fclose(file) == 0 && written) ||
           error_set(error, "plugin.file", "%s: cannot be written", path);
}

static bool write_one(const struct plugin_example *from, const char *folder, const char *name,
                      struct error *error)
{
    struct buffer path = {0}, content = {0};
    bool written;

    buffer_printf(&path, "%s/", folder);
    rename_into(&path, from->file, from->example, name);
    rename_into(&content, from->content, from->example, name);
    written = write_file(path.data, &content, error);
    buffer_free(&path);
    buffer_free(&content);
    return written;
}

static bool write_project(const char *kind, const char *folder, const char *name,
                          struct error *error)
{
    size_t count = 0;

    if (mkdir(folder, 0777) != 0)
        return error_set(error, "plugin.folder", "%s: %s", folder, strerror(errno));
    for (const struct plugin_example *from = plugin_examples; from->kind; from++) {
        if (strcmp(from->kind, kind) != 0)
            continue;
        if (!write_one(from, folder, name, error))
            return false;
        count++;
    }
    ASSERT(count > 0);
    return true;
}

/* "assess" is what the folder of built-in policies is called. */
static const char *kind_of(const char *word)
{
    static const char *const kinds[] = {"merchant", "audit", "assessment"};

    if (word && strcmp(word, "assess") == 0)
        return "assessment";
    for (size_t i = 0; word && i < ARRAY_LENGTH(kinds); i++)
        if (strcmp(word, kinds[i]) == 0)
            return kinds[i];
    return NULL;
}

enum exit_status cli_plugin_new(struct cli *cli)
{
    const char *folder = cli_option(cli, "directory");
    const char *kind = kind_of(cli_word(cli)), *name = cli_word(cli);
    struct error error = {0};

    if (!kind)
        return cli_misused(cli, "which kind: merchant, audit or assess?");
    if (!name || !is_name(name))
        return cli_misused(cli, "a name has 2 to %d of a-z 0-9 _ and begins with a letter",
                           NAME_MOST);
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    if (!write_project(kind, folder ? folder : name, name, &error))
        return cli_fail(&error);
    printf("Wrote %s/. Next:\n\n"
           "  cd %s\n"
           "  cmake -S . -B build && cmake --build build && ctest --test-dir build\n"
           "  linli plugin check build/%s.so\n",
           folder ? folder : name, folder ? folder : name, name);
    return EXIT_FINE;
}
