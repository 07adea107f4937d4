#include "people/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"

#define MASTER_FILE_SIZE            (2 * SEAL_KEY_SIZE + 1) /* hexadecimal digits and a newline */
#define SEALED_SIZE                 (32 + SEAL_OVERHEAD)
#define FIRST_GENERATION            1
#define CONTEXT_SIZE                40
#define KEY_ID(purpose, generation) ((uint32_t)(purpose) << 16 | (generation))

/* What was known at a time; never changed. */
struct ring {
    struct ring *older; /* kept as long as the keyring: others may still hold its keys */
    const struct key *current[KEY_PURPOSES];
    size_t count;
    struct key *keys;
};

struct keyring {
    uint8_t master[SEAL_KEY_SIZE]; /* zero in one made by keyring_of */
    struct ring *_Atomic ring;     /* the newest */
};

const struct config_entry keyring_config[] = {
    {.name = "keys.master_file",
     .type = CONFIG_TEXT,
     .offset = offsetof(struct keyring_options, master_file),
     .initial = "",
     .help = "file of the master key that seals all others; empty: master.key in the state "
             "directory, made at the first start"},
    {0},
};

/* --- the master key's file ---------------------------------------------------------------- */

static bool write_whole(int file, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t written = write(file, data, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        data += written;
        length -= (size_t)written;
    }
    return fsync(file) == 0;
}

static bool write_new_file(const char *path, const char *data, size_t length)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (file < 0)
        return false;
    bool written = write_whole(file, data, length);
    return close(file) == 0 && written;
}

/* Written beside and linked into place: nobody ever reads half a key, and of two who make one at
 * the same time the first wins; the other's is forgotten (errno EEXIST). */
static bool make_master(const char *path, struct error *error)
{
    uint8_t master[SEAL_KEY_SIZE], tag[6];
    struct arena *arena = arena_new();

    crypto_random(master, sizeof(master));
    crypto_random(tag, sizeof(tag));
    char *beside = arena_printf(arena, "%s.%s", path, hex_encode(arena, tag, sizeof(tag)));
    char *text = arena_printf(arena, "%s\n", hex_encode(arena, master, sizeof(master)));
    bool made = write_new_file(beside, text, MASTER_FILE_SIZE) && link(beside, path) == 0;
    int why = errno;
    unlink(beside);
    crypto_wipe(master, sizeof(master));
    crypto_wipe(text, MASTER_FILE_SIZE);
    arena_free(arena);
    errno = why;
    return made || error_set(error, "keys.master", "cannot make %s: %s", path, strerror(why));
}

bool keyring_make_master(const char *path, struct error *error)
{
    return make_master(path, error);
}

