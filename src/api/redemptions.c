/* Redemptions: a member gives points for a reward and gets a voucher, or takes it back. */
#include "api/app.h"
#include "api/call.h"
#include "api/people_json.h"
#include "api/qr.h"
#include "api/resources.h"
#include "api/voucher_print.h"
#include "api/vouchers.h"
#include "market/merchant_code.h"
#include "market/proxies.h"
#include "market/reward_merchants.h"
#include "market/shops.h"
#include "market/statements.h"
#include "people/audit.h"

json_t *named_or_null(uint64_t shop_id, const char *name)
{
    return shop_id == 0 ? json_null()
                        : json_pack("{s:o, s:s?}", "id", json_id(shop_id), "name", name);
}

json_t *redemption_json(const struct redemption_view *view)
{
    json_t *waiting = view->asking == 0
                          ? json_null()
                          : json_string(operation_kind_name((enum operation_kind)view->asking));
    json_t *wanted =
        view->intent == INTENT_NONE ? json_null() : json_string(intent_name(view->intent));

    return json_pack("{s:o, s:s, s:o, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
                     " s:o}",
                     "id", json_id(view->id), "state", redemption_state_name(view->state),
                     "reward_id", json_id(view->reward_id), "reward_title", view->reward_title,
                     "merchant_id", json_id(view->merchant_id), "merchant_name",
                     view->merchant_name, "points", json_points(view->points), "created_at",
                     json_time(view->created_us), "expires_at", json_time(view->expires_us),
                     "confirmed_at", json_time(view->confirmed_us), "confirmed_by",
                     id_or_null(view->confirmed_by), "confirmed_in",
                     named_or_null(view->shop_id, view->shop_name), "only_in",
                     named_or_null(view->reward_shop, view->reward_shop_name), "closed_at",
                     json_time(view->closed_us), "waiting_for", waiting, "wanted", wanted);
}

enum answered render_redemption(struct call *call, const struct outcome *outcome)
{
    return reply_json(call, 200,
                      json_pack("{s:o, s:s, s:o, s:o}", "id", json_id(outcome->ref), "state",
                                redemption_state_name((enum redemption_state)outcome->state),
                                "points", json_points(outcome->points), "expires_at",
                                json_time(outcome->until_us)));
}

/* The code itself is made anew from the redemption's number and the key that it was made with.
 * False for a key that another server made seconds ago: this one is about to learn it. */
static bool code_of(const struct app *app, uint64_t redemption_id, uint32_t code_key,
                    struct paper_code *code)
{
    const struct key *key = keyring_find(app->keyring, code_key);

    if (key != NULL)
        voucher_code_make(key->secret, redemption_id, code);
    return key != NULL;
}

/* --- Redeeming ------------------------------------------------------------------------------- */

const struct json_field redeem_fields[] = {
    {"reward_id", JSON_ID, REQUIRED, offsetof(struct redeem_request, reward_id)},
    {"price", JSON_POINTS, REQUIRED, offsetof(struct redeem_request, price), .min = 1},
    {"terms_version", JSON_INT, REQUIRED, offsetof(struct redeem_request, terms_version), .min = 1},
    {"agree_to_disclose", JSON_FLAG, OPTIONAL, offsetof(struct redeem_request, agree_to_disclose)},
    {0},
};

static json_t *wallet_json_of(const struct outcome *outcome)
{
    return json_pack("{s:o, s:o}", "available", json_points(outcome->available), "held",
                     json_points(outcome->held));
}

/* No code yet: there is nothing that could be shown at a counter. */
static enum answered render_checking(struct call *call, const struct outcome *outcome)
{
    return reply_created(
        call, arena_printf(call->arena, "/v1/redemptions/%llu", (unsigned long long)outcome->ref),
        json_pack("{s:o, s:s, s:o, s:n, s:n, s:o, s:o}", "id", json_id(outcome->ref), "state",
                  redemption_state_name(REDEMPTION_CHECKING), "points",
                  json_points(outcome->points), "code", "expires_at", "answer_by",
                  json_time(outcome->until_us), "wallet", wallet_json_of(outcome)));
}

