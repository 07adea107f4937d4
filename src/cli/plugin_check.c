/* linli plugin check: the conformance suite, for authors. Needs no database. */
#include "plugin/conformance.h"

#include "cli/cli.h"
#include "plugin/plugin_files.h"

static void print_report(const char *path, const struct conformance *report)
{
    if (report->described)
        printf("%s: %s %s, %s, built for %u.%u\n\n", path, report->manifest.name,
               report->manifest.version, plugin_kind_name(report->manifest.kind),
               report->manifest.abi_major, report->manifest.abi_minor);
    else
        printf("%s\n\n", path);
    for (size_t i = 0; i < report->count; i++) {
        printf("%s  %s\n", report->checks[i].fault ? "FAIL" : "  ok", report->checks[i].name);
        if (report->checks[i].fault)
            printf("      %s\n", report->checks[i].fault);
    }
    if (report->questions > 0)
        printf("\n%zu questions, asked twice: about %lld us each\n", report->questions,
               (long long)(report->mean_ns + 999) / 1000);
    puts(report->passed ? "\nIt conforms." : "\nIt does not conform.");
}

static void print_json(const struct conformance *report)
{
    json_t *checks = json_array(), *json;

    for (size_t i = 0; i < report->count; i++)
        json_array_append_new(checks, json_pack("{s:s, s:b, s:s?}", "check", report->checks[i].name,
                                                "passed", !report->checks[i].fault, "fault",
                                                report->checks[i].fault));
    json =
        json_pack("{s:b, s:o, s:I, s:I}", "passed", report->passed, "checks", checks, "questions",
                  (json_int_t)report->questions, "mean_ns", (json_int_t)report->mean_ns);
    if (report->described)
        json_object_set_new(json, "manifest", manifest_to_json(&report->manifest));
    json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
}

static bool read_settings(const char *path, json_t **settings, struct error *error)
{
    json_error_t fault;

    if (!path)
        return true;
    *settings = json_load_file(path, JSON_REJECT_DUPLICATES, &fault);
    return json_is_object(*settings) || error_set(error, "plugin.settings", "%s: %s", path,
                                                  *settings ? "not a JSON object" : fault.text);
}

static bool check(const struct cli *cli, const char *path, const char *settings_path, bool json,
                  bool *passed, struct error *error)
{
    struct plugin_options options = cli->settings->plugins;
    struct buffer image = {0};
    struct arena *arena = arena_new();
    struct conformance report;
    json_t *settings = NULL;
    bool fine;

    options.image_is_signed = true; /* the author's own machine: the walls may be missing */
    fine = plugin_file_load(path, &image, error) &&
           read_settings(settings_path, &settings, error) &&
           plugin_conforms(&options, cli_program_path(), (struct text){image.data, image.length},
                           settings, arena, &report, error);
    if (fine && json)
        print_json(&report);
    else if (fine)
        print_report(path, &report);
    *passed = fine && report.passed;
    json_decref(settings);
    buffer_free(&image);
    arena_free(arena);
    return fine;
}

enum exit_status cli_plugin_check(struct cli *cli)
{
    const char *settings = cli_option(cli, "settings");
    bool json = cli_flag(cli, "json"), passed;
    const char *path = cli_word(cli);
    struct error error = {0};

    if (!path)
        return cli_misused(cli, "which file?");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    if (!check(cli, path, settings, json, &passed, &error))
        return cli_fail(&error);
    return passed ? EXIT_FINE : EXIT_FAILED;
}
