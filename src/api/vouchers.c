/*
 * At the counter: a clerk scans or types a code, sees what it is for, and confirms. Of a voucher of
 * their own merchant they are told what is the matter with it: used (when and where), expired,
 * cancelled, for another shop. Every other code gets one answer, and guessing is limited. A code
 * that the merchant itself gave is as good as Linli's own.
 */
#include "api/vouchers.h"

#include <string.h>

#include "api/app.h"
#include "api/guesses.h"
#include "api/resources.h"
#include "market/merchant_code.h"
#include "market/shops.h"
#include "people/members.h"

struct code_input {
    struct text code; /* Linli's own, or the one that the merchant gave */
    uint64_t shop_id; /* confirm: where the clerk is */
};

static const struct json_field code_fields[] = {
    {"code", JSON_TEXT, REQUIRED, offsetof(struct code_input, code), .min = 1,
     .max = MERCHANT_CODE_MOST},
    {0},
};

static const struct json_field confirm_fields[] = {
    {"code", JSON_TEXT, REQUIRED, offsetof(struct code_input, code), .min = 1,
     .max = MERCHANT_CODE_MOST},
    {"shop_id", JSON_ID, OPTIONAL, offsetof(struct code_input, shop_id)},
    {0},
};

/* What cannot be a code is looked for all the same: it takes as long as one that could. */
static enum find find_by_own_code(const struct call *call, struct redemption_view *view,
                                  struct error *error)
{
    const struct code_input *input = call->input;
    struct paper_code code = {0};
    bool readable = paper_code_parse(input->code, &code);
    enum find found = redemption_find_by_code(call->db, call->app->keyring, &code,
                                              call->who.scope_id, call->arena, view, error);

    return found == FIND_FOUND && !readable ? FIND_NOTHING : found;
}

static enum find find_by_code(const struct call *call, struct redemption_view *view,
                              bool *is_ambiguous, struct error *error)
{
    const struct code_input *input = call->input;
    enum find found = find_by_own_code(call, view, error);

    *is_ambiguous = false;
    if (found == FIND_NOTHING)
        found = redemption_find_by_merchant_code(call->db, call->app->keyring, input->code,
                                                 call->who.scope_id, call->now_us, call->arena,
                                                 view, is_ambiguous, error);
    if (found == FIND_NOTHING)
        guesses_count_wrong(call);
    return found;
}

/* "张*": enough for a clerk to ask for the right person, too little to know them by. */
static bool masked_member(struct call *call, uint64_t member_id, char out[NAME_MASK_SIZE],
                          struct error *error)
{
    char *name;

    if (!member_names(call->db, call->app->keyring, &member_id, 1, call->arena, &name, error))
        return false;
    name_mask(name == NULL ? TEXT("*") : (struct text){name, strlen(name)}, out);
    return true;
}

/* What a confirmation would be refused for, as it would be; NULL: nothing is known against it. */
static const char *why_not(const struct call *call, const struct redemption_view *view)
{
    switch (view->state) {
    case REDEMPTION_ISSUED:
        if (view->expires_us > call->now_us)
            return NULL;
        return refusal_text(REFUSED_VOUCHER_EXPIRED)->code;
    case REDEMPTION_EXPIRED: return refusal_text(REFUSED_VOUCHER_EXPIRED)->code;
    case REDEMPTION_CANCELLED: return refusal_text(REFUSED_VOUCHER_CANCELLED)->code;
    case REDEMPTION_REFUNDED: return refusal_text(REFUSED_VOUCHER_REFUNDED)->code;
    case REDEMPTION_CHECKING: return refusal_text(REFUSED_BEING_CHECKED)->code;
    case REDEMPTION_CONFIRMED:
    case REDEMPTION_SETTLED: return refusal_text(REFUSED_VOUCHER_USED)->code;
    default: return refusal_text(REFUSED_WRONG_STATE)->code;
    }
}

static enum answered voucher_preview(struct call *call)
{
    struct redemption_view view;
    struct error error;
    enum find found;
    char member[NAME_MASK_SIZE];
    json_t *body;
    const char *why;
    bool is_ambiguous;

    if (guesses_too_many(call))
        return reply_too_many(call, GUESSES_WINDOW_US);
    found = find_by_code(call, &view, &is_ambiguous, &error);
    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (is_ambiguous)
        return reply_refusal(call, &(struct outcome){.refusal = REFUSED_AMBIGUOUS_CODE});
    if (!masked_member(call, view.member_id, member, &error))
        return reply_error(call, &error);
    why = why_not(call, &view);
    body = redemption_json(&view);
    json_object_set_new(body, "member", json_string(member));
    json_object_set_new(body, "usable", json_boolean(why == NULL));
    json_object_set_new(body, "refusal", why ? json_string(why) : json_null());
    return reply_json(call, 200, body);
}

static enum answered voucher_confirm(struct call *call)
{
    const struct code_input *input = call->input;
    struct redemption_ref *confirm;
    struct redemption_view view;
    struct error error;
    enum find found;
    bool is_ambiguous;

    if (guesses_too_many(call))
        return reply_too_many(call, GUESSES_WINDOW_US);
    found = find_by_code(call, &view, &is_ambiguous, &error);
    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    confirm = redemption_command(call, &command_confirm, &view);
    confirm->reward_shop = view.reward_shop;
    confirm->is_ambiguous = is_ambiguous;
    found =
        shop_of_clerk(call->db, view.merchant_id, input->shop_id, &confirm->caller_shop, &error);
    if (found != FIND_FOUND)
        return reply_no_shop(call, found, &error);
    return call_submit(call, &confirm->command, render_redemption);
}

#define SHOP (ROLE_CLERK | ROLE_MANAGER)

const struct route voucher_routes[] = {
    {HTTP_POST, "/v1/vouchers/preview", SHOP, ON_QUERY, voucher_preview, .fields = code_fields,
     .input_size = sizeof(struct code_input)},
    {HTTP_POST, "/v1/vouchers/confirm", SHOP, ON_QUERY, voucher_confirm, .fields = confirm_fields,
     .input_size = sizeof(struct code_input), .idempotent = true},
    {0},
};