/* Whether the shop has it will show at the Location. */
static enum answered render_waiting(struct call *call, const struct outcome *outcome)
{
    return reply_accepted(
        call, arena_printf(call->arena, "/v1/redemptions/%llu", (unsigned long long)outcome->ref),
        json_pack("{s:o, s:s, s:o, s:o, s:o}", "id", json_id(outcome->ref), "state",
                  redemption_state_name((enum redemption_state)outcome->state), "points",
                  json_points(outcome->points), "expires_at", json_time(outcome->until_us),
                  "wallet", wallet_json_of(outcome)));
}

static enum answered render_voucher(struct call *call, const struct outcome *outcome)
{
    struct paper_code code;

    if (outcome->state == REDEMPTION_CHECKING)
        return render_checking(call, outcome);
    if (outcome->state == REDEMPTION_ISSUING)
        return render_waiting(call, outcome);
    if (!code_of(call->app, outcome->ref, outcome->extra, &code))
        return reply_problem(call, PROBLEM_BUSY);
    return reply_created(
        call, arena_printf(call->arena, "/v1/redemptions/%llu", (unsigned long long)outcome->ref),
        json_pack("{s:o, s:s, s:o, s:s, s:o, s:o}", "id", json_id(outcome->ref), "state",
                  redemption_state_name((enum redemption_state)outcome->state), "points",
                  json_points(outcome->points), "code", paper_code_for_people(call->arena, &code),
                  "expires_at", json_time(outcome->until_us), "wallet", wallet_json_of(outcome)));
}

struct reserve *redeem_command(struct call *call, uint64_t member_id)
{
    const struct redeem_request *input = call->input;
    const struct key *voucher_key = keyring_current(call->app->keyring, KEY_VOUCHER);
    struct reserve *reserve = call_command(call, sizeof *reserve, &command_reserve);
    struct paper_code code;

    reserve->redemption_id = id_next(call->app->ids);
    reserve->member_id = member_id;
    reserve->reward_id = input->reward_id;
    reserve->price = input->price;
    reserve->terms_version = (uint32_t)input->terms_version;
    reserve->utc_offset_minutes = (int)call->app->programme->utc_offset_minutes;
    reserve->code_key = voucher_key->id;
    reserve->operation_id = id_next(call->app->ids);
    reserve->agreed = input->agree_to_disclose ? DISCLOSURES_ALL : 0;
    voucher_code_make(voucher_key->secret, reserve->redemption_id, &code);
    paper_code_hash(keyring_current(call->app->keyring, KEY_INDEX)->secret, &code,
                    reserve->code_hash);
    return reserve;
}

enum find redeem_find_merchant(const struct call *call, struct reserve *reserve,
                               struct error *error)
{
    return reward_merchant_find(call->app->reward_merchants, call->db, reserve->reward_id,
                                &reserve->merchant_id, error);
}

static enum answered redemption_create(struct call *call)
{
    struct reserve *reserve = redeem_command(call, call->who.account_id);
    struct error error;
    enum find found = redeem_find_merchant(call, reserve, &error);

    if (found == FIND_FAILED)
        return reply_error(call, &error);
    if (found == FIND_NOTHING && call->db == NULL)
        return call_run_on_query(call);
    return call_submit(call, &reserve->command, render_voucher);
}

/* --- Looking --------------------------------------------------------------------------------- */

/* For the member who made it, the people of its merchant, those who see everything, and whoever
 * redeemed it for the member. */
static bool may_see(const struct who *who, const struct redemption_view *view)
{
    switch (who->role) {
    case ROLE_MEMBER: return who->account_id == view->member_id;
    case ROLE_CLERK:
    case ROLE_MANAGER: return who->scope_id == view->merchant_id;
    case ROLE_AUDITOR:
    case ROLE_ADMINISTRATOR: return true;
    case ROLE_COORDINATOR: return who->account_id == view->redeemer_id;
    default: return false;
    }
}

