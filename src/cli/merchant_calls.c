/*
 * linli merchant-calls: what is being said to merchants, and the queue of what nobody could find
 * out, on the database of the settings, while servers go on: what is asked again, they say.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/operation_json.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "cli/counter.h"
#include "market/redemptions.h"
#include "people/audit.h"

#define PAGE 100

/* --- Looking ---------------------------------------------------------------------------------- */

/* The reason is the merchant's: what would play with a terminal is not printed. */
static void print_operation(const struct operation_view *view)
{
    char points[24], at[CLOCK_RFC3339_SIZE];
    const char *said = utf8_is_name(text_from(view->reason)) ? view->reason : view->fault;

    points_format(view->points, points);
    clock_format(view->created_us, 0, at);
    printf("%-19" PRIu64 " %-8s %-8s %s %10s  %-19" PRIu64 " %s: %s\n", view->id,
           operation_kind_name(view->kind), operation_state_name(view->state), at, points,
           view->redemption_id, view->merchant_name, said[0] ? said : "-");
}

static void show(const struct operation_view *view, json_t *items)
{
    if (items)
        json_array_append_new(items, operation_json(view));
    else
        print_operation(view);
}

static void print_json(json_t *json)
{
    json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
}

/* Page by page, so that any number of them will do. */
static bool list(struct db *db, const struct operation_filter *filter, json_t *items,
                 struct error *error)
{
    struct operation_view *views;
    uint64_t after = 0;
    size_t count = PAGE;
    bool fine = true;

    while (fine && count == PAGE) {
        struct arena *arena = arena_new();

        fine = operation_list(db, filter, after, PAGE, arena, &views, &count, error);
        for (size_t i = 0; fine && i < count; i++) {
            show(&views[i], items);
            after = views[i].id;
        }
        arena_free(arena);
    }
    return fine;
}

/* False: no such state. Without one: the queue. */
static bool read_state(const char *word, int *state)
{
    *state = OPERATION_DEAD;
    if (!word)
        return true;
    for (*state = OPERATION_WAITING; *state <= OPERATION_DEAD; (*state)++)
        if (strcmp(word, operation_state_name((enum operation_state) * state)) == 0)
            return true;
    *state = 0;
    return strcmp(word, "any") == 0;
}

/* Takes --NAME. False: it is there and no number. */
static bool take_id(struct cli *cli, const char *name, uint64_t *id)
{
    const char *word = cli_option(cli, name);

    return !word || cli_read_id(word, id);
}

enum exit_status cli_merchant_calls_list(struct cli *cli)
{
    json_t *items = cli_flag(cli, "json") ? json_array() : NULL;
    struct operation_filter filter = {0};
    struct database database = {0};
    struct error error = {0};
    bool fine;

    if (!read_state(cli_option(cli, "state"), &filter.state))
        return cli_misused(cli, "--state is waiting, done, declined, decided, dead or any");
    if (!take_id(cli, "merchant", &filter.merchant_id) ||
        !take_id(cli, "redemption", &filter.redemption_id))
        return cli_misused(cli, "--merchant and --redemption are numbers");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    fine = database_open_migrated(&database, cli->settings, &error) &&
           list(database.db, &filter, items, &error);
    if (fine && items)
        print_json(items);
    json_decref(items);
    database_close(&database);
    return fine ? EXIT_FINE : cli_fail(&error);
}

static bool find(struct db *db, uint64_t id, struct arena *arena, struct operation_view *view,
                 struct error *error)
{
    enum find found = operation_find(db, id, arena, view, error);

    if (found == FIND_NOTHING)
        error_set(error, "merchant_calls.none",
                  "there is no call %" PRIu64 ": see `linli merchant-calls list`", id);
    return found == FIND_FOUND;
}

enum exit_status cli_merchant_calls_show(struct cli *cli)
{
    struct arena *arena;
    struct database database = {0};
    struct operation_view view;
    struct error error = {0};
    uint64_t id;
    bool fine;

    if (!cli_read_id(cli_word(cli), &id))
        return cli_misused(cli, "which: its number, as `linli merchant-calls list` prints it");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    arena = arena_new();
    fine = database_open_migrated(&database, cli->settings, &error) &&
           find(database.db, id, arena, &view, &error);
    if (fine) {
        json_t *body = operation_json(&view);

        print_json(body);
        json_decref(body);
    }
    database_close(&database);
    arena_free(arena);
    return fine ? EXIT_FINE : cli_fail(&error);
}

/* --- Deciding --------------------------------------------------------------------------------- */

struct deciding {
    struct counter counter;
    enum decision decision;
    uint64_t operation_id; /* 0: all in the queue of merchant_id */
    uint64_t merchant_id;
    struct text why;
};

