/*
 * A world for tests of the judge: a desk that answers as each test says, a teller with a judge, and
 * members who redeem. Include it first.
 */
#ifndef LINLI_UNIT_JUDGE_WORLD_H
#define LINLI_UNIT_JUDGE_WORLD_H

#include "teller.h"

#include "ledger/check.h"
#include "ledger/facts.h"
#include "ledger/judge.h"
#include "market/facts.h"
#include "market/redemption.h"
#include "outbox/inbox.h"
#include "people/facts.h"
#include "service/facts.h"
#include "service/record.h"

#define REWARD   900
#define MERCHANT 80
#define PRICE    100
#define CHINA    480

/* --- The desk --------------------------------------------------------------------------------- */

static struct manifest manifest = {.kind = LINLI_AUDIT, .name = "rule", .events = ~0U};
static struct plugin rules[3];
static struct plugin_set set = {.revision = 7, .plugins = rules};
/* What each rule says next. */
static struct {
    enum linli_verdict verdict;
    enum plugin_fault fault;
} says[3];
static struct linli_event last_asked;
static struct linli_value last_value;
static int asked;

struct plugin_desk {
    int borrowed;
};
static struct plugin_desk the_desk;

struct plugin_desk *plugins_borrow(struct plugins *plugins, enum plugin_desk_use use)
{
    (void)plugins;
    assert_int_equal(use, DESK_TELLER);
    assert_int_equal(the_desk.borrowed++, 0);
    return &the_desk;
}

void plugins_return(struct plugin_desk *desk)
{
    assert_int_equal(--desk->borrowed, 0);
}

const struct plugin_set *plugin_desk_set(const struct plugin_desk *desk)
{
    (void)desk;
    return &set;
}

void plugin_desk_ask(struct plugin_desk *desk, struct plugin_call *calls, size_t count,
                     struct arena *arena, int64_t deadline_us)
{
    (void)desk, (void)deadline_us;
    asked++;
    for (size_t i = 0; i < count; i++) {
        size_t rule = (size_t)(calls[i].plugin - rules);
        struct linli_opinion *opinion = &calls[i].answer.opinion;

        last_asked = calls[i].question.event;
        last_value = calls[i].values[0];
        calls[i].fault = says[rule].fault;
        opinion->verdict = says[rule].verdict;
        snprintf(opinion->reason.code, sizeof opinion->reason.code, "rule_%zu", rule);
        opinion->reason.zh.bytes = arena_copy(arena, "核对", 6);
        opinion->reason.zh.length = 6;
    }
}

/* Rules that allow everything, enforced; a flag holds. */
static void rules_are(size_t count)
{
    set.count = count;
    memset(says, 0, sizeof says);
    for (size_t i = 0; i < count; i++)
        rules[i] = (struct plugin){.plugin_id = 10 + i,
                                   .version_id = 20 + i,
                                   .policy_id = 30 + i,
                                   .manifest = &manifest,
                                   .mode = PLUGIN_ENFORCED,
                                   .on_flag = EFFECT_HOLD,
                                   .hold_from = INT64_MAX};
}

/* --- The world -------------------------------------------------------------------------------- */

static const struct fact_loader *const loaders[] = {
    &ledger_wallet_facts,
    &market_member_facts,
    &service_member_facts,
    &service_record_facts,
    &people_member_facts,
    &market_merchant_facts,
    NULL,
};
static struct id_maker ids;
static int64_t utc_offset_minutes = CHINA;
static const struct review_options review = {.answer_days = 3};
static _Atomic int64_t now_us;
static struct judge *judge;
static struct teller *teller;

static int set_up_world(void **state)
{
    facts_register(loaders);
    if (set_up(state) != 0)
        return -1;
    run_sql("INSERT INTO rewards (reward_id, merchant_id, title, description, created_us,"
            " updated_us) VALUES (900, 80, '', '', 0, 0)");
    run_sql("INSERT INTO stock (reward_id, merchant_id, state, price, reimburse_fen, terms_version,"
            " limit_count, limit_days, valid_us, initial, free, held, sold)"
            " VALUES (900, 80, 0, 100, 5, 1, 0, 1, 86400000000, 0, 0, 0, 0)");
    return 0;
}