/* FIND_NOTHING as well for what the caller may not see: it does not exist for them. */
static enum find find_visible(struct call *call, struct redemption_view *view, struct error *error)
{
    enum find found = redemption_find(call->db, call->ids[0], call->arena, view, error);

    return found == FIND_FOUND && !may_see(&call->who, view) ? FIND_NOTHING : found;
}

/* What the merchant's own system knows the voucher by; NULL: it gave no code. */
static bool merchant_code_of(struct call *call, const struct redemption_view *view,
                             const char **code, struct error *error)
{
    struct text read = {0};

    *code = NULL;
    if (view->calls == 0)
        return true;
    if (merchant_code_read(call->db, call->app->keyring, view->id, call->arena, &read, error) ==
        FIND_FAILED)
        return false;
    *code = read.data;
    return true;
}

static enum answered redemption_show(struct call *call)
{
    struct redemption_view view;
    struct error error;
    enum find found = find_visible(call, &view, &error);
    const char *merchant_code = NULL;
    struct paper_code code;
    bool is_theirs;
    json_t *body;

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    is_theirs = call->who.account_id == view.member_id && view.state != REDEMPTION_ISSUING &&
                view.state != REDEMPTION_CHECKING;
    if (is_theirs && !code_of(call->app, view.id, view.code_key, &code))
        return reply_problem(call, PROBLEM_BUSY);
    if (is_theirs && !merchant_code_of(call, &view, &merchant_code, &error))
        return reply_error(call, &error);
    body = redemption_json(&view);
    if (view.redeemer_id != 0 && call->who.role & (ROLE_MEMBER | ROLE_AUDITOR | ROLE_ADMINISTRATOR))
        json_object_set_new(body, "redeemed_by", json_id(view.redeemer_id));
    if (view.state == REDEMPTION_CHECKING)
        json_object_set_new(body, "answer_by", json_time(view.answer_by_us));
    if (is_theirs)
        json_object_set_new(body, "code", json_string(paper_code_for_people(call->arena, &code)));
    if (merchant_code)
        json_object_set_new(body, "merchant_code", json_string(merchant_code));
    return reply_json(call, 200, body);
}

static enum answered redemptions_list(struct call *call)
{
    const struct page *page = &((const struct page_query *)call->query)->page;
    int64_t limit = page_limit(page);
    struct redemption_view *views;
    struct error error;
    size_t count;
    json_t *items;

