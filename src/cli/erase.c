/*
 * linli erase: destroys what is personal of a member, on their behalf. After a restore, those who
 * were erased since the backup are erased again from a list that was kept outside of it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/database.h"
#include "cli/erased_list.h"

static bool explain(enum people_answer answer, uint64_t member_id, struct error *error)
{
    switch (answer) {
    case PEOPLE_DONE: printf("erased %" PRIu64 "\n", member_id); return true;
    case PEOPLE_NOT_FOUND:
        return error_set(error, "erase.member", "there is no member %" PRIu64, member_id);
    case PEOPLE_HAS_DUTIES:
        return error_set(error, "erase.duties",
                         "%" PRIu64 " has an active staff account: suspend that first", member_id);
    default: return false;
    }
}

static bool erase_one(struct database *database, uint64_t member_id, struct text why,
                      struct error *error)
{
    struct erasure erasure = {.member_id = member_id, .why = why};

    return explain(member_erase(database->db, &erasure, clock_now_us(), error), member_id, error);
}

static bool replay(struct database *database, const char *path, struct error *error)
{
    struct arena *arena = arena_new();
    struct erased_list list;
    size_t erased;
    bool good = erased_list_read(path, arena, &list, error) &&
                erased_list_replay(database->db, &list, &erased, error);

    if (good)
        printf("%zu of the %zu on the list are here, and erased\n", erased, list.count);
    arena_free(arena);
    return good;
}

static bool run(struct cli *cli, uint64_t member_id, const char *why, const char *list,
                struct error *error)
{
    struct database database;
    bool fine = database_open_migrated(&database, cli->settings, error);

    if (fine && list)
        fine = replay(&database, list, error);
    else if (fine && member_id)
        fine = erase_one(&database, member_id, (struct text){why, strlen(why)}, error);
    else if (fine)
        fine = erased_list_print(database.db, error);
    database_close(&database);
    return fine;
}

enum exit_status cli_erase(struct cli *cli)
{
    const char *why = cli_option(cli, "why"), *list = cli_option(cli, "replay");
    bool print = cli_flag(cli, "list");
    const char *word = cli_word(cli);
    struct error error = {0};
    uint64_t member_id = 0;

    if (!print && !list && !cli_read_id(word, &member_id))
        return cli_misused(cli, "name the MEMBER by id");
    if (member_id && (!why || strlen(why) < 4 || strlen(why) > 400))
        return cli_misused(cli, "--why is missing: 4 to 400 characters");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    return run(cli, member_id, why, list, &error) ? EXIT_FINE : cli_fail(&error);
}
