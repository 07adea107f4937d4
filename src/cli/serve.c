/*
 * linli serve: the whole server. `parts` is the order in which they start, stop() the reverse.
 */
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/dispatch.h"
#include "api/guesses.h"
#include "api/heads.h"
#include "api/query_pool.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/tally.h"
#include "cli/cli.h"
#include "cli/database.h"
#include "cli/demo.h"
#include "ledger/judge.h"
#include "market/merchant_calls.h"
#include "market/reward_merchants.h"
#include "people/revocations.h"
#include "people/secrets.h"
#include "plugin/registry.h"

struct server {
    struct cli *cli;
    bool on_a_terminal; /* when it was started */
    const struct settings *settings;
    struct database database;
    struct id_maker ids;
    struct keyring *keyring;
    struct signer *signer;
    struct registry registry;
    struct plugins *plugins;
    struct judge *judge;
    struct teller *teller;
    struct revocations_cache *revocations;
    struct query_pool *queries;
    struct heads *heads;
    struct keeper *keeper;
    struct merchant_calls merchant_calls;
    struct dispatch *dispatch;
    struct tally *wrong_codes;
    struct reward_merchants *reward_merchants;
    struct http_server *http;
    struct app app;
};

/* --- the parts --- */

static bool open_database(struct server *server, struct error *error)
{
    return database_open_migrated(&server->database, server->settings, error);
}

/* Its number makes this start's ids unique. */
static bool claim_instance(struct server *server, struct error *error)
{
    char host[64] = "", name[96];

    gethostname(host, sizeof host - 1);
    snprintf(name, sizeof name, "%s:%ld", host, (long)getpid());
    if (!instance_claim(server->database.db, name, &server->app.instance_id, error))
        return false;
    id_maker_start(&server->ids, server->app.instance_id);
    return true;
}

static bool load_keys(struct server *server, struct error *error)
{
    server->keyring = keyring_load(server->database.db, &server->settings->keyring,
                                   server->database.state_dir, error);
    if (!server->keyring)
        return false;
    server->signer = signer_new(keyring_current(server->keyring, KEY_CHAIN)->secret);
    return true;
}

/* Without a sender members cannot sign in by phone; nobody may find codes in a log by accident. */
static bool choose_code_sender(struct server *server, struct error *error)
{
    const struct sms_options *sms = &server->settings->sms;
    const struct code_sender *sender = code_sender_choose(sms, error);

    if (!sender)
        return false;
    if (code_sender_allowed(sender, server->app.demo, error)) {
        server->app.code_sender = sender;
        return true;
    }
    if (sms->sender != SENDER_AUTO)
        return false;
    LOG(WARN, "serve.no_code_sender",
        LOG_STR("effect", "members cannot sign in by phone; set sms.sender=http and sms.url"));
    return true;
}

/* Before the parts run, signals are not waited for but looked at: they stay pending. SIGHUP asks to
 * stop when the terminal is gone, as in wait_for_the_end. */
static bool is_asked_to_stop(const void *context)
{
    const struct server *server = context;
    sigset_t pending;

    sigpending(&pending);
    return sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) ||
           (sigismember(&pending, SIGHUP) && isatty(STDERR_FILENO) != server->on_a_terminal);
}

/* The demo's sign-ins are public: what holds them is served as a demo or not at all. */
static bool settle_demo(struct server *server, struct error *error)
{
    const struct demo_tools tools = {
        .settings = server->settings,
        .db = server->database.db,
        .options = &server->database.options,
        .keyring = server->keyring,
        .signer = server->signer,
        .key_id = keyring_current(server->keyring, KEY_CHAIN)->id,
        .award_policy = server->cli->program->award_policy,
        .must_stop = is_asked_to_stop,
        .context = server,
    };
    bool loaded;

    if (server->app.demo)
        return demo_load(&tools, error);
    if (!demo_is_loaded(server->database.db, &loaded, error))
        return false;
    return !loaded || error_set(error, "demo.public",
                                "this database holds the demo, whose passwords are public: serve it"
                                " with --demo, or choose another state_dir or database.url");
}

/* One that does not come up does not stop the start: its verdict is on_fault, and the log names it.
 */