    if (!redemption_list_of_member(call->db, call->who.account_id, page->after, limit, call->arena,
                                   &views, &count, &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, redemption_json(&views[i]));
    return reply_json(call, 200,
                      page_json(items, (int64_t)count == limit ? views[count - 1].id : 0));
}

static enum answered reply_refusal_of(struct call *call, enum refusal refusal)
{
    return reply_refusal(call, &(struct outcome){.refusal = refusal});
}

enum image_format { IMAGE_SVG, IMAGE_PNG };
enum whose_code { CODE_OF_MERCHANT, CODE_OF_LINLI };

struct qr_query {
    int format; /* enum image_format */
    int code;   /* enum whose_code; the merchant's is Linli's where the merchant gave none */
    bool letters;
};

static const struct json_field qr_query_fields[] = {
    {"format", JSON_CHOICE, OPTIONAL, offsetof(struct qr_query, format), .choices = "svg|png"},
    {"code", JSON_CHOICE, OPTIONAL, offsetof(struct qr_query, code), .choices = "merchant|linli"},
    {"letters", JSON_FLAG, OPTIONAL, offsetof(struct qr_query, letters)},
    {0},
};

/* For who types it at the counter. */
static const char *letters_of(const struct call *call, const char *shown,
                              const struct paper_code *code)
{
    const char *own = paper_code_for_people(call->arena, code);

    return shown == code->text ? own : arena_printf(call->arena, "%s\nLinli %s", shown, own);
}

static enum answered redemption_qr(struct call *call)
{
    const struct qr_query *query = call->query;
    struct redemption_view view;
    struct error error;
    enum find found = find_visible(call, &view, &error);
    const char *shown = NULL;
    struct paper_code code;

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (call->who.account_id != view.member_id || view.state == REDEMPTION_ISSUING)
        return reply_problem(call, PROBLEM_NOT_FOUND);
    if (view.state == REDEMPTION_CHECKING)
        return reply_refusal_of(call, REFUSED_BEING_CHECKED);
    if (!code_of(call->app, view.id, view.code_key, &code))
        return reply_problem(call, PROBLEM_BUSY);
    if (query->code == CODE_OF_MERCHANT && !merchant_code_of(call, &view, &shown, &error))
        return reply_error(call, &error);
    if (shown == NULL)
        shown = code.text;
    if (query->format == IMAGE_PNG)
        return reply_bytes(
            call, 200, "image/png",
            qr_png(call->arena, shown, query->letters ? letters_of(call, shown, &code) : NULL));
    return reply_bytes(call, 200, "image/svg+xml", qr_svg(call->arena, shown));
}

struct printing {
    const struct call *call;
    enum find allowed;
};

/* Staff see the code then, and therefore are in the audit trail; a coordinator gets one copy. */
static bool note_print(struct db *db, void *context, struct error *error)
{
    struct printing *printing = context;
    const struct call *call = printing->call;
    const struct audit audit = {
        .actor = call->who.account_id, .action = "voucher.print", .object_id = call->ids[0]};

    printing->allowed = FIND_FOUND;
    if (call->who.role == ROLE_MEMBER)
        return true;
    if (call->who.role == ROLE_COORDINATOR)
        printing->allowed =
            proxy_take_print(db, call->ids[0], call->who.account_id, call->now_us, error);
    if (printing->allowed != FIND_FOUND)
        return printing->allowed == FIND_NOTHING;
    return audit_append(db, &audit, call->now_us, error);
}

/* On paper for who has no phone: printed by the member, by whoever redeemed it for them, or by an
 * administrator. To look at the headers alone takes no copy. */
static enum answered redemption_print(struct call *call)
{
    struct printing printing = {call, FIND_FOUND};
    struct redemption_view view;
    struct error error;
    enum find found = find_visible(call, &view, &error);
    const char *merchant_code;
    struct paper_code code;

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (view.state == REDEMPTION_CHECKING)
        return reply_refusal_of(call, REFUSED_BEING_CHECKED);
    if (view.state == REDEMPTION_ISSUING || view.state == REDEMPTION_STUCK)
        return reply_refusal_of(call, REFUSED_WAITING_FOR_MERCHANT); /* its code may still come */
    if (!code_of(call->app, view.id, view.code_key, &code))
        return reply_problem(call, PROBLEM_BUSY);
    if (!merchant_code_of(call, &view, &merchant_code, &error))
        return reply_error(call, &error);
    if (http_request_method(call->request) != HTTP_HEAD &&
        !db_transaction(call->db, note_print, &printing, &error))
        return reply_error(call, &error);
    if (printing.allowed != FIND_FOUND)
        return reply_problem(call, PROBLEM_NOT_FOUND);
    return reply_html(call, voucher_page(call->arena, &view, &code, merchant_code,
                                         (int)call->app->programme->utc_offset_minutes));
}

/* --- Taking it back -------------------------------------------------------------------------- */

struct redemption_ref *redemption_command(struct call *call, const struct command_kind *kind,
                                          const struct redemption_view *view)
{
    struct redemption_ref *ref = call_command(call, sizeof *ref, kind);

    redemption_ref_fill(call, view, ref);
    return ref;
}

void redemption_ref_fill(const struct call *call, const struct redemption_view *view,
                         struct redemption_ref *ref)
{
    bool of_a_merchant = call->who.role == ROLE_CLERK || call->who.role == ROLE_MANAGER;

