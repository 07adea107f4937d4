/*
 * cli: one file per subcommand. A subcommand gets the settings, which every source was read for,
 * and the words and options that are its own.
 */
#ifndef LINLI_CLI_H
#define LINLI_CLI_H

#include "api/route.h"
#include "base/config.h"
#include "base/metrics.h"
#include "cli/settings.h"
#include "jobs/keeper.h"
#include "ledger/verify.h"

enum exit_status { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct cli;

struct subcommand {
    const char *name;    /* "serve", "admin create" */
    const char *summary; /* one line */
    const char *help;    /* what --help prints below the usage: own options, examples */
    enum exit_status (*run)(struct cli *cli);
};

struct config_part {
    const struct config_entry *entries;
    void *options;
};

struct metrics_part {
    struct metric *metrics;
    const size_t *count;
};

/* What this build of Linli is made of: main.c. Every table ends with a zero entry. */
struct program {
    const struct subcommand *subcommands;
    const struct config_part *config;
    const struct metrics_part *metrics;
    const struct route *const *routes;
    const struct job *jobs;
    const struct award_policy *award_policy; /* in force */
    const struct verifier *const *verifiers; /* of the rooms above the ledger */
    struct settings *settings;               /* where `config` puts its values */
};

struct cli {
    const struct program *program;
    const struct settings *settings;
    struct config *config;
    const struct subcommand *subcommand;
    int argc; /* what is left: own options and words */
    char **argv;
};

/* Finds the subcommand, reads the settings, runs it. Returns the exit status of the process. */
int cli_run(const struct program *program, int argc, char **argv);
/* Prints every subcommand. */
void cli_print_help(const struct program *program, FILE *out);

/* Takes `--name=value` or `--name value` out of what is left; NULL when it is not there. */
const char *cli_option(struct cli *cli, const char *name);
bool cli_flag(struct cli *cli, const char *name);
/* Takes the first word; NULL when there is none. */
const char *cli_word(struct cli *cli);
/* "8589934593": false for what is no id, NULL too. */
bool cli_read_id(const char *word, uint64_t *id) MUST_CHECK;
/* Takes --why: 4 to 400 bytes for the audit trail. False: said on stderr what is missing. */
bool cli_why(struct cli *cli, struct text *why) MUST_CHECK;
/* Nothing may be left: says on stderr what is too much. */
bool cli_nothing_left(const struct cli *cli) MUST_CHECK;

/* The path of this binary, for processes that are to run it. Lives as long as the process. */
const char *cli_program_path(void);

/* "linli: …" on stderr. */
enum exit_status cli_fail(const struct error *error);
enum exit_status cli_misused(const struct cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);

/* The subcommands. */
enum exit_status cli_serve(struct cli *cli);
enum exit_status cli_config(struct cli *cli);
enum exit_status cli_migrate(struct cli *cli);
enum exit_status cli_routes(struct cli *cli);
enum exit_status cli_demo_cases(struct cli *cli);
enum exit_status cli_admin_create(struct cli *cli);
enum exit_status cli_admin_password(struct cli *cli);
enum exit_status cli_import_members(struct cli *cli);
enum exit_status cli_export(struct cli *cli);
enum exit_status cli_export_member(struct cli *cli);
enum exit_status cli_erase(struct cli *cli);
enum exit_status cli_doctor(struct cli *cli);
enum exit_status cli_backup(struct cli *cli);
enum exit_status cli_restore(struct cli *cli);
enum exit_status cli_keys_list(struct cli *cli);
enum exit_status cli_keys_make_master(struct cli *cli);
enum exit_status cli_keys_rotate(struct cli *cli);
enum exit_status cli_ledger_verify(struct cli *cli);
enum exit_status cli_ledger_trial_balance(struct cli *cli);
enum exit_status cli_ledger_checkpoint(struct cli *cli);
enum exit_status cli_receipt_verify(struct cli *cli);
enum exit_status cli_merchant_calls_list(struct cli *cli);
enum exit_status cli_merchant_calls_show(struct cli *cli);
enum exit_status cli_merchant_calls_replay(struct cli *cli);
enum exit_status cli_merchant_calls_resolve(struct cli *cli);
enum exit_status cli_statements_settle(struct cli *cli);
enum exit_status cli_statements_list(struct cli *cli);
enum exit_status cli_statements_show(struct cli *cli);
enum exit_status cli_statements_pay(struct cli *cli);
enum exit_status cli_figures(struct cli *cli);
enum exit_status cli_facts(struct cli *cli);
enum exit_status cli_users_list(struct cli *cli);
enum exit_status cli_users_show(struct cli *cli);
enum exit_status cli_users_create(struct cli *cli);
enum exit_status cli_users_role(struct cli *cli);
enum exit_status cli_users_disable(struct cli *cli);
enum exit_status cli_users_enable(struct cli *cli);
enum exit_status cli_units_list(struct cli *cli);
enum exit_status cli_units_add(struct cli *cli);
enum exit_status cli_units_rename(struct cli *cli);
enum exit_status cli_units_move(struct cli *cli);
enum exit_status cli_units_kinds(struct cli *cli);
enum exit_status cli_assess_ratings(struct cli *cli);
enum exit_status cli_assess_run(struct cli *cli);
enum exit_status cli_plugin_check(struct cli *cli);
enum exit_status cli_plugin_change(struct cli *cli);
enum exit_status cli_plugin_faults(struct cli *cli);
enum exit_status cli_plugin_list(struct cli *cli);
enum exit_status cli_plugin_replay(struct cli *cli);
enum exit_status cli_plugin_make_key(struct cli *cli);
enum exit_status cli_plugin_new(struct cli *cli);
enum exit_status cli_plugin_roll_back(struct cli *cli);
enum exit_status cli_plugin_show(struct cli *cli);
enum exit_status cli_plugin_sign(struct cli *cli);
enum exit_status cli_plugin_upload(struct cli *cli);
enum exit_status cli_plugin_host(struct cli *cli);
enum exit_status cli_version(struct cli *cli);
enum exit_status cli_help(struct cli *cli);

#endif