static bool start_plugins(struct server *server, struct error *error)
{
    const struct plugin_options *options = &server->settings->plugins;

    secrets_serve_registry(server->keyring);
    server->registry =
        (struct registry){.options = options, .program = cli_program_path(), .ids = &server->ids};
    if (!registry_learn_built_ins(server->database.db, &server->registry, clock_now_us(), error))
        return false;
    server->plugins = plugins_start(options, &server->database.options, &registry_source,
                                    server->registry.program, error);
    return server->plugins != NULL;
}

/* Whoever moves points is judged by the rules in force, a batch at a time. */
static bool start_teller(struct server *server, struct error *error)
{
    server->judge = judge_new(&(struct judge_tools){
        .plugins = server->plugins,
        .ids = &server->ids,
        .options = &server->settings->review,
        .utc_offset_minutes = &server->settings->programme.utc_offset_minutes,
    });
    server->teller = teller_start(
        &server->settings->teller, &server->database.options, server->app.instance_id,
        server->signer, keyring_current(server->keyring, KEY_CHAIN)->id, server->judge, error);
    return server->teller != NULL;
}

static bool start_revocations(struct server *server, struct error *error)
{
    server->revocations = revocations_start(&server->database.options, error);
    return server->revocations != NULL;
}

static bool start_queries(struct server *server, struct error *error)
{
    (void)error;
    server->queries = query_pool_start(&server->settings->query, &server->database.options);
    server->heads =
        heads_start(&server->settings->heads, &server->database.options, server->queries);
    return true;
}

/* What operations mean is the market's; how they are said is the outbox's. */
static bool start_dispatch(struct server *server, struct error *error)
{
    (void)error;
    server->merchant_calls = (struct merchant_calls){
        .teller = server->teller,
        .keyring = server->keyring,
        .ids = &server->ids,
        .desk = step_desk_of(server->plugins),
    };
    server->dispatch = dispatch_start(&(struct dispatch_tools){
        .options = &server->settings->outbox,
        .db = &server->database.options,
        .server = server->app.instance_id,
        .hooks = merchant_calls_hooks(&server->merchant_calls),
    });
    return true;
}

static bool start_keeper(struct server *server, struct error *error)
{
    (void)error;
    server->keeper =
        keeper_start(server->cli->program->jobs, &(struct keeper_tools){
                                                     .db = &server->database.options,
                                                     .teller = server->teller,
                                                     .programme = &server->settings->programme,
                                                     .keyring = server->keyring,
                                                     .ids = &server->ids,
                                                     .plugins = server->plugins,
                                                     .registry = &server->registry,
                                                 });
    return true;
}

static bool open_the_door(struct server *server, struct error *error)
{
    struct app *app = &server->app;

    app->programme = &server->settings->programme;
    app->ids = &server->ids;
    app->keyring = server->keyring;
    app->teller = server->teller;
    app->revocations = server->revocations;
    app->queries = server->queries;
    app->heads = server->heads;
    app->sms = &server->settings->sms;
    app->sign_in = &server->settings->sign_in;
    app->award_policy = server->cli->program->award_policy;
    app->plugins = server->plugins;
    app->registry = &server->registry;
    app->merchant_desk = &server->merchant_calls.desk;
    app->wrong_codes = server->wrong_codes;
    app->reward_merchants = server->reward_merchants;
    routes_compile(server->cli->program->routes);
    server->http = http_server_start(&server->settings->http, dispatch_request, app, error);
    return server->http != NULL;
}

/* The order in which the parts start. */
static bool (*const parts[])(struct server *server, struct error *error) = {
    choose_code_sender, /* a setting that is wrong is told before anything runs */
    open_database,      /* embedded or database.url, brought up to this binary's schema */
    load_keys,          /* sealed in the database, opened by the master key */
    settle_demo,        /* in a lane of its own, with ids below all that come after */
    claim_instance,     /* ids are unique from here on */
    start_plugins,      /* hosts in their sandboxes, for the set in force */
    start_teller,       /* claims a lane of the ledger: points can move */
    start_revocations,  /* which tokens are void, read before the first is believed */
    start_queries,      /* threads for handlers that read, and the long-polls that run on them */
    start_dispatch,     /* says to merchants what the outbox holds, and brings answers */
    start_keeper,       /* what happens by itself */
    open_the_door,      /* last: whoever is let in is served */
};

