/* A member's wallet: what there is, when it runs out, and where each point came from and went. */
#include "api/app.h"
#include "api/call.h"
#include "api/resources.h"
#include "api/wallet_json.h"
#include "ledger/transfer_id.h"

const char *wallet_state_name(enum wallet_state state)
{
    static const char *const names[] = {
        [WALLET_OPEN] = "open", [WALLET_FROZEN] = "frozen", [WALLET_MERGED] = "merged"};

    return name_from(names, ARRAY_LENGTH(names), (size_t)state);
}

static json_t *lot_json(const struct lot *lot)
{
    return json_pack("{s:o, s:o, s:o}", "id", json_id(lot->id), "remaining",
                     json_points(lot->remaining), "expires_at", json_time(lot->expires_us));
}

json_t *wallet_json(const struct wallet_view *view)
{
    json_t *lots = json_array();

    for (size_t i = 0; i < view->lot_count; i++)
        json_array_append_new(lots, lot_json(&view->lots[i]));
    return json_pack("{s:o, s:I, s:s, s:o, s:o, s:o, s:o}", "member_id", json_id(view->member_id),
                     "version", (json_int_t)view->version, "state", wallet_state_name(view->state),
                     "available", json_points(view->spendable), "held", json_points(view->held),
                     "owed", json_points(view->owed), "lots", lots);
}

#define WAIT_MOST 30 /* seconds */

struct wallet_query {
    int64_t version, wait;
    bool version_seen;
};

static const struct json_field wallet_query_fields[] = {
    {"version", JSON_INT, OPTIONAL, offsetof(struct wallet_query, version),
     .seen = offsetof(struct wallet_query, version_seen)},
    {"wait", JSON_INT, OPTIONAL, offsetof(struct wallet_query, wait), .min = 1, .max = WAIT_MOST},
    {0},
};

/* With ?version=…&wait=… a long-poll: answers when the wallet is no longer at that version. */
static enum answered wallet_get(struct call *call)
{
    const struct wallet_query *query = call->query;
    struct wallet_view view;
    struct error error;
    enum find found =
        wallet_view_read(call->db, call->who.account_id, call->now_us, call->arena, &view, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (query->version_seen && query->wait > 0 && query->version == view.version &&
        call_wait(call, call->who.account_id, query->wait * SECOND_US))
        return ANSWERED;
    return reply_json(call, 200, wallet_json(&view));
}

/* --- Transfers ------------------------------------------------------------------------------- */

/* NULL: freezing moves no points, so it has no accounts. */
static const char *account_name(uint64_t account)
{
    return account == 0 ? NULL : account_kind_name(account_kind(account));
}

static json_t *transfer_json(const struct transfer_view *view)
{
    const struct transfer *transfer = &view->transfer;
    char id[TRANSFER_ID_TEXT_SIZE];

    transfer_id_format(transfer->id, id);
    return json_pack("{s:s, s:s, s:s?, s:s?, s:o, s:o, s:o}", "id", id, "kind",
                     transfer_kind_name(transfer->kind), "from", account_name(transfer->from), "to",
                     account_name(transfer->to), "points", json_points(transfer->points), "ref",
                     json_id(transfer->ref), "at", json_time(view->at_us));
}

struct transfers_query {
    struct text cursor; /* a transfer's number as text */
    int64_t limit;
};

static const struct json_field transfers_query_fields[] = {
    {"cursor", JSON_TEXT, OPTIONAL, offsetof(struct transfers_query, cursor), .min = 5, .max = 24},
    {"limit", JSON_INT, OPTIONAL, offsetof(struct transfers_query, limit), .min = 1,
     .max = PAGE_LIMIT_MOST},
    {0},
};

static json_t *transfers_json(const struct transfer_view *views, size_t count, bool more)
{
    char next[TRANSFER_ID_TEXT_SIZE];
    json_t *items = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, transfer_json(&views[i]));
    if (!more)
        return page_json(items, 0);
    transfer_id_format(views[count - 1].transfer.id, next);
    return json_pack("{s:o, s:s}", "items", items, "next", next);
}

static enum answered transfers_get(struct call *call)
{
    const struct transfers_query *query = call->query;
    int64_t limit = page_limit(&(struct page){.limit = query->limit});
    struct transfer_view *views;
    struct error error;
    uint64_t before = 0;
    size_t count;

    if (query->cursor.length > 0 && !transfer_id_parse(query->cursor, &before))
        return reply_fault(call, &(struct json_fault){"/cursor", "bad_id", "lane-height-index"});
    if (!transfer_list_of_member(call->db, call->who.account_id, before, limit, call->arena, &views,
                                 &count, &error))
        return reply_error(call, &error);
    return reply_json(call, 200, transfers_json(views, count, (int64_t)count == limit));
}

const struct route wallet_routes[] = {
    {HTTP_GET, "/v1/wallet", ROLE_MEMBER, ON_QUERY, wallet_get, .query_fields = wallet_query_fields,
     .query_size = sizeof(struct wallet_query)},
    {HTTP_GET, "/v1/wallet/transfers", ROLE_MEMBER, ON_QUERY, transfers_get,
     .query_fields = transfers_query_fields, .query_size = sizeof(struct transfers_query)},
    {0},
};
