/*
 * linli plugin replay: a rule asked about the past, on the database of the settings, while servers
 * go on. Prints whom it would have flagged or denied; nothing is written.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/csv.h"
#include "cli/books.h"
#include "cli/progress.h"
#include "ledger/check.h"
#include "people/secrets.h"
#include "service/replay.h"

struct past {
    struct books books;
    struct registry registry;
    struct arena *arena;
    struct plugin_row plugin;
    struct progress progress;
    const char *name, *settings_path;
    int32_t from_day, to_day;
    int offset;
};

static void print_hit(void *context, const struct replay_hit *hit)
{
    const struct past *past = context;
    const struct linli_event *event = hit->event;
    const struct linli_opinion *opinion = &hit->call->answer.opinion;
    bool faulted = hit->call->fault != FAULT_NONE;
    struct buffer line = {0};

    csv_time(&line, event->at_us, past->offset);
    csv_word(&line, event_kind_name((enum linli_event_kind)event->kind));
    csv_id(&line, event->event);
    csv_id(&line, event->member);
    csv_word(&line, faulted                          ? plugin_fault_name(hit->call->fault)
                    : opinion->verdict == LINLI_DENY ? "deny"
                                                     : "flag");
    csv_word(&line, faulted ? NULL : opinion->reason.code);
    csv_text(&line, faulted ? (struct text){0}
                            : (struct text){opinion->reason.zh.bytes, opinion->reason.zh.length});
    csv_end_row(&line);
    fwrite(line.data, 1, line.length, stdout);
    buffer_free(&line);
}

static void show_progress(void *context, uint64_t done, uint64_t total)
{
    progress_show(&((struct past *)context)->progress, "asking", done, total);
}

static bool open_past(struct past *past, const struct settings *settings, struct error *error)
{
    enum find found;

    past->arena = arena_new();
    if (!books_open(&past->books, settings, error))
        return false;
    secrets_serve_registry(past->books.keyring);
    past->registry =
        (struct registry){.options = &settings->plugins, .program = cli_program_path()};
    past->offset = (int)settings->programme.utc_offset_minutes;
    found =
        registry_find_name(past->books.database.db, (struct text){past->name, strlen(past->name)},
                           past->arena, &past->plugin, error);
    return found == FIND_FOUND ||
           (found == FIND_NOTHING &&
            error_set(error, "plugin.name", "there is no plugin %s: see `linli plugin list`",
                      past->name));
}

static bool read_settings(const struct past *past, json_t **wanted, struct error *error)
{
    json_error_t why;

    *wanted = NULL;
    if (!past->settings_path)
        return true;
    *wanted = json_load_file(past->settings_path, JSON_REJECT_DUPLICATES, &why);
    return *wanted || error_set(error, "plugin.settings", "%s: %s", past->settings_path, why.text);
}

static bool replay_it(struct past *past, struct error *error)
{
    json_t *settings;
    struct replay_sum sum;
    struct replay replay = {
        .registry = &past->registry,
        .plugin = &past->plugin,
        .from_us = calendar_day_start_us(past->from_day, past->offset),
        .until_us = calendar_day_start_us(past->to_day + 1, past->offset),
        .utc_offset_minutes = past->offset,
        .hit = print_hit,
        .progress = show_progress,
        .context = past,
    };
    bool fine = read_settings(past, &settings, error);

    replay.settings = settings;
    past->progress = progress_new();
    if (fine) {
        puts("at,about,id,member,verdict,code,words");
        fine = replay_run(&replay, past->books.database.db, &sum, error);
        progress_end(&past->progress);
    }
    json_decref(settings);
    if (fine)
        fprintf(stderr,
                "%s: asked about %" PRIu64 ", would have flagged %" PRIu64 " and denied %" PRIu64
                "; no answer to %" PRIu64 "\n",
                past->name, sum.asked, sum.flagged, sum.denied, sum.faulted);
    return fine;
}

static bool read_day(const char *text, int32_t *day)
{
    return text && calendar_parse_day((struct text){text, strlen(text)}, day);
}

enum exit_status cli_plugin_replay(struct cli *cli)
{
    struct past past = {.settings_path = cli_option(cli, "settings")};
    const char *from = cli_option(cli, "from"), *to = cli_option(cli, "to");
    struct error error = {0};
    bool fine;

    past.name = cli_word(cli);
    if (!past.name || !read_day(from, &past.from_day) || !read_day(to, &past.to_day) ||
        past.from_day > past.to_day)
        return cli_misused(cli, "which rule, and --from and --to, days such as 2026-11-22?");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    fine = open_past(&past, cli->settings, &error) && replay_it(&past, &error);
    books_close(&past.books);
    arena_free(past.arena);
    return fine ? EXIT_FINE : cli_fail(&error);
}
