/*
 * Redeeming for a member who has no phone, or who has consented to a proxy: staff of their unit
 * ask, the member is told, and the voucher is printed once. Staff see nothing else of what the
 * member redeems, and neither the balance nor the code but on that one paper.
 */
#include "market/proxies.h"

#include <inttypes.h>

#include "api/app.h"
#include "api/call.h"
#include "api/people_json.h"
#include "api/resources.h"
#include "api/vouchers.h"
#include "ledger/statement.h"
#include "people/audit.h"

static enum answered render_proxy(struct call *call, const struct outcome *outcome)
{
    return reply_created(
        call, arena_printf(call->arena, "/v1/redemptions/%" PRIu64 "/print", outcome->ref),
        json_pack("{s:o, s:s, s:o, s:o}", "id", json_id(outcome->ref), "state",
                  redemption_state_name((enum redemption_state)outcome->state), "points",
                  json_points(outcome->points), "expires_at", json_time(outcome->until_us)));
}

struct asking {
    const struct call *call;
    const struct reserve *reserve;
};

/* Before the ledger is asked. A retry asks in a row of its own, which comes to nothing. */
static bool note(struct db *db, void *context, struct error *error)
{
    const struct asking *asking = context;
    const struct call *call = asking->call;
    char after[24];
    int length = snprintf(after, sizeof after, "%" PRIu64, asking->reserve->redemption_id);
    const struct audit audit = {.actor = call->who.account_id,
                                .action = "member.redeem",
                                .object_id = asking->reserve->member_id,
                                .after = {after, (size_t)length}};

    return proxy_note(db, asking->reserve->redemption_id, call->who.account_id, call->now_us,
                      error) &&
           audit_append(db, &audit, call->now_us, error);
}

static enum answered member_redeem(struct call *call)
{
    struct reserve *reserve = redeem_command(call, call->ids[0]);
    struct asking asking = {call, reserve};
    struct member member;
    struct error error;
    enum find found =
        member_find(call->db, call->app->keyring, call->ids[0], call->arena, &member, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!member_admits_proxy(call, &member))
        return ANSWERED;
    if (redeem_find_merchant(call, reserve, &error) == FIND_FAILED)
        return reply_error(call, &error);
    reserve->by_proxy = true;
    if (call->who.person_id != 0 &&
        !wallet_owner(call->db, call->who.person_id, &reserve->person_id, &error))
        return reply_error(call, &error);
    if (!db_transaction(call->db, note, &asking, &error))
        return reply_error(call, &error);
    return call_submit(call, &reserve->command, render_proxy);
}

const struct route proxy_routes[] = {
    {HTTP_POST, "/v1/members/{id}/redemptions", ROLE_COORDINATOR | ROLE_ADMINISTRATOR, ON_QUERY,
     member_redeem, .fields = redeem_fields, .input_size = sizeof(struct redeem_request),
     .idempotent = true},
    {0},
};