/* The entry goes first, as the server's does: there is no decision without it. */
static bool submit(struct deciding *deciding, const struct operation_view *operation,
                   struct decide_call *decide, struct error *error)
{
    struct counter *counter = &deciding->counter;
    const struct audit audit = {.action = "merchant_call.decide",
                                .object_id = operation->id,
                                .after = text_from(decision_name(deciding->decision)),
                                .why = deciding->why};
    struct redemption_view redemption;

    if (redemption_find(counter->database.db, operation->redemption_id, counter->arena, &redemption,
                        error) != FIND_FOUND)
        return false;
    redemption_view_ref(&redemption, &decide->ref);
    decide->ref.command.kind = &command_decide;
    decide->ref.operation_id = id_next(&counter->ids);
    decide->dead_id = operation->id;
    decide->decision = deciding->decision;
    return audit_append(counter->database.db, &audit, clock_now_us(), error) &&
           teller_run(counter->teller, &decide->ref.command, error);
}

static bool decide_one(struct deciding *deciding, const struct operation_view *operation,
                       struct error *error)
{
    struct decide_call decide = {0};
    const struct outcome *outcome = &decide.ref.command.outcome;

    if (operation->state != OPERATION_DEAD)
        return error_set(error, "merchant_calls.state",
                         "call %" PRIu64 " is %s: only dead ones wait for a person", operation->id,
                         operation_state_name(operation->state));
    if (!submit(deciding, operation, &decide, error))
        return false;
    if (outcome->refusal != ACCEPTED)
        return error_set(error, "merchant_calls.refused", "call %" PRIu64 ": %s", operation->id,
                         refusal_text(outcome->refusal)->en);
    printf("%" PRIu64 " %s: redemption %" PRIu64 " is %s\n", operation->id,
           decision_name(deciding->decision), outcome->ref,
           redemption_state_name((enum redemption_state)outcome->state));
    return true;
}

/* One after the other; what could not be decided is told, and the others go on. */
static bool decide_all(struct deciding *deciding, struct error *error)
{
    const struct operation_filter filter = {.merchant_id = deciding->merchant_id,
                                            .state = OPERATION_DEAD};
    struct operation_view *views;
    uint64_t after = 0;
    size_t count = PAGE;
    bool fine = true;

    while (count == PAGE) {
        if (!operation_list(deciding->counter.database.db, &filter, after, PAGE,
                            deciding->counter.arena, &views, &count, error))
            return false;
        for (size_t i = 0; i < count; i++) {
            struct error one = {0};

            after = views[i].id;
            if (decide_one(deciding, &views[i], &one))
                continue;
            fprintf(stderr, "linli: %s\n", one.detail);
            fine = error_set(error, "merchant_calls.some", "not all of them were decided");
        }
    }
    return fine;
}

static bool decide_which(struct deciding *deciding, struct error *error)
{
    struct operation_view view;

    if (deciding->operation_id == 0)
        return decide_all(deciding, error);
    return find(deciding->counter.database.db, deciding->operation_id, deciding->counter.arena,
                &view, error) &&
           decide_one(deciding, &view, error);
}

static enum exit_status decide(struct cli *cli, struct deciding *deciding)
{
    struct error error = {0};
    bool fine;

    if (!cli_why(cli, &deciding->why) || !cli_nothing_left(cli))
        return EXIT_USAGE;
    fine = counter_open(&deciding->counter, cli->settings, "linli merchant-calls", &error) &&
           decide_which(deciding, &error);
    counter_close(&deciding->counter);
    return fine ? EXIT_FINE : cli_fail(&error);
}

enum exit_status cli_merchant_calls_replay(struct cli *cli)
{
    struct deciding deciding = {.decision = DECIDED_ASK_AGAIN};
    const char *merchant = cli_option(cli, "merchant"), *word = cli_word(cli);

    if (!!merchant == !!word ||
        !cli_read_id(merchant ? merchant : word,
                     merchant ? &deciding.merchant_id : &deciding.operation_id))
        return cli_misused(cli, "which: a number of `linli merchant-calls list`; or all of one "
                                "merchant: --merchant=ID");
    return decide(cli, &deciding);
}

enum exit_status cli_merchant_calls_resolve(struct cli *cli)
{
    struct deciding deciding = {0};
    const char *as = cli_option(cli, "as");

    if (!cli_read_id(cli_word(cli), &deciding.operation_id))
        return cli_misused(cli, "which: its number, as `linli merchant-calls list` prints it");
    if (as && strcmp(as, "confirmed") == 0)
        deciding.decision = DECIDED_CONFIRMED;
    else if (as && strcmp(as, "cancelled") == 0)
        deciding.decision = DECIDED_CANCELLED;
    else
        return cli_misused(cli, "--as=confirmed (the goods are with the member) or cancelled");
    return decide(cli, &deciding);
}
