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
    KEY_TOKEN = 1, /* HMAC of access tokens */
    KEY_CHAIN,     /* Ed25519 seed of blocks and checkpoints */
    KEY_VOUCHER,   /* HMAC of voucher codes */
    KEY_INDEX,     /* HMAC of phone numbers and voucher codes that are looked up */
    KEY_PERSONAL,  /* wraps each person's own key */
    KEY_CHECK_IN,  /* HMAC of rotating check-in codes */
    KEY_SECRET,    /* seals credentials and secret settings of plugins */
    KEY_PURPOSES
};

struct key {
    uint32_t id;
    enum key_purpose purpose;
    uint8_t secret[32];
};

struct keyring; /* any thread; the keys that it gives out live as long as it does */

struct keyring_options {
    char *master_file; /* "" means <state_dir>/master.key, made for an empty table of keys */
};
extern const struct config_entry keyring_config[];

/*
 * Opens or makes the master key and loads every key, making the missing purposes. Servers that
 * start together end with the same keys. A master key is made only at the default place and only
 * while there are no keys that another one sealed; `state_dir` NULL (a database of one's own):
 * never, `keys.master_file` must name one (keyring_make_master). NULL on failure.
 */
struct keyring *keyring_load(struct db *db, const struct keyring_options *options,
                             const char *state_dir, struct error *error);
void keyring_free(struct keyring *keyring);
const struct key *keyring_current(const struct keyring *keyring, enum key_purpose purpose);
const struct key *keyring_find(const struct keyring *keyring, uint32_t key_id); /* NULL: unknown */
/* Finds the keys that were made since, for what other servers make with them; the current ones
 * stay. One thread of a process does so every few seconds. */
bool keyring_learn(struct keyring *keyring, struct db *db, struct error *error) MUST_CHECK;
/* Makes a master key file, 64 hexadecimal digits, mode 0600; refuses to replace one. */
bool keyring_make_master(const char *path, struct error *error) MUST_CHECK;
/* A ring of given keys, later ones of a purpose being current: for tests and tools. */
struct keyring *keyring_of(const struct key *keys, size_t count);
/* Adds a new current key of that purpose to the database (linli keys rotate). Servers know it
 * within seconds and use it from their next start on; old keys stay for what they have made.
 * KEY_INDEX is refused: members and vouchers are found by it. */
bool keyring_rotate(struct db *db, const struct keyring *keyring, enum key_purpose purpose,
                    struct error *error) MUST_CHECK;

#endif
