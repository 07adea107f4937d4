/* linli facts: the catalogue of what plugins may know. Needs no database. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "plugin/facts_json.h"

static void print_plain(void)
{
    for (size_t i = 0; i < facts_count(); i++) {
        const struct fact *fact = facts_at(i);

        printf("%-32s %-7s %-12s %s\n", fact->name, fact_type_name(fact->type), fact->unit,
               fact->en);
    }
}

static const char *kinds_of(const struct fact *fact)
{
    if (fact->kinds == FACT_FOR_BOTH)
        return "audit, assessment";
    return fact->kinds == FACT_FOR_AUDIT ? "audit" : "assessment";
}

/* In the order of the catalogue: docs/facts.md is this and a beginning, which a test compares. */
static void print_markdown(void)
{
    printf("| fact | type | unit | of | who may know it | at the counter | meaning |\n"
           "| --- | --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < facts_count(); i++) {
        const struct fact *fact = facts_at(i);

        printf("| `%s` | %s | %s | %s | %s | %s | %s。%s. |\n", fact->name,
               fact_type_name(fact->type), fact->unit, fact_scope_name(fact->scope), kinds_of(fact),
               fact->on_path ? "yes" : "no", fact->zh, fact->en);
    }
}

static void print_json(void)
{
    json_t *list = facts_to_json();
    char *text = json_dumps(list, JSON_INDENT(2));

    puts(text);
    free(text);
    json_decref(list);
}

enum exit_status cli_facts(struct cli *cli)
{
    bool as_json = cli_flag(cli, "json"), as_markdown = cli_flag(cli, "markdown");

    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    if (as_json)
        print_json();
    else if (as_markdown)
        print_markdown();
    else
        print_plain();
    return EXIT_FINE;
}
