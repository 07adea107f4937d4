/*
 * What dispatch needs of the market: what an operation's plugin is asked, and how its answer comes
 * into the book. Then what people see of operations, and the queue of those that a person decides.
 */
#ifndef LINLI_MERCHANT_CALLS_H
#define LINLI_MERCHANT_CALLS_H

#include "base/ids.h"
#include "ledger/teller.h"
#include "market/operation.h"
#include "market/step_desk.h"
#include "outbox/dispatch.h"
#include "people/keyring.h"

/* Outlives dispatch. */
struct merchant_calls {
    struct teller *teller;
    const struct keyring *keyring;
    struct id_maker *ids;
    struct step_desk desk;
};
struct dispatch_hooks merchant_calls_hooks(struct merchant_calls *calls);

#define DECIDE_WITHIN_US (2 * DAY_US) /* what members are promised of a person's decision */

struct operation_view {
    uint64_t id, redemption_id, merchant_id;
    const char *merchant_name, *plugin;
    enum operation_kind kind;
    enum operation_state state;
    enum redemption_state redemption_state;
    int64_t points, created_us, closed_us, due_us, deadline_us;
    int32_t attempt, status;
    bool querying, sent, leased;
    const char *fault, *reason;
    enum intent intent;
    uint64_t decided_by;
};
struct operation_filter {
    uint64_t merchant_id, redemption_id; /* 0: of all */
    int state;                           /* enum operation_state; 0: any */
};
/* By id, above `after`. */
bool operation_list(struct db *db, const struct operation_filter *filter, uint64_t after,
                    int64_t limit, struct arena *arena, struct operation_view **views,
                    size_t *count, struct error *error) MUST_CHECK;
enum find operation_find(struct db *db, uint64_t operation_id, struct arena *arena,
                         struct operation_view *view, struct error *error);

#endif
