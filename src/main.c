/*
 * Linli: what this build is made of. Every table here is the whole truth about its kind; what is
 * not in it does not run.
 */
#include <jansson.h>

#include "api/api_metrics.h"
#include "assess/runs.h"
#include "base/crypto.h"
#include "cli/cli.h"
#include "jobs/jobs.h"
#include "ledger/facts.h"
#include "ledger/judge.h"
#include "ledger/wallet_open.h"
#include "market/facts.h"
#include "market/verify.h"
#include "outbox/dispatch.h"
#include "people/facts.h"
#include "people/people.h"
#include "service/erase.h"
#include "service/facts.h"
#include "service/merge.h"
#include "service/verify.h"

static struct settings settings = {.award.utc_offset_minutes =
                                       &settings.programme.utc_offset_minutes};

/* One configuration, table by table: `linli config` prints them in this order. */
static const struct config_part config[] = {
    {process_config, &settings.process},
    {http_config, &settings.http},
    {db_config, &settings.db},
    {embedded_config, &settings.embedded},
    {keyring_config, &settings.keyring},
    {teller_config, &settings.teller},
    {query_config, &settings.query},
    {heads_config, &settings.heads},
    {programme_config, &settings.programme},
    {award_config, &settings.award},
    {plugin_config, &settings.plugins},
    {review_config, &settings.review},
    {outbox_config, &settings.outbox},
    {sign_in_config, &settings.sign_in},
    {sms_config, &settings.sms},
    {0},
};

/* clang-format off */
static const struct metrics_part metrics[] = {
    {http_metrics, &http_metrics_count},
    {api_metrics, &api_metrics_count},
    {teller_metrics, &teller_metrics_count},
    {keeper_metrics, &keeper_metrics_count},
    {verify_metrics, &verify_metrics_count},
    {plugin_metrics, &plugin_metrics_count},
    {caller_metrics, &caller_metrics_count},
    {dispatch_metrics, &dispatch_metrics_count},
    {0},
};
/* clang-format on */

/* How many points a service record is worth: the seam for assessment plugins. */
static const struct award_policy award_policy = {"by_category", award_by_category, &settings.award};

/* What the keeper does by itself. */
static const struct job jobs[] = {
    {"activities_advance", 30 * SECOND_US, advance_activities},
    {"proxy_redemptions_tell", 2 * SECOND_US, proxy_redemptions_tell},
    {"vouchers_lapse", MINUTE_US, vouchers_lapse},
    {"checks_release", MINUTE_US, checks_release},
    {"checks_remind", 10 * MINUTE_US, checks_remind},
    {"statements_fill", 30 * SECOND_US, statements_fill},
    {"disputes_escalate", MINUTE_US, disputes_late_escalate},
    {"lots_expire", MINUTE_US, lots_expire},
    {"points_expiring", MINUTE_US, points_expiring_tell},
    {"answers_prune", 20 * SECOND_US, answers_prune},
    {"limits_prune", HOUR_US, limits_prune},
    {"people_prune", 10 * MINUTE_US, people_expired_prune},
    {"notices_prune", 10 * MINUTE_US, notices_prune},
    {"imports_undo", 10 * SECOND_US, imports_undo},
    {"integrations_learn", 5 * SECOND_US, integrations_learn},
    {"merges_finish", 2 * SECOND_US, merges_finish},
    {"keys_learn", 2 * SECOND_US, keys_learn},
    {"assessments_rate", SECOND_US / 4, assessments_rate},
    {"verify_new", MINUTE_US, verify_new_blocks},
    {"checkpoint", MINUTE_US, checkpoint_heads},
    {0},
};

/* Whose tables `linli ledger verify` holds against the history, beside the ledger's own. */
static const struct verifier *const verifiers[] = {
    &verifier_stock,      &verifier_redemptions, &verifier_statements, &verifier_disputes,
    &verifier_operations, &verifier_limits,      &verifier_records,    NULL,
};

