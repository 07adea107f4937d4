/*
 * At the counter: a clerk scans or types a code, sees what it is for, and confirms. A code that is
 * not of the caller's merchant does not exist for them, and guessing is limited.
 */
#include "api/vouchers.h"

#include <string.h>

#include "api/app.h"
#include "api/guesses.h"
#include "api/resources.h"
#include "people/members.h"

struct code_input {
    struct text code;
};

static const struct json_field code_fields[] = {
    {"code", JSON_TEXT, REQUIRED, offsetof(struct code_input, code), .min = 1, .max = 40},
    {0},
};

static enum find find_by_code(struct call *call, struct redemption_view *view, struct error *error)
{
    const struct code_input *input = call->input;
    struct voucher_code code;
    enum find found = FIND_NOTHING;

    if (voucher_code_parse(input->code, &code))
        found =
            redemption_find_by_code(call->db, call->app->keyring, &code, call->arena, view, error);
    if (found == FIND_FOUND && view->merchant_id != call->who.scope_id)
        found = FIND_NOTHING;
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

static enum answered voucher_preview(struct call *call)
{
    struct redemption_view view;
    struct error error;
    enum find found;
    char member[NAME_MASK_SIZE];
    json_t *body;
    bool usable;

    if (guesses_too_many(call))
        return reply_too_many(call, GUESSES_WINDOW_US);
    found = find_by_code(call, &view, &error);
    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!masked_member(call, view.member_id, member, &error))
        return reply_error(call, &error);
    usable = view.state == REDEMPTION_ISSUED && view.expires_us > call->now_us;
    body = redemption_json(&view);
    json_object_set_new(body, "member", json_string(member));
    json_object_set_new(body, "usable", json_boolean(usable));
    return reply_json(call, 200, body);
}

static enum answered voucher_confirm(struct call *call)
{
    struct redemption_view view;
    struct error error;
    enum find found;

    if (guesses_too_many(call))
        return reply_too_many(call, GUESSES_WINDOW_US);
    found = find_by_code(call, &view, &error);
    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return call_submit(call, &redemption_command(call, &command_confirm, &view)->command,
                       render_redemption);
}

#define SHOP (ROLE_CLERK | ROLE_MANAGER)

const struct route voucher_routes[] = {
    {HTTP_POST, "/v1/vouchers/preview", SHOP, ON_QUERY, voucher_preview, .fields = code_fields,
     .input_size = sizeof(struct code_input)},
    {HTTP_POST, "/v1/vouchers/confirm", SHOP, ON_QUERY, voucher_confirm, .fields = code_fields,
     .input_size = sizeof(struct code_input), .idempotent = true},
    {0},
};
