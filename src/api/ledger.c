/*
 * The ledger in public: checkpoints and keys for everybody, a receipt for whom it concerns, the
 * day's trial balance for auditors.
 */
#include "api/app.h"
#include "api/call.h"
#include "api/resources.h"
#include "base/clock.h"
#include "ledger/proof_json.h"
#include "ledger/transfer_id.h"
#include "ledger/trial_balance.h"

/* --- Checkpoints and keys --------------------------------------------------------------------- */

/* NULL: signed by a key that this server does not have. */
static json_t *signed_json(const struct call *call, const struct checkpoint *checkpoint)
{
    struct chain_keys keys = chain_keys_of(call->app->keyring);
    uint8_t public_key[SIGN_PUBLIC_SIZE];

    return keys.find(keys.context, checkpoint->key_id, public_key)
               ? checkpoint_json(checkpoint, public_key)
               : NULL;
}

static enum answered reply_no_key(struct call *call, uint32_t key_id)
{
    struct error error;

    error_set(&error, "ledger.key", "key %u of the chain is not there", key_id);
    return reply_error(call, &error);
}

static enum answered checkpoints_list(struct call *call)
{
    const struct page *page = &((const struct page_query *)call->query)->page;
    int64_t limit = page_limit(page);
    struct checkpoint *checkpoints;
    struct error error;
    size_t count;
    json_t *items;

    if (!checkpoint_list(call->db, page->after, limit, call->arena, &checkpoints, &count, &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *item = signed_json(call, &checkpoints[i]);

        if (!item) {
            json_decref(items);
            return reply_no_key(call, checkpoints[i].key_id);
        }
        json_array_append_new(items, item);
    }
    return reply_json(call, 200,
                      page_json(items, (int64_t)count == limit ? checkpoints[count - 1].id : 0));
}

static enum answered checkpoint_latest(struct call *call)
{
    struct checkpoint checkpoint;
    struct error error;
    enum find found = checkpoint_find(call->db, 0, call->arena, &checkpoint, &error);
    json_t *body;

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    body = signed_json(call, &checkpoint);
    return body ? reply_json(call, 200, body) : reply_no_key(call, checkpoint.key_id);
}

/* Every key that ever signed a block or a checkpoint: generations count up from 1. */
static enum answered keys_list(struct call *call)
{
    struct chain_keys keys = chain_keys_of(call->app->keyring);
    uint32_t current = keyring_current(call->app->keyring, KEY_CHAIN)->id;
    json_t *items = json_array();

    for (uint32_t id = current & ~UINT32_C(0xffff); id <= current; id++) {
        uint8_t public_key[SIGN_PUBLIC_SIZE];

        if (keys.find(keys.context, id, public_key))
            json_array_append_new(items, json_pack("{s:I, s:s, s:o, s:b}", "key_id", (json_int_t)id,
                                                   "algorithm", "Ed25519", "public_key",
                                                   json_hex(public_key, SIGN_PUBLIC_SIZE),
                                                   "current", id == current));
    }
    return reply_json(call, 200, json_pack("{s:o}", "items", items));
}

/* --- Receipts --------------------------------------------------------------------------------- */

/* A merge is the business of both members. */
static bool may_see(const struct who *who, const struct transfer *transfer)
{
    if (who->role != ROLE_MEMBER)
        return true;
    return transfer->member_id == who->account_id ||
           (transfer->kind == TRANSFER_MERGE && transfer->ref == who->account_id);
}

static enum answered receipt_show(struct call *call)
{
    struct chain_keys keys = chain_keys_of(call->app->keyring);
    struct receipt receipt;
    struct error error;
    uint64_t transfer_id;

    if (!transfer_id_parse(call->word, &transfer_id))
        return reply_problem(call, PROBLEM_NOT_FOUND);
    enum find found = receipt_make(call->db, &keys, transfer_id, call->arena, &receipt, &error);
    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!may_see(&call->who, &receipt.transfer))
        return reply_problem(call, PROBLEM_NOT_FOUND);
    return reply_json(call, 200, receipt_json(&receipt));
}

/* --- Trial balance ---------------------------------------------------------------------------- */

enum trial_format { TRIAL_JSON, TRIAL_CSV };

struct trial_query {
    int32_t day;
    int format; /* enum trial_format */
};

static const struct json_field trial_query_fields[] = {
    {"day", JSON_DAY, REQUIRED, offsetof(struct trial_query, day)},
    {"format", JSON_CHOICE, OPTIONAL, offsetof(struct trial_query, format), .choices = "json|csv"},
    {0},
};

static enum answered reply_csv(struct call *call, const struct trial_balance *balance)
{
    struct buffer csv = {0};

    trial_balance_csv(balance, &csv);
    enum answered answered =
        reply_bytes(call, 200, "text/csv; charset=utf-8", (struct text){csv.data, csv.length});
    buffer_free(&csv);
    return answered;
}

static enum answered trial_balance_get(struct call *call)
{
    const struct trial_query *query = call->query;
    int offset = (int)call->app->programme->utc_offset_minutes;
    struct trial_balance balance;
    struct error error;

    if (!trial_balance_read(call->db, query->day, offset, &balance, &error))
        return reply_error(call, &error);
    if (query->format == TRIAL_CSV)
        return reply_csv(call, &balance);
    return reply_json(call, 200, trial_balance_json(&balance));
}

#define SEE_ALL (ROLE_AUDITOR | ROLE_ADMINISTRATOR)

const struct route ledger_routes[] = {
    {HTTP_GET, "/v1/ledger/checkpoints", ANYONE, ON_QUERY, checkpoints_list,
     .query_fields = page_query_fields, .query_size = sizeof(struct page_query)},
    {HTTP_GET, "/v1/ledger/checkpoints/latest", ANYONE, ON_QUERY, checkpoint_latest},
    {HTTP_GET, "/v1/ledger/keys", ANYONE, ON_QUERY, keys_list},
    {HTTP_GET, "/v1/ledger/trial-balance", SEE_ALL, ON_QUERY, trial_balance_get,
     .query_fields = trial_query_fields, .query_size = sizeof(struct trial_query)},
    {HTTP_GET, "/v1/transfers/{word}/receipt", ROLE_MEMBER | SEE_ALL, ON_QUERY, receipt_show},
    {0},
};
