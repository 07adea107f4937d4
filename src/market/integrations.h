/*
 * Which plugin speaks for a merchant, with the merchant's own settings; and the credentials with
 * which the server signs what is said. Query threads and dispatch; texts live in the caller's
 * arena.
 */
#ifndef LINLI_INTEGRATIONS_H
#define LINLI_INTEGRATIONS_H

#include <jansson.h>

#include "market/calls.h"
#include "outbox/sign.h"
#include "people/keyring.h"
#include "store/find.h"

struct integration {
    uint64_t id, merchant_id;
    const char *plugin; /* "": none; vouchers are Linli's own */
    uint32_t calls;
    const json_t *settings; /* secrets in the open; borrowed */
    uint64_t changed_by;
    int64_t changed_us;
    int32_t failures; /* in a row, without an answer */
    int64_t rest_until_us;
};

/* The one that is current. `settings` is the caller's to drop. */
enum find integration_find(struct db *db, const struct keyring *keyring, uint64_t merchant_id,
                           struct arena *arena, struct integration *integration, json_t **settings,
                           struct error *error);
/* Its settings as they are stored; the caller drops them. NULL: they cannot be read. */
json_t *integration_settings_open(const struct keyring *keyring, uint64_t integration_id,
                                  uint32_t key_id, struct text sealed, struct arena *arena);
/* From now on it speaks for the merchant; what was redeemed before goes on through the plugin that
 * it began with. With its entry in the audit trail. FIND_NOTHING: there is no such merchant. */
enum find integration_put(struct db *db, const struct keyring *keyring,
                          const struct integration *integration, struct text why,
                          struct error *error);

struct step_desk; /* market/step_desk.h */
/* What the plugins in force want to hear of, into the integrations that have them; those whose
 * plugin is not in force stay as they are. */
bool integrations_refresh(struct db *db, const struct step_desk *desk, struct arena *arena,
                          struct error *error) MUST_CHECK;

/* --- Credentials ------------------------------------------------------------------------------ */

struct credential_row {
    const char *name; /* a-z 0-9 _ -, 1 to 40 */
    enum credential_kind kind;
    uint64_t merchant_id; /* 0: for calls of any merchant */
    const char *hosts;
    struct text secret; /* never read back but for signing */
    uint64_t changed_by;
    int64_t changed_us;
};
bool credential_put(struct db *db, const struct keyring *keyring, const struct credential_row *row,
                    struct text why, struct error *error) MUST_CHECK;
/* False only when it broke; `count` rows, by name, above `after`. Without secrets. */
bool credential_list(struct db *db, const char *after, int64_t limit, struct arena *arena,
                     struct credential_row **rows, size_t *count, struct error *error) MUST_CHECK;
enum find credential_remove(struct db *db, const char *name, uint64_t actor, struct text why,
                            int64_t now_us, struct error *error);
/* For a call of that merchant. */
enum find credential_open(struct db *db, const struct keyring *keyring, struct text name,
                          uint64_t merchant_id, struct arena *arena, struct credential *credential,
                          struct error *error);

#endif
