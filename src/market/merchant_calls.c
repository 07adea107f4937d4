#include "market/merchant_calls.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_fields.h"
#include "base/log.h"
#include "ledger/statement.h"
#include "market/coupon_codes.h"
#include "market/integrations.h"
#include "market/merchant_code.h"
#include "outbox/inbox.h"
#include "people/members.h"
#include "plugin/facts.h"

/* An errand's question, with what else the market knows of it. */
struct question {
    struct linli_step_question step;
    uint64_t wallet_id;
    struct linli_value *facts;
    const char *title;
    struct answer_call answer;
    struct errand *errand;
};

static struct linli_text text(const char *bytes)
{
    return (struct linli_text){bytes ? bytes : "", bytes ? strlen(bytes) : 0};
}

static struct linli_text text_view(struct text from)
{
    return (struct linli_text){from.data ? from.data : "", from.length};
}

/* --- The question ----------------------------------------------------------------------------- */

struct loading {
    struct merchant_calls *calls;
    struct db *db;
    struct errand *errand;
    struct question *question;
    uint32_t bits, agreed;
    json_t *settings; /* the merchant's own */
};

static bool read_redemption(struct loading *loading, bool *found, struct error *error)
{
    struct errand *errand = loading->errand;
    struct linli_step_question *step = &loading->question->step;
    struct rows *rows = db_query(
        loading->db,
        "SELECT d.member_id, d.reward_id, d.points, d.reimburse_fen, d.created_us, d.expires_us,"
        " d.agreed, d.calls, r.item, r.title, i.key_id, i.settings"
        " FROM redemptions d JOIN rewards r ON r.reward_id = d.reward_id"
        " JOIN integrations i ON i.integration_id = ? WHERE d.redemption_id = ?",
        DB_ID(errand->lease.integration_id), DB_ID(errand->lease.redemption_id));

    *found = rows_next(rows);
    if (*found) {
        step->member = rows_id(rows, 0);
        step->reward = rows_id(rows, 1);
        step->points = rows_int(rows, 2);
        step->reimburse_fen = rows_int(rows, 3);
        step->created_us = rows_int(rows, 4);
        step->expires_us = rows_int(rows, 5);
        loading->agreed = (uint32_t)rows_int(rows, 6);
        loading->bits = (uint32_t)rows_int(rows, 7);
        step->item = text(rows_copy(rows, 8, errand->arena));
        loading->question->title = rows_copy(rows, 9, errand->arena);
        loading->settings = integration_settings_open(
            loading->calls->keyring, errand->lease.integration_id, (uint32_t)rows_int(rows, 10),
            rows_text(rows, 11), errand->arena);
    }
    return rows_end(rows, error);
}

/* Only what the member agreed to, at this redemption, and only what the plugin still asks for. */
static bool read_disclosed(struct loading *loading, uint32_t discloses, struct error *error)
{
    struct linli_step_question *step = &loading->question->step;
    uint32_t told = loading->agreed & discloses;
    struct member member;
    enum find found;

    if (!(told & (LINLI_TELLS_NAME | LINLI_TELLS_PHONE)))
        return true;
    found = member_find(loading->db, loading->calls->keyring, step->member, loading->errand->arena,
                        &member, error);
    if (found != FIND_FOUND)
        return found == FIND_NOTHING;
    if (told & LINLI_TELLS_NAME)
        step->name = text(member.name);
    if (told & LINLI_TELLS_PHONE)
        step->phone =
            text(arena_copy(loading->errand->arena, member.phone.text, strlen(member.phone.text)));
    return true;
}

static bool read_code(struct loading *loading, struct error *error)
{
    struct errand *errand = loading->errand;
    struct text code = {0};
    enum find found = merchant_code_read(loading->db, loading->calls->keyring,
                                         errand->lease.redemption_id, errand->arena, &code, error);

    if (found == FIND_FAILED)
        return false;
    if (found == FIND_NOTHING && errand->lease.kind == OPERATION_RESERVE &&
        (loading->bits & CALLS_TAKES_CODES) &&
        !coupon_code_take(loading->db, loading->calls->keyring, loading->question->step.reward,
                          errand->lease.redemption_id, errand->now_us, errand->arena, &code, error))
        return false;
    loading->question->step.voucher = text_view(code);
    return true;
}

