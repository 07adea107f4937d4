/* Other people's wallets, for administrators and auditors: looking, freezing, merging two into one.
 */
#include "api/app.h"
#include "api/call.h"
#include "api/resources.h"
#include "api/wallet_json.h"
#include "people/audit.h"
#include "people/duplicates.h"
#include "people/members.h"

static enum answered member_wallet_get(struct call *call)
{
    struct wallet_view view;
    struct error error;
    enum find found =
        wallet_view_read(call->db, call->ids[0], call->now_us, call->arena, &view, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return reply_json(call, 200, wallet_json(&view));
}

static enum answered render_wallet_change(struct call *call, const struct outcome *outcome)
{
    return reply_json(call, 200,
                      json_pack("{s:o, s:s, s:o, s:o}", "member_id", json_id(outcome->ref), "state",
                                wallet_state_name((enum wallet_state)outcome->state), "available",
                                json_points(outcome->available), "held",
                                json_points(outcome->held)));
}

/* What was asked for stands in the trail before the ledger is asked: no change without its entry.
 */
static bool note(struct call *call, const char *action, uint64_t member_id, struct text why,
                 struct error *error)
{
    const struct audit audit = {
        .actor = call->who.account_id, .action = action, .object_id = member_id, .why = why};

    return audit_append(call->db, &audit, call->now_us, error);
}

/* --- Freezing -------------------------------------------------------------------------------- */

struct freeze_input {
    bool frozen;
    struct text why;
};

static const struct json_field freeze_fields[] = {
    {"frozen", JSON_FLAG, REQUIRED, offsetof(struct freeze_input, frozen)},
    {"why", JSON_TEXT, REQUIRED, offsetof(struct freeze_input, why), .min = 4, .max = 400},
    {0},
};

static enum answered wallet_freeze(struct call *call)
{
    const struct freeze_input *input = call->input;
    struct freeze *freeze = call_command(call, sizeof *freeze, &command_freeze);
    struct error error;

    if (!note(call, input->frozen ? "wallet.freeze" : "wallet.thaw", call->ids[0], input->why,
              &error))
        return reply_error(call, &error);
    freeze->member_id = call->ids[0];
    freeze->frozen = input->frozen;
    freeze->person_id = call->who.person_id;
    return call_submit(call, &freeze->command, render_wallet_change);
}

/* --- Merging --------------------------------------------------------------------------------- */

struct merge_input {
    uint64_t into;
    struct text why;
};

static const struct json_field merge_fields[] = {
    {"into", JSON_ID, REQUIRED, offsetof(struct merge_input, into)},
    {"why", JSON_TEXT, REQUIRED, offsetof(struct merge_input, why), .min = 4, .max = 400},
    {0},
};

/* Points are not given to who was erased: nobody could spend them. One that was merged already is
 * asked for again: the ledger answers as it did. */
static enum find find_heir(struct call *call, uint64_t member_id, uint64_t into_id,
                           struct error *error)
{
    struct member member;
    uint64_t owner_id;
    enum find found;

    if (!wallet_owner(call->db, member_id, &owner_id, error))
        return FIND_FAILED;
    if (owner_id != member_id)
        return FIND_FOUND;
    found = member_find(call->db, call->app->keyring, into_id, call->arena, &member, error);
    return found == FIND_FOUND && member.name == NULL && member.merged_into == 0 ? FIND_NOTHING
                                                                                 : found;
}

static enum answered wallet_merge(struct call *call)
{
    const struct merge_input *input = call->input;
    struct merge_wallets *merge = call_command(call, sizeof *merge, &command_merge_wallets);
    struct error error;
    enum find found = find_heir(call, call->ids[0], input->into, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    const struct merge people = {call->ids[0], input->into, call->who.account_id};
    if (!note(call, "wallet.merge", call->ids[0], input->why, &error) ||
        !merge_ask(call->db, &people, call->now_us, &error))
        return reply_error(call, &error);
    merge->from_member = call->ids[0];
    merge->to_member = input->into;
    merge->person_id = call->who.person_id;
    return call_submit(call, &merge->command, render_wallet_change);
}

const struct route member_wallet_routes[] = {
    {HTTP_GET, "/v1/members/{id}/wallet", ROLE_AUDITOR | ROLE_ADMINISTRATOR, ON_QUERY,
     member_wallet_get},
    {HTTP_POST, "/v1/members/{id}/wallet/freeze", ROLE_ADMINISTRATOR, ON_QUERY, wallet_freeze,
     .fields = freeze_fields, .input_size = sizeof(struct freeze_input), .idempotent = true},
    {HTTP_POST, "/v1/members/{id}/wallet/merge", ROLE_ADMINISTRATOR, ON_QUERY, wallet_merge,
     .fields = merge_fields, .input_size = sizeof(struct merge_input), .idempotent = true},
    {0},
};
