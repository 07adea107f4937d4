/*
 * Keys: one table, shared by the servers of one database, each row sealed under the master key
 * (`keys.master_file`). Rows that used a key keep its id, so keys rotate by adding one.
 */
#ifndef LINLI_KEYRING_H
#define LINLI_KEYRING_H

#include "base/config.h"
#include "base/crypto.h"
#include "store/db.h"

enum key_purpose {
    KEY_TOKEN = 1,  /* HMAC of access tokens */
    KEY_CHAIN,      /* Ed25519 seed of blocks and checkpoints */
    KEY_VOUCHER,    /* HMAC of voucher codes */
    KEY_INDEX,      /* HMAC of phone numbers and voucher codes that are looked up */
    KEY_PERSONAL,   /* wraps each person's own key */
    KEY_CHECK_IN,   /* HMAC of rotating check-in codes */
    KEY_PURPOSES
};

struct key {
    uint32_t id;
    enum key_purpose purpose;
    uint8_t secret[32];
};

struct keyring; /* immutable once loaded; any thread */

struct keyring_options {
    char *master_file; /* "" means <state_dir>/master.key, made when it is missing */
};
extern const struct config_entry keyring_config[];

/* Opens or makes the master key and loads every key, making the missing purposes. */
struct keyring *keyring_load(struct db *db, const struct keyring_options *options,
                             const char *state_dir, struct error *error);
void keyring_free(struct keyring *keyring);
const struct key *keyring_current(const struct keyring *keyring, enum key_purpose purpose);
const struct key *keyring_find(const struct keyring *keyring, uint32_t key_id); /* NULL: unknown */
/* Adds a new current key of that purpose to the database (linli keys rotate). */
bool keyring_rotate(struct db *db, const struct keyring *keyring, enum key_purpose purpose,
                    struct error *error) MUST_CHECK;

#endif