static bool read_facts(struct loading *loading, const struct manifest *manifest,
                       struct error *error)
{
    struct question *question = loading->question;
    const struct fact_subject subject = {
        .member_id = question->step.member,
        .merchant_id = loading->errand->lease.merchant_id,
        .reward_id = question->step.reward,
        .redemption_id = question->step.redemption,
        .points = question->step.points,
        .at_us = question->step.now_us,
    };
    struct fact_wish wish = {
        .subject = &subject, .facts = manifest->fact_index, .count = manifest->fact_count};

    question->facts =
        arena_take(loading->errand->arena, (manifest->fact_count + 1) * sizeof *question->facts);
    wish.values = question->facts;
    return manifest->fact_count == 0 ||
           facts_load(loading->db, &wish, 1, loading->errand->arena, NULL, NULL, NULL, error);
}

static uint32_t asked_as(enum operation_kind kind)
{
    return kind == OPERATION_LAPSE ? (uint32_t)LINLI_CANCELLED : (uint32_t)kind;
}

static void fill_question(struct loading *loading)
{
    const struct errand *errand = loading->errand;
    struct linli_step_question *step = &loading->question->step;

    step->size = sizeof *step;
    step->operation = errand->query ? (uint32_t)LINLI_QUERY : asked_as(errand->lease.kind);
    step->asked_about = errand->query ? asked_as(errand->lease.kind) : 0;
    step->attempt = (uint32_t)errand->lease.attempt;
    step->redemption = errand->lease.redemption_id;
    step->key = text(arena_printf(errand->arena, "linli-%" PRIu64, errand->lease.operation_id));
    step->state = text_view(errand->lease.plugin_state);
    step->now_us = clock_now_us();
}

/* What is missing shows as the errand's fault: the plugin is not asked then. */
static bool load_rest(struct loading *loading, struct error *error)
{
    struct errand *errand = loading->errand;
    struct step_desk *desk = &loading->calls->desk;
    struct linli_step_question *step = &loading->question->step;
    struct manifest *manifest = arena_take(errand->arena, sizeof *manifest);
    struct error bad = {0};
    struct linli_value *values;
    size_t count;

    if (!desk->find(desk->context, errand->lease.plugin, errand->arena, manifest)) {
        errand->fault = "plugin_not_in_force";
        return true;
    }
    if (!desk->values(desk->context, errand->lease.plugin, loading->settings, errand->arena,
                      &values, &count, &bad)) {
        errand->fault = "bad_settings";
        return true;
    }
    step->settings = values;
    step->setting_count = (uint32_t)count;
    return read_disclosed(loading, manifest->discloses, error) && read_code(loading, error) &&
           read_facts(loading, manifest, error);
}

static bool load(void *context, struct db *db, struct errand *errand, struct error *error)
{
    struct loading loading = {.calls = context, .db = db, .errand = errand};
    bool found, fine;

    loading.question = arena_take(errand->arena, sizeof *loading.question);
    loading.question->errand = errand;
    errand->question = loading.question;
    fill_question(&loading);
    fine = read_redemption(&loading, &found, error) &&
           wallet_owner(db, loading.question->step.member, &loading.question->wallet_id, error);
    if (fine && !found)
        errand->fault = "no_redemption";
    else if (fine)
        fine = load_rest(&loading, error);
    json_decref(loading.settings);
    return fine;
}

/* --- Asking ----------------------------------------------------------------------------------- */

static struct step_ask ask_of(struct errand *errand)
{
    struct question *question = errand->question;
    struct text answer = {errand->call.answer.data, errand->call.answer.length};