/* What plugins may know, room by room: `linli facts` prints it. */
static const struct fact_loader *const facts[] = {
    &ledger_wallet_facts, &market_member_facts,     &market_pair_facts,    &market_merchant_facts,
    &market_actor_facts,  &market_redemption_facts, &service_member_facts, &service_record_facts,
    &service_pair_facts,  &service_actor_facts,     &service_period_facts, &service_unit_facts,
    &service_run_facts,   &people_member_facts,     &people_period_facts,  NULL,
};

static const struct subcommand subcommands[] = {
    {"serve", "Serve the API",
     "Without settings: on 127.0.0.1:8080, with a database of its own below ./state. Often set:\n\n"
     "  --port=PORT          0: any free one\n"
     "  --state_dir=DIR      where the database and the master key are\n"
     "  --database.url=URL   another MariaDB, instead of one of its own\n"
     "  --demo=small         fictional data into an empty database, and its sign-ins; a street\n"
     "  --demo=district      the same of a district: 19,400 members, a year; about a minute\n"
     "\n"
     "SIGTERM and Ctrl-C answer what is in hand, then stop; SIGHUP reads the settings again.\n",
     cli_serve},
    {"config", "Print every setting, its value and where it came from", NULL, cli_config},
    {"migrate", "Bring the database's schema up to this version",
     "  --status             only say what is applied\n", cli_migrate},
    {"routes", "Print what can be asked", "  --json               with the fields, for programs\n",
     cli_routes},
    {"demo cases", "Print what is planted in the district demo, for audit rules to find",
     "  --json               with every id, for programs\n", cli_demo_cases},
    {"admin create", "Make an administrator",
     "  --login=LOGIN        2 to 64 of a-z 0-9 . _ @ -\n"
     "  --name=NAME          as others see it\n"
     "  --generate           make a password and print it; otherwise it is asked for, or read\n"
     "                       as a line from stdin\n",
     cli_admin_create},
    {"admin password", "Give a staff account another password and end its sessions",
     "  --login=LOGIN\n"
     "  --generate           as in `linli admin create`\n",
     cli_admin_password},
    {"users list", "Print the staff accounts",
     "  --role=ROLE          only coordinator, unit_reader, clerk, manager, auditor or\n"
     "                       administrator\n"
     "  --json               for programs\n",
     cli_users_list},
    {"users show", "Print a staff account", "  LOGIN                or the account's id\n",
     cli_users_show},
    {"users create", "Make a staff account, with a password that is made and printed",
     "  LOGIN                2 to 64 of a-z 0-9 . _ @ -\n"
     "  --role=ROLE          coordinator or unit_reader, of --unit; clerk or manager, of\n"
     "                       --merchant; auditor; administrator\n"
     "  --unit=ID            as `linli units list` prints it\n"
     "  --merchant=ID\n"
     "  --name=NAME          as others see it\n"
     "  --person=ID          the member that this person also is: nobody decides their own\n"
     "  --ask                for the password, or read it as a line from stdin\n",
     cli_users_create},
    {"users role", "Give a staff account another role; it signs in again",
     "  LOGIN                or the account's id\n"
     "  --role=ROLE          with --unit or --merchant, as in `linli users create`\n"
     "  --why=REASON         kept in the audit trail\n",
     cli_users_role},
    {"users disable", "End a staff account's sessions, and let it sign in no more",
     "  LOGIN                or the account's id\n"
     "  --why=REASON         kept in the audit trail\n",
     cli_users_disable},
    {"users enable", "Let a staff account sign in again, with the password that it had",
     "  LOGIN                or the account's id\n"
     "  --why=REASON         kept in the audit trail\n",
     cli_users_enable},
    {"units list", "Print the tree of units",
     "  --under=ID           only this one and what is below it\n"
     "  --json               for programs\n",
     cli_units_list},
    {"units add", "Make a unit and print its id",
     "  NAME\n"
     "  --kind=KIND          as `linli units kinds` prints it, or one of your own\n"
     "  --parent=ID          without it a root\n",
     cli_units_add},
    {"units rename", "Give a unit another name",
     "  UNIT NAME            the unit's id\n"
     "  --why=REASON         kept in the audit trail\n",
     cli_units_rename},
    {"units move", "Move a unit, with everything below it",
     "  UNIT                 its id\n"
     "  --parent=ID          where to\n"
     "  --top                instead: it becomes a root\n"
     "  --why=REASON         kept in the audit trail\n"
     "\nWhat its coordinators may see stays; those of the old and the new parent lose or gain "
     "it.\n",
     cli_units_move},
    {"units kinds", "Print the kinds of unit and what they are called", NULL, cli_units_kinds},
    {"import members", "Import members from a CSV file, all or nothing",
     "  FILE                 UTF-8; its first row names the columns: name, unit (an id, or a name\n"
     "                       that only one unit has), phone, work_unit, age (adult, youth),\n"
     "                       guardian (yes)\n"
     "  --dry-run            only check; every faulty row is named\n"
     "  --consented          they all agreed to the terms, in writing: needed to import\n"
     "\nExit status: 0 when all are imported (or would be), 1 when nobody is.\n",
     cli_import_members},
    {"export member",
     "Print everything that is held about a member, as they can ask for themselves",
     "  MEMBER               the member's id\n"
     "  --why=REASON         kept in the audit trail\n"
     "  --out=FILE           instead of printing it\n",
     cli_export_member},
    {"export", "Write what is in the database, for spreadsheets and programs",
     "  WHAT                 units, members, activities, records, transfers, redemptions or audit\n"
     "  --format=csv|json\n"
     "  --out=FILE           a new file that only you can read, instead of printing it\n"
     "  --names              of members: names and phones too\n"
     "  --why=REASON         for --names: kept in the audit trail\n",
     cli_export},
    {"erase", "Erase what is personal of a member; the books stay",
     "  MEMBER               the member's id\n"
     "  --why=REASON         kept in the audit trail: no name, no phone\n"
     "  --list               print who was erased, and when: keep it beside the backups\n"
     "  --replay=FILE        erase all of such a list again, after a restore\n",
     cli_erase},
    {"doctor", "Look whether machine and database are fit, and say what to do",
     "  --json               for programs\n"
     "\nWith the settings of the server. Exit status: 0, or 1 when something FAILs; what is a "
     "WARN\n"
     "works, but not as it should, or not for long.\n",
     cli_doctor},
    {"backup", "Save the whole database, at one moment, while servers go on",
     "  DIRECTORY            gets a directory linli-TIME, complete when it has that name; printed\n"
     "\nThe master key is not in it, and without that key it cannot be used: keep both, apart.\n",
     cli_backup},
    {"restore", "Load a backup into an empty database",
     "  BACKUP               a directory that `linli backup` made\n"
     "  --erased=FILE        the newest `linli erase --list`: they are erased again\n"
     "  --none-erased        instead: nobody was erased since the backup\n"
     "  --again              drop what an interrupted restore left, and begin anew\n"
     "  --check              only look whether its files are whole\n"
     "\nThe master key must be in its place before. The books are verified at the end; until then\n"
     "no server serves the database.\n",
     cli_restore},
    {"keys list", "Print the keys, without their secrets", NULL, cli_keys_list},
    {"keys rotate", "Make a new current key; old ones stay for what they have made",
     "  PURPOSE              token, chain, voucher, personal, check_in or secret\n",
     cli_keys_rotate},
    {"keys make-master", "Make a master key file, for a database of your own",
     "  PATH                 what keys.master_file will name\n", cli_keys_make_master},
    {"ledger verify", "Recompute the books from the history and name the first row that is wrong",
     "  --json               for programs\n"
     "  --checkpoint=FILE    the history must also be the one that this checkpoint was made of\n"
     "\nExit status: 0 when everything fits, 1 when a row does not.\n",
     cli_ledger_verify},
    {"ledger trial-balance", "What every kind of account had, got, gave and has on a day",
     "  --day=2026-11-22     of the programme's time zone\n"
     "  --format=json|csv\n",
     cli_ledger_trial_balance},
    {"ledger checkpoint", "Sign the heads of all lanes, for somebody outside to keep",
     "  --out=FILE           instead of printing it\n", cli_ledger_checkpoint},
    {"receipt verify", "Check a transfer's receipt; needs no database",
     "  FILE                 as GET /v1/transfers/{id}/receipt gave it\n"
     "  --checkpoint=FILE    one that you kept: the receipt's headers must meet it\n"
     "  --key=HEX            the programme's public key, from a place that you trust\n",
     cli_receipt_verify},
    {"statements settle", "Cut a statement for every merchant, or for one",
     "  --through=2026-11-30 the last day of the period: it is over\n"
     "  --merchant=ID        instead of all\n"
     "\nAgain with the same day: what was left is settled, no statement is made twice.\n",
     cli_statements_settle},
    {"statements list", "Print the statements",
     "  --merchant=ID        of one merchant\n"
     "  --state=STATE        filling, draft, signed or paid\n",
     cli_statements_list},
    {"statements show", "Print a statement with all its lines",
     "  ID                   as `linli statements list` prints it\n"
     "  --format=json|csv    the CSV opens in a spreadsheet as it is\n",
     cli_statements_show},
    {"statements pay", "Note that a signed statement was paid",
     "  ID\n"
     "  --note=TEXT          how: the number of the bank transfer\n",
     cli_statements_pay},
    {"merchant-calls list", "Print what merchants were asked and nobody could find out: the queue",
     "  --state=STATE        waiting, done, declined, decided or any, instead of dead: the queue\n"
     "  --merchant=ID        of one merchant\n"
     "  --redemption=ID      of one redemption\n"
     "  --json               for programs\n",
     cli_merchant_calls_list},
    {"merchant-calls show", "Print one of them as JSON",
     "  ID                   as `linli merchant-calls list` prints it\n", cli_merchant_calls_show},
    {"merchant-calls replay", "Ask the merchant again what became of it: it is back, and will know",
     "  ID                   in the queue; or\n"
     "  --merchant=ID        all of this merchant's that are\n"
     "  --why=TEXT           kept in the audit trail\n",
     cli_merchant_calls_replay},
    {"merchant-calls resolve", "Decide what became of it, having asked the merchant",
     "  ID                   in the queue\n"
     "  --as=confirmed       the goods are with the member\n"
     "  --as=cancelled       they are not: the points go back\n"
     "  --why=TEXT           how you know; kept in the audit trail\n",
     cli_merchant_calls_resolve},
    {"figures", "Print what a unit and all below it did in a period",
     "  UNIT                 its number\n"
     "  --from=2026-11-01    by default the first day of the month of the last one\n"
     "  --to=2026-11-30      by default today; days of the programme's time zone\n"
     "  --by=SPLIT           total, day, week, month or unit (those just below it)\n"
     "  --format=json|csv    the CSV opens in a spreadsheet as it is\n",
     cli_figures},
    {"facts", "Print what plugins may know",
     "  --json               for programs\n"
     "  --markdown           as docs/facts.md has it\n",
     cli_facts},
    {"assess run", "Rate the members of a unit, and its work units: a draft",
     "  POLICY UNIT          an assessment plugin in shadow or enforced; the unit's number\n"
     "  --from=2026-01-01    the first day\n"
     "  --to=2026-12-31      the last one; a period that is not over gives a forecast\n"
     "  --by=work|residence  whose members: by default those who work or belong there\n",
     cli_assess_run},
    {"assess ratings", "Print an assessment's ratings with their reasons as CSV",
     "  ID                   as `linli assess run` prints it\n"
     "  --units              of the units instead of the members\n",
     cli_assess_ratings},
    {"plugin list", "Print the plugins", NULL, cli_plugin_list},
    {"plugin replay", "Ask a rule about the past: whom would it have flagged or denied?",
     "  NAME                 an audit plugin, in whatever mode\n"
     "  --from=2026-01-01\n"
     "  --to=2026-10-31      days of the programme's time zone\n"
     "  --settings=FILE      JSON, instead of the settings in force\n"
     "\nPrints CSV, and a summary on stderr; writes nothing.\n",
     cli_plugin_replay},
    {"plugin show", "Print a plugin with its settings, facts and versions",
     "  NAME                 as `linli plugin list` prints it\n", cli_plugin_show},
    {"plugin upload", "Bring a plugin's file into the database; it is off, or not in force yet",
     "  FILE                 the shared object, 3 MiB at most\n"
     "  --signature=FILE     instead of FILE.sig beside it\n"
     "  --why=REASON         kept in the audit trail\n",
     cli_plugin_upload},
    {"plugin change", "Configure, put in shadow, enforce, switch off, change version or order",
     "  NAME\n"
     "  --why=REASON         kept in the audit trail\n"
     "  --mode=MODE          off, shadow (recorded, not obeyed) or enforced; releases one that is\n"
     "                       quarantined\n"
     "  --settings=FILE      a JSON object, whole; a secret given as true stays\n"
     "  --version=ID         another one, as `linli plugin show` prints it\n"
     "  --rank=N             rules are asked in this order\n"
     "  --on-flag=EFFECT     mark or hold: what a rule's flag does\n"
     "  --on-fault=EFFECT    pass, mark, hold or deny: what stands for no answer\n"
     "  --hold-from=POINTS   redemptions from here on are held where on-fault is mark\n",
     cli_plugin_change},
    {"plugin rollback", "Back to what was in force before the last change",
     "  NAME\n"
     "  --why=REASON         kept in the audit trail\n",
     cli_plugin_roll_back},
    {"plugin faults", "Print which calls of a plugin died, and how",
     "  NAME                 of this one alone\n", cli_plugin_faults},
    {"plugin make-key", "Make a key that signs plugins",
     "  PATH                 keep it where no server is; servers get its public half, printed\n",
     cli_plugin_make_key},
    {"plugin sign", "Sign a plugin's file: writes FILE.sig",
     "  FILE\n"
     "  --key=PATH           as `linli plugin make-key` wrote it\n",
     cli_plugin_sign},
    {"plugin check", "Run the conformance suite on a plugin's file, in a throw-away sandbox",
     "  FILE\n"
     "  --settings=FILE      a JSON object, where a setting has no default\n"
     "  --json               for programs\n"
     "\nExit status: 0 when it conforms, 1 when it does not.\n",
     cli_plugin_check},
    {"plugin new", "Write the project of a new plugin, which builds and tests itself",
     "  KIND NAME            merchant, audit or assess; a-z 0-9 and _\n"
     "  --directory=DIR      instead of ./NAME\n",
     cli_plugin_new},
    {"plugin-host", "Run plugins; started by the server, of no use to people", NULL,
     cli_plugin_host},
    {"version", "Print the version", NULL, cli_version},
    {"help", "Print this", NULL, cli_help},
    {0},
};

static const struct program linli = {
    .subcommands = subcommands,
    .config = config,
    .metrics = metrics,
    .routes = route_tables,
    .jobs = jobs,
    .award_policy = &award_policy,
    .verifiers = verifiers,
    .settings = &settings,
};

int main(int argc, char **argv)
{
    /* Libraries, before any thread. */
    crypto_start();
    json_object_seed(0);

    facts_register(facts);
    people_on_member_created(wallet_open);
    people_on_member_removed(wallet_remove);
    people_on_member_erased(service_erase_member);
    people_on_member_erased(assess_erase_member);
    people_on_member_merged(service_merge_member);
    people_on_member_merged(assess_merge_member);

    for (const struct metrics_part *part = metrics; part->metrics; part++)
        metrics_register(part->metrics, *part->count);

    /* The rest is the subcommand's: `serve` starts the parts in cli/serve.c. */
    return cli_run(&linli, argc, argv);
}