    redemption_view_ref(view, ref);
    ref->person_id = call->who.person_id;
    ref->caller_merchant = of_a_merchant ? call->who.scope_id : 0;
    ref->operation_id = id_next(call->app->ids);
    ref->undo_window_us = call->app->programme->undo_window_us;
}

static enum answered submit_on(struct call *call, const struct command_kind *kind)
{
    struct redemption_view view;
    struct error error;
    enum find found = find_visible(call, &view, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return call_submit(call, &redemption_command(call, kind, &view)->command, render_redemption);
}

static enum answered redemption_cancel(struct call *call)
{
    return submit_on(call, &command_cancel);
}

struct undo_input {
    uint64_t shop_id;
};

static const struct json_field undo_fields[] = {
    {"shop_id", JSON_ID, OPTIONAL, offsetof(struct undo_input, shop_id)},
    {0},
};

enum answered reply_no_shop(struct call *call, enum find found, const struct error *error)
{
    if (found == FIND_FAILED)
        return reply_error(call, error);
    return reply_bad_field(call, "/shop_id", "bad_shop",
                           "the shop of this merchant that you are in");
}

/* Once a statement was cut, what it covers stays: the merchant is to sign what they saw. A cut that
 * comes between this look and the teller finds the voucher unused again, and leaves it out. */
static enum answered redemption_undo(struct call *call)
{
    const struct undo_input *input = call->input;
    struct redemption_view view;
    struct redemption_ref *undo;
    struct error error;
    enum find found = find_visible(call, &view, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    undo = redemption_command(call, &command_undo, &view);
    found = shop_of_clerk(call->db, view.merchant_id, input ? input->shop_id : 0,
                          &undo->caller_shop, &error);
    if (found != FIND_FOUND)
        return reply_no_shop(call, found, &error);
    if (!statement_latest_cut_off(call->db, view.merchant_id, &undo->cut_off_us, &error))
        return reply_error(call, &error);
    return call_submit(call, &undo->command, render_redemption);
}

static enum answered redemption_refund(struct call *call)
{
    return submit_on(call, &command_refund);
}

#define SHOP     (ROLE_CLERK | ROLE_MANAGER)
#define SEE_THEM (ROLE_MEMBER | SHOP | ROLE_AUDITOR | ROLE_ADMINISTRATOR)

const struct route redemption_routes[] = {
    {HTTP_GET, "/v1/redemptions", ROLE_MEMBER, ON_QUERY, redemptions_list,
     .query_fields = page_query_fields, .query_size = sizeof(struct page_query)},
    {HTTP_POST, "/v1/redemptions", ROLE_MEMBER, ON_LOOP, redemption_create, .fields = redeem_fields,
     .input_size = sizeof(struct redeem_request), .idempotent = true},
    {HTTP_GET, "/v1/redemptions/{id}", SEE_THEM, ON_QUERY, redemption_show},
    {HTTP_GET, "/v1/redemptions/{id}/qr", ROLE_MEMBER, ON_QUERY, redemption_qr,
     .query_fields = qr_query_fields, .query_size = sizeof(struct qr_query)},
    {HTTP_GET, "/v1/redemptions/{id}/print", ROLE_MEMBER | ROLE_COORDINATOR | ROLE_ADMINISTRATOR,
     ON_QUERY, redemption_print},
    {HTTP_POST, "/v1/redemptions/{id}/cancel", ROLE_MEMBER, ON_QUERY, redemption_cancel,
     .idempotent = true},
    {HTTP_POST, "/v1/redemptions/{id}/undo", SHOP, ON_QUERY, redemption_undo, .fields = undo_fields,
     .input_size = sizeof(struct undo_input), .idempotent = true},
    {HTTP_POST, "/v1/redemptions/{id}/refund", ROLE_MANAGER | ROLE_ADMINISTRATOR, ON_QUERY,
     redemption_refund, .idempotent = true},
    {0},
};