    if (errand->calls > 0) {
        question->step.status = errand->call.status;
        question->step.response = text_view(answer);
        if (errand->step.state.length > 0)
            question->step.state =
                (struct linli_text){errand->step.state.bytes, errand->step.state.length};
    }
    return (struct step_ask){.plugin = errand->lease.plugin,
                             .question = question->step,
                             .facts = question->facts,
                             .arena = errand->arena};
}

static void strike_out(struct linli_room *room, struct linli_text told)
{
    char *at = room->bytes, *end = room->bytes + room->length;

    while (told.length > 0 && (at = memmem(at, (size_t)(end - at), told.bytes, told.length)))
        at = (char *)memset(at, '*', told.length) + told.length; /* a name may be a star */
}

/* Without the country, which people and their programs leave out. */
static struct linli_text number_of(struct linli_text phone)
{
    size_t country = phone.length > 3 && memcmp(phone.bytes, "+86", 3) == 0 ? 3 : 0;

    return (struct linli_text){phone.bytes + country, phone.length - country};
}

/* What a merchant was told of a member is not kept: neither in the plugin's state nor where a
 * merchant's words repeat it. Not every short name that happens to be in a state is one. */
static void strike_out_told(const struct linli_step_question *question, struct linli_step *step)
{
    struct linli_text number = number_of(question->phone);

    strike_out(&step->state, number);
    strike_out(&step->reason.zh, number);
    strike_out(&step->reason.en, number);
    strike_out(&step->reason.zh, question->name);
    strike_out(&step->reason.en, question->name);
}

static void ask(void *context, struct errand *const *errands, size_t count)
{
    struct merchant_calls *calls = context;
    struct arena *arena = arena_new();
    struct step_ask *asks = arena_take(arena, count * sizeof *asks);
    struct errand **whose = arena_take(arena, count * sizeof(struct errand *));
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        if (errands[i]->fault)
            continue;
        whose[used] = errands[i];
        asks[used++] = ask_of(errands[i]);
    }
    if (used > 0)
        calls->desk.ask(calls->desk.context, asks, used);
    for (size_t i = 0; i < used; i++) {
        whose[i]->step = asks[i].step;
        whose[i]->fault = asks[i].fault;
        if (!asks[i].fault)
            strike_out_told(&asks[i].question, &whose[i]->step);
    }
    arena_free(arena);
}

static bool sign(void *context, struct db *db, struct errand *errand)
{
    struct merchant_calls *calls = context;
    const struct linli_room *name = &errand->step.http.credential;
    struct error error = {0};
    enum find found =
        credential_open(db, calls->keyring, (struct text){name->bytes, name->length},
                        errand->lease.merchant_id, errand->arena, &errand->call.credential, &error);

    if (found == FIND_FAILED)
        LOG(WARN, "outbox.credential", LOG_STR("code", error.code));
    return found == FIND_FOUND;
}

/* --- The answer ------------------------------------------------------------------------------- */

static void answer_taken(struct command *command)
{
    dispatch_reported(command->context);
}

/* The merchant's code is sealed before it leaves this thread. */
static void seal_code(const struct merchant_calls *calls, const struct errand *errand,
                      struct answer_call *answer)
{
    const struct linli_room *voucher = &errand->step.voucher;

    if (errand->lease.kind == OPERATION_RESERVE && errand->report == REPORT_DONE &&
        voucher->length > 0)
        answer->code = merchant_code_seal(
            calls->keyring, errand->lease.redemption_id, errand->lease.merchant_id,
            (struct text){voucher->bytes, voucher->length}, errand->arena);
}

/* What was never loaded (a report without a question) is looked up for the book. */
static bool know_redemption(struct merchant_calls *calls, struct db *db, struct errand *errand)
{
    struct loading loading = {.calls = calls, .db = db, .errand = errand};
    struct error error = {0};
    bool found = false, fine;

    if (errand->question)
        return true;
    loading.question = arena_take(errand->arena, sizeof *loading.question);
    fine = read_redemption(&loading, &found, &error) &&
           wallet_owner(db, loading.question->step.member, &loading.question->wallet_id, &error);
    json_decref(loading.settings);
    errand->question = loading.question;
    return fine && found;
}