static int set_up_teller(void **state)
{
    static const struct judge_tools tools = {
        .ids = &ids, .options = &review, .utc_offset_minutes = &utc_offset_minutes};
    struct teller_options options = teller_defaults;
    uint32_t instance;

    (void)state;
    now_us = clock_now_us();
    options.time_us = &now_us;
    assert_true(instance_claim(db, "test", &instance, &error));
    id_maker_start(&ids, instance);
    judge = judge_new(&tools);
    teller = teller_start(&options, &database.options, instance, signer, 1, judge, &error);
    assert_non_null(teller);
    rules_are(0);
    return 0;
}

static int tear_down_teller(void **state)
{
    (void)state;
    teller_stop(teller);
    judge_free(judge);
    return 0;
}

static void run(struct command *command, enum refusal expected)
{
    if (!teller_run(teller, command, &error))
        fail_msg("%s: %s", error.code, error.detail);
    assert_int_equal(command->outcome.refusal, expected);
}

/* Somebody who has a price to spend, and a piece to spend it on. */
static uint64_t buyer(void)
{
    static uint64_t member;
    struct credit credit = credit_to(++member, PRICE);
    struct restock restock = {.command.kind = &command_restock, .reward_id = REWARD, .pieces = 1};

    run(&credit.command, ACCEPTED);
    run(&restock.command, ACCEPTED);
    return member;
}

static struct reserve redeem(uint64_t member, enum refusal expected)
{
    struct reserve reserve = {.command.kind = &command_reserve,
                              .redemption_id = id_next(&ids),
                              .member_id = member,
                              .reward_id = REWARD,
                              .merchant_id = MERCHANT,
                              .price = PRICE,
                              .terms_version = 1,
                              .utc_offset_minutes = CHINA};

    memcpy(reserve.code_hash, &reserve.redemption_id, sizeof reserve.redemption_id);
    run(&reserve.command, expected);
    return reserve;
}

static struct redemption_ref turn(const struct reserve *reserve, const struct command_kind *kind,
                                  uint64_t actor)
{
    return (struct redemption_ref){
        .command = {.kind = kind, .actor = actor, .actor_epoch = 1},
        .redemption_id = reserve->redemption_id,
        .member_id = reserve->member_id,
        .wallet_id = reserve->member_id,
        .reward_id = REWARD,
        .merchant_id = MERCHANT,
        .points = PRICE,
        .check_id = reserve->command.judged.check_id,
        .reason = TEXT("看过了"),
    };
}

static int64_t state_of(const struct reserve *reserve)
{
    struct rows *rows = db_query(db, "SELECT state FROM redemptions WHERE redemption_id = ?",
                                 DB_ID(reserve->redemption_id));
    int64_t state = rows_next(rows) ? rows_int(rows, 0) : 0;

    assert_true(rows_end(rows, &error));
    return state;
}

static int64_t check_number(uint64_t check_id, const char *sql)
{
    struct rows *rows = db_query(db, sql, DB_ID(check_id));
    int64_t value = rows_next(rows) ? rows_int(rows, 0) : -1;

    assert_true(rows_end(rows, &error));
    return value;
}
#define STATE_OF_CHECK "SELECT state FROM checks WHERE check_id = ?"

static int64_t noticed(uint64_t member, enum notice_kind kind)
{
    struct rows *rows =
        db_query(db, "SELECT COUNT(*) FROM notices WHERE account_id = ? AND kind = ?",
                 DB_ID(member), DB_INT(kind));
    int64_t count = rows_next(rows) ? rows_int(rows, 0) : -1;

    assert_true(rows_end(rows, &error));
    return count;
}

#endif