static bool check_master_file(int file, const char *path, struct error *error)
{
    struct stat status;

    if (fstat(file, &status) != 0)
        return error_set(error, "keys.master", "cannot look at %s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return error_set(error, "keys.master", "%s is no regular file", path);
    if ((status.st_mode & 077) != 0)
        return error_set(error, "keys.master", "%s can be read by others (mode %03o): chmod 600 it",
                         path, (unsigned)(status.st_mode & 0777));
    return true;
}

static bool read_master(const char *path, uint8_t out[SEAL_KEY_SIZE], struct error *error)
{
    char text[MASTER_FILE_SIZE + 1];
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return error_set(error, "keys.master", "cannot open the master key %s: %s", path,
                         strerror(errno));
    bool safe = check_master_file(file, path, error);
    ssize_t length = read(file, text, sizeof(text));
    close(file);
    if (!safe)
        return false;
    bool whole = length == MASTER_FILE_SIZE && text[MASTER_FILE_SIZE - 1] == '\n' &&
                 hex_decode((struct text){text, MASTER_FILE_SIZE - 1}, out, SEAL_KEY_SIZE);
    crypto_wipe(text, sizeof(text));
    return whole || error_set(error, "keys.master", "%s is no master key: %d hexadecimal digits",
                              path, 2 * SEAL_KEY_SIZE);
}

/* Reads the master key; makes it first where that is allowed (see keyring_load). */
static bool find_master(const struct keyring_options *options, const char *state_dir, bool has_keys,
                        uint8_t out[SEAL_KEY_SIZE], struct error *error)
{
    char path[4096];

    if (options->master_file[0] != '\0')
        return read_master(options->master_file, out, error);
    if (!state_dir)
        return error_set(error, "keys.master",
                         "keys.master_file is not set: with a database of your own, keep one file "
                         "for all its servers (linli keys make-master FILE)");
    snprintf(path, sizeof(path), "%s/master.key", state_dir);
    if (access(path, F_OK) == 0)
        return read_master(path, out, error);
    if (has_keys)
        return error_set(error, "keys.master",
                         "%s is missing, but the database has keys that it sealed: restore it from "
                         "the backup",
                         path);
    if (!make_master(path, error) && errno != EEXIST)
        return false;
    return read_master(path, out, error);
}

/* --- the table of keys --------------------------------------------------------------------- */

static struct text seal_context(char out[CONTEXT_SIZE], uint32_t id, enum key_purpose purpose)
{
    int length = snprintf(out, CONTEXT_SIZE, "key:%u:%u", id, (unsigned)purpose);

    return (struct text){out, (size_t)length};
}

/* False with *duplicate when another server has just made the same. */
static bool insert_key(struct db *db, const uint8_t master[SEAL_KEY_SIZE], enum key_purpose purpose,
                       uint32_t generation, bool *duplicate, struct error *error)
{
    uint8_t secret[32], sealed[SEALED_SIZE];
    char context[CONTEXT_SIZE];
    uint32_t id = KEY_ID(purpose, generation);

    crypto_random(secret, sizeof(secret));
    crypto_seal(master, seal_context(context, id, purpose), secret, sizeof(secret), sealed);
    crypto_wipe(secret, sizeof(secret));
    int64_t inserted = db_run(db, error,
                              "INSERT INTO `keys` (key_id, purpose, sealed, created_us)"
                              " VALUES (?, ?, ?, ?)",
                              DB_ID(id), DB_INT(purpose), DB_BYTES(sealed, sizeof(sealed)),
                              DB_INT(clock_now_us()));
    *duplicate = inserted < 0 && db_error_kind(db) == DB_DUPLICATE;
    return inserted == 1;
}

struct making {
    const uint8_t *master;
    const bool *has;
};

/* In one transaction and one order: of two servers that start on an empty table, perhaps with
 * different master keys, one makes all keys and the other none. */
static bool make_missing(struct db *db, void *context, struct error *error)
{
    const struct making *making = context;

    for (int purpose = 1; purpose < KEY_PURPOSES; purpose++) {
        bool duplicate;
        if (!making->has[purpose] &&
            !insert_key(db, making->master, (enum key_purpose)purpose, FIRST_GENERATION, &duplicate,
                        error) &&
            !duplicate)
            return false;
    }
    return true;
}

static bool read_purposes(struct db *db, bool has[KEY_PURPOSES], bool *any, struct error *error)
{
    struct rows *rows = db_query(db, "SELECT DISTINCT purpose FROM `keys`");

    *any = false;
    while (rows_next(rows)) {
        int64_t purpose = rows_int(rows, 0);
        *any = true;
        if (purpose > 0 && purpose < KEY_PURPOSES)
            has[purpose] = true;
    }
    return rows_end(rows, error);
}

static bool open_key(const uint8_t master[SEAL_KEY_SIZE], struct rows *rows, struct key *key)
{
    char context[CONTEXT_SIZE];
    struct text sealed = rows_text(rows, 2);

    key->id = (uint32_t)rows_int(rows, 0);
    key->purpose = (enum key_purpose)rows_int(rows, 1);
    return sealed.length == SEALED_SIZE &&
           crypto_open(master, seal_context(context, key->id, key->purpose), sealed.data,
                       sealed.length, key->secret);
}

static void ring_free(struct ring *ring)
{
    if (ring->keys)
        crypto_wipe(ring->keys, ring->count * sizeof(*ring->keys));
    free(ring->keys);
    free(ring);
}

static void ring_add(struct ring *ring, const struct key *key)
{
    ring->keys = memory_resize(ring->keys, ring->count + 1, sizeof(*ring->keys));
    ring->keys[ring->count++] = *key;
}

static const struct key *ring_find(const struct ring *ring, uint32_t key_id)
{
    for (size_t i = 0; i < ring->count; i++)
        if (ring->keys[i].id == key_id)
            return &ring->keys[i];
    return NULL;
}

/* Keys came in ascending order of id, so that the last of each purpose is the newest. */
static void ring_choose_current(struct ring *ring)
{
    for (size_t i = 0; i < ring->count; i++)
        if (ring->keys[i].purpose > 0 && ring->keys[i].purpose < KEY_PURPOSES)
            ring->current[ring->keys[i].purpose] = &ring->keys[i];
}

/* What this process makes things with stays what it was at its start. */
static void ring_keep_current(struct ring *ring, const struct ring *older)
{
    for (int purpose = 1; purpose < KEY_PURPOSES; purpose++)
        if (older->current[purpose])
            ring->current[purpose] = ring_find(ring, older->current[purpose]->id);
}

static struct ring *ring_read(struct db *db, const uint8_t master[SEAL_KEY_SIZE],
                              struct error *error)
{
    struct ring *ring = memory_new(sizeof(*ring));
    struct rows *rows = db_query(db, "SELECT key_id, purpose, sealed FROM `keys` ORDER BY key_id");
    uint32_t unopened = 0;

    while (rows_next(rows)) {
        struct key key;
        if (open_key(master, rows, &key))
            ring_add(ring, &key);
        else
            unopened = key.id;
        crypto_wipe(&key, sizeof(key));
    }
    bool read = rows_end(rows, error);
    if (read && unopened == 0)
        return ring;
    if (read)
        error_set(error, "keys.sealed", "key %u was sealed under another master key", unopened);
    ring_free(ring);
    return NULL;
}

static void publish(struct keyring *keyring, struct ring *ring)
{
    ring->older = atomic_load(&keyring->ring);
    atomic_store(&keyring->ring, ring);
}

/* --- keyrings ------------------------------------------------------------------------------ */

/* Only a master key that opens what is there may seal what is missing. */
static bool complete(struct db *db, struct keyring *keyring, const bool has[KEY_PURPOSES],
                     struct error *error)
{
    struct making making = {.master = keyring->master, .has = has};
    struct ring *before = ring_read(db, keyring->master, error), *ring;

    if (!before)
        return false;
    ring_free(before);
    if (!db_transaction(db, make_missing, &making, error))
        return false;
    ring = ring_read(db, keyring->master, error);
    if (!ring)
        return false;
    ring_choose_current(ring);
    publish(keyring, ring);
    return true;
}

struct keyring *keyring_load(struct db *db, const struct keyring_options *options,
                             const char *state_dir, struct error *error)
{
    struct keyring *keyring = memory_new(sizeof(*keyring));
    bool has[KEY_PURPOSES] = {false}, any;

    if (read_purposes(db, has, &any, error) &&
        find_master(options, state_dir, any, keyring->master, error) &&
        complete(db, keyring, has, error))
        return keyring;
    keyring_free(keyring);
    return NULL;
}

static bool count_keys(struct db *db, size_t *count, struct error *error)
{
    struct rows *rows = db_query(db, "SELECT COUNT(*) FROM `keys`");

    *count = rows_next(rows) ? (size_t)rows_id(rows, 0) : 0;
    return rows_end(rows, error);
}

bool keyring_learn(struct keyring *keyring, struct db *db, struct error *error)
{
    const struct ring *known = atomic_load(&keyring->ring);
    struct ring *ring;
    size_t count;

    if (!count_keys(db, &count, error))
        return false;
    if (count == known->count)
        return true;
    ring = ring_read(db, keyring->master, error);
    if (!ring)
        return false;
    ring_keep_current(ring, known);
    publish(keyring, ring);
    LOG(INFO, "keys.learnt", LOG_INT("keys", ring->count));
    return true;
}

struct keyring *keyring_of(const struct key *keys, size_t count)
{
    struct keyring *keyring = memory_new(sizeof(*keyring));
    struct ring *ring = memory_new(sizeof(*ring));

    for (size_t i = 0; i < count; i++)
        ring_add(ring, &keys[i]);
    ring_choose_current(ring);
    publish(keyring, ring);
    return keyring;
}

void keyring_free(struct keyring *keyring)
{
    if (!keyring)
        return;
    for (struct ring *ring = atomic_load(&keyring->ring), *older; ring; ring = older) {
        older = ring->older;
        ring_free(ring);
    }
    crypto_wipe(keyring, sizeof(*keyring));
    free(keyring);
}

const struct key *keyring_current(const struct keyring *keyring, enum key_purpose purpose)
{
    const struct ring *ring = atomic_load(&keyring->ring);

    ASSERT(purpose > 0 && purpose < KEY_PURPOSES && ring->current[purpose]);
    return ring->current[purpose];
}

const struct key *keyring_find(const struct keyring *keyring, uint32_t key_id)
{
    return ring_find(atomic_load(&keyring->ring), key_id);
}

bool keyring_rotate(struct db *db, const struct keyring *keyring, enum key_purpose purpose,
                    struct error *error)
{
    bool duplicate;

    if (purpose == KEY_INDEX)
        return error_set(error, "keys.rotate",
                         "members and vouchers are found by the index key: it "
                         "cannot be rotated");
    struct rows *rows = db_query(
        db, "SELECT COALESCE(MAX(key_id), 0) FROM `keys` WHERE purpose = ?", DB_INT(purpose));
    uint32_t newest = rows_next(rows) ? (uint32_t)rows_int(rows, 0) : 0;
    if (!rows_end(rows, error))
        return false;
    if (!insert_key(db, keyring->master, purpose, (newest & 0xffff) + 1, &duplicate, error))
        return duplicate ? error_set(error, "keys.rotate", "somebody else has just rotated it")
                         : false;
    LOG(INFO, "keys.rotated", LOG_INT("purpose", purpose));
    return true;
}