static bool report(void *context, struct db *db, struct errand *errand)
{
    static const enum answer answers[] = {[REPORT_DONE] = ANSWER_DONE,
                                          [REPORT_DECLINED] = ANSWER_DECLINED,
                                          [REPORT_ABSENT] = ANSWER_ABSENT,
                                          [REPORT_GIVE_UP] = ANSWER_GIVE_UP};
    struct merchant_calls *calls = context;
    struct question *question;
    struct answer_call *answer;

    if (!know_redemption(calls, db, errand))
        return false;
    question = errand->question;
    answer = &question->answer;
    *answer = (struct answer_call){
        .ref = {.command = {.kind = &command_answer, .context = errand, .done = answer_taken},
                .redemption_id = errand->lease.redemption_id,
                .member_id = question->step.member,
                .reward_id = question->step.reward,
                .merchant_id = errand->lease.merchant_id,
                .wallet_id = question->wallet_id,
                .operation_id = id_next(calls->ids)},
        .answered_id = errand->lease.operation_id,
        .attempt = errand->lease.attempt,
        .answer = answers[errand->report],
        .was_sent = errand->lease.sent,
        .expires_us = errand->report == REPORT_DONE ? errand->step.expires_us : 0,
    };
    seal_code(calls, errand, answer);
    return teller_submit(calls->teller, &answer->ref.command) == SUBMIT_QUEUED;
}

/* --- Telling the member ----------------------------------------------------------------------- */

struct telling {
    const struct question *question;
    enum notice_kind kind;
    const char *reason;
};

/* What the member is to hear; 0: nothing. */
static int notice_of(const struct errand *errand, enum redemption_state state)
{
    bool is_new = errand->lease.kind == OPERATION_RESERVE;

    switch (state) {
    case REDEMPTION_ISSUED:
        return is_new                              ? NOTICE_VOUCHER_READY
               : errand->report == REPORT_DECLINED ? NOTICE_VOUCHER_KEPT
                                                   : 0;
    case REDEMPTION_CONFIRMED: return is_new ? NOTICE_VOUCHER_READY : 0;
    case REDEMPTION_CANCELLED:
    case REDEMPTION_EXPIRED:
        return is_new                                        ? NOTICE_VOUCHER_DECLINED
               : operation_is_waited_for(errand->lease.kind) ? NOTICE_VOUCHER_RETURNED
                                                             : 0;
    case REDEMPTION_STUCK: return NOTICE_VOUCHER_STUCK;
    default: return 0;
    }
}

static bool tell(struct db *db, void *context, struct error *error)
{
    const struct telling *telling = context;
    const struct outcome *outcome = &telling->question->answer.ref.command.outcome;
    char points[24];

    points_format(outcome->points, points);
    return inbox_tell(db, telling->question->wallet_id, telling->kind, outcome->ref,
                      json_pack("{s:s, s:s, s:s}", "title", telling->question->title, "points",
                                points, "reason", telling->reason),
                      outcome->at_us, error);
}

static void reported(void *context, struct db *db, struct errand *errand)
{
    const struct question *question = errand->question;
    const struct command *command = &question->answer.ref.command;
    const struct linli_room *reason = &errand->step.reason.zh;
    bool has_reason = errand->fault == NULL && reason->length > 0;
    struct telling telling = {
        .question = question,
        .reason = has_reason ? arena_copy(errand->arena, reason->bytes, reason->length) : "",
    };
    struct error error = {0};
    int kind;

    (void)context;
    if (command->failure != NULL || command->outcome.refusal != ACCEPTED)
        return;
    kind = notice_of(errand, (enum redemption_state)command->outcome.state);
    telling.kind = (enum notice_kind)kind;
    if (kind != 0 && !db_transaction(db, tell, &telling, &error))
        LOG(WARN, "outbox.notice", LOG_STR("code", error.code));
}

struct dispatch_hooks merchant_calls_hooks(struct merchant_calls *calls)
{
    return (struct dispatch_hooks){calls, load, ask, sign, report, reported};
}