static bool start(struct server *server, struct error *error)
{
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        if (!parts[i](server, error))
            return false;
    }
    return true;
}

/* What started last stops first, but for the connections: they are freed when nothing can answer
 * them any more. */
static void stop(struct server *server)
{
    atomic_store(&server->app.draining, true);
    if (server->heads)
        heads_release(server->heads); /* who waits for news is answered now */
    if (server->http)
        http_server_drain(server->http);
    keeper_stop(server->keeper);
    dispatch_stop(server->dispatch); /* answers that are in hand reach the teller still */
    query_pool_stop(server->queries);
    heads_stop(server->heads);
    if (server->teller)
        teller_stop(server->teller);
    judge_free(server->judge);
    if (server->plugins)
        plugins_stop(server->plugins);
    if (server->http)
        http_server_free(server->http);
    revocations_stop(server->revocations);
    if (server->signer)
        signer_free(server->signer);
    if (server->keyring)
        keyring_free(server->keyring);
    tally_free(server->wrong_codes);
    reward_merchants_free(server->reward_merchants);
    database_close(&server->database);
}

/* --- signals --- */

static void block_signals(sigset_t *ours)
{
    sigemptyset(ours);
    sigaddset(ours, SIGINT);
    sigaddset(ours, SIGTERM);
    sigaddset(ours, SIGHUP);
    pthread_sigmask(SIG_BLOCK, ours, NULL); /* threads inherit it */
    signal(SIGPIPE, SIG_IGN);
}

/* The second Ctrl-C does not wait for the drain. */
static void let_interrupts_kill(void)
{
    sigset_t interrupt;

    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    signal(SIGINT, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &interrupt, NULL);
}

static void reload(struct server *server)
{
    struct error error = {0};

    if (!config_reload(server->cli->config, &error)) {
        LOG(ERROR, "serve.reload_refused", LOG_STR("detail", error.detail));
        return;
    }
    if (server->http && !http_server_reload_tls(server->http, &error))
        LOG(ERROR, "serve.tls_kept", LOG_STR("detail", error.detail));
    log_configure((enum log_level)server->settings->process.log_level,
                  (enum log_format)server->settings->process.log_format);
    LOG(INFO, "serve.reloaded");
}

/* SIGHUP asks for a reload, but it also comes when the terminal that we were started on is closed:
 * then nobody is left to press Ctrl-C. */
static void wait_for_the_end(struct server *server, const sigset_t *ours)
{
    int number;

    while (sigwait(ours, &number) == 0 && number == SIGHUP &&
           isatty(STDERR_FILENO) == server->on_a_terminal)
        reload(server);
    LOG(INFO, "serve.stopping", LOG_STR("signal", strsignal(number)));
}

/* --- the command --- */

static void announce(const struct server *server)
{
    const char *address = http_server_address(server->http);
    const char *scheme = *server->settings->http.tls_cert ? "https" : "http";

    LOG(INFO, "serve.ready", LOG_STR("address", address), LOG_INT("pid", getpid()),
        LOG_INT("instance", server->app.instance_id));
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\n  Linli %s serves on %s://%s   (Ctrl-C stops it)\n\n", LINLI_VERSION,
                scheme, address);
    if (server->app.demo && isatty(STDERR_FILENO))
        demo_print_sign_ins(server->settings, stderr);
}

enum exit_status cli_serve(struct cli *cli)
{
    struct server server = {
        .cli = cli, .settings = cli->settings, .on_a_terminal = isatty(STDERR_FILENO)};
    struct error error = {0};
    sigset_t ours;
    bool started, stopped;

    server.app.demo = cli->settings->process.demo != DEMO_NONE;
    server.wrong_codes = tally_new(GUESSES_WINDOW_US);
    server.reward_merchants = reward_merchants_new();
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    block_signals(&ours); /* before the first thread */
    started = start(&server, &error);
    if (started)
        announce(&server);
    stopped = !started && strcmp(error.code, "demo.stopped") == 0;
    if (started || stopped)
        wait_for_the_end(&server, &ours);
    let_interrupts_kill();
    stop(&server);
    if (!started && !stopped) {
        LOG(ERROR, "serve.failed", LOG_STR("code", error.code), LOG_STR("detail", error.detail));
        return EXIT_FAILED;
    }
    LOG(INFO, "serve.stopped");
    return EXIT_FINE;
}
