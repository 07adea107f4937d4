/*
 * linli demo cases: what is planted in the district demo, to measure audit rules by.
 */
#include <jansson.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/demo.h"

static const char *text_at(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));

    return text ? text : "";
}

static void print_case(const json_t *planted)
{
    static const char *const lists[] = {"members", "accounts", "activities", "records",
                                        "redemptions"};

    printf("%-24s %.16s to %.16s  %s\n", text_at(planted, "id"), text_at(planted, "from"),
           text_at(planted, "to"), text_at(planted, "what"));
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        const json_t *ids = json_object_get(planted, lists[i]);
        size_t count = json_array_size(ids);

        if (count > 0)
            printf("    %-12s %3zu  %s%s\n", lists[i], count,
                   json_string_value(json_array_get(ids, 0)), count > 1 ? " …" : "");
    }
}

enum exit_status cli_demo_cases(struct cli *cli)
{
    bool as_json = cli_flag(cli, "json");
    char *path = demo_cases_path(cli->settings);
    struct error error = {0};
    json_error_t why;
    json_t *json;

    if (!cli_nothing_left(cli)) {
        free(path);
        return EXIT_USAGE;
    }
    json = json_load_file(path, 0, &why);
    if (!json)
        error_set(&error, "demo.cases", "%s: was the district demo loaded here?", why.text);
    free(path);
    if (!json)
        return cli_fail(&error);
    const json_t *cases = json_object_get(json, "cases");

    if (as_json)
        json_dumpf(json, stdout, JSON_INDENT(1));
    for (size_t i = 0; !as_json && i < json_array_size(cases); i++)
        print_case(json_array_get(cases, i));
    if (as_json)
        putchar('\n');
    json_decref(json);
    return EXIT_FINE;
}
