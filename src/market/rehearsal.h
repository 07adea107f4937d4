/*
 * A merchant's settings are tried before they are applied: its plugin is asked, as dispatch will
 * ask it, about a redemption that does not exist, once for each operation that it hears of. What it
 * would call is held to the rules that calls are held to. Nothing is sent.
 *
 * Query threads.
 */
#ifndef LINLI_REHEARSAL_H
#define LINLI_REHEARSAL_H

#include "market/integrations.h"
#include "market/step_desk.h"

struct rehearsal {
    const struct keyring *keyring;
    const struct step_desk *desk;
    const struct manifest *manifest; /* of the plugin */
    uint64_t merchant_id;
    const struct linli_value *values; /* of the merchant's settings over the plugin's */
    size_t value_count;
    int64_t now_us;
    struct arena *arena;
};

/* Why the settings will not do, for an administrator: what to change. In the arena. */
struct rehearsal_slip {
    const char *code; /* that an attempt would have, or the plugin's reason; NULL: they will do */
    const char *zh, *en;
};

/* False: the database failed. */
bool rehearse(struct db *db, const struct rehearsal *rehearsal, struct rehearsal_slip *slip,
              struct error *error) MUST_CHECK;

#endif
