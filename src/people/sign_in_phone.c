#include <stdio.h>
#include <string.h>

#include "people/members.h"
#include "people/sign_in.h"
#include "people/sign_in_internal.h"

#define TRY_EVERY_US      MINUTE_US
#define NETWORK_WINDOW_US HOUR_US
#define PHONE_WINDOW_US   DAY_US
/* Of one code from everywhere: five networks' worth, so that one stranger cannot use them up. */
#define TRIES_OF_A_CODE 25

/* --- sending --- */

static void make_code(char out[CODE_DIGITS + 1])
{
    uint64_t number; /* the remainder's bias is below 2^-44 */

    crypto_random(&number, sizeof(number));
    snprintf(out, CODE_DIGITS + 1, "%06u", (unsigned)(number % 1000000));
}

/* Keyed, since all codes could be tried against a plain hash. */
static void hash_code(const struct key *key, const uint8_t phone[PHONE_INDEX_SIZE],
                      struct text code, uint8_t out[HASH_SIZE])
{
    char named[5 + PHONE_INDEX_SIZE + CODE_DIGITS] = "code:";

    ASSERT(code.length == CODE_DIGITS);
    memcpy(named + 5, phone, PHONE_INDEX_SIZE);
    memcpy(named + 5 + PHONE_INDEX_SIZE, code.data, CODE_DIGITS);
    crypto_mac(key->secret, named, sizeof(named), out);
}

static bool store_code(const struct sign_in *sign_in, struct db *db, const struct phone *phone,
                       const char *code, struct error *error)
{
    const struct key *key = keyring_current(sign_in->keyring, KEY_INDEX);
    uint8_t index[PHONE_INDEX_SIZE], hash[HASH_SIZE];

    phone_index(key, phone, index);
    hash_code(key, index, text_of(code), hash);
    return db_run(db, error,
                  "INSERT INTO sign_in_codes (phone_index, code_hash, tries, expires_us)"
                  " VALUES (?, ?, 0, ?) ON DUPLICATE KEY UPDATE code_hash = VALUES(code_hash),"
                  " tries = 0, expires_us = VALUES(expires_us)",
                  DB_BYTES(index, sizeof(index)), DB_BYTES(hash, sizeof(hash)),
                  DB_INT(sign_in->now_us + CODE_LIFETIME_US)) >= 0;
}

enum { PAUSE, DAY, NETWORK, THROTTLES };

/* Somebody who was right from this network has a day's codes of their own, which strangers who ask
 * for codes to the same phone cannot use up. */
static void list_throttles(const struct sign_in *sign_in, const struct phone *phone,
                           const struct attempt *attempt, struct throttle out[THROTTLES])
{
    const struct sign_in_options *options = sign_in->options;
    struct text number = text_of(phone->text), network = text_of(attempt->network);
    struct text whose = attempt->trusted ? network : (struct text){0};

    out[PAUSE] = sign_in_throttle(sign_in, "code-pause", number, whose, 1, options->code_pause_us);
    out[DAY] = sign_in_throttle(sign_in, "code-day", number, whose, options->codes_per_phone,
                                PHONE_WINDOW_US / options->codes_per_phone);
    out[NETWORK] = sign_in_throttle(sign_in, "code-network", network, (struct text){0},
                                    options->codes_per_network,
                                    NETWORK_WINDOW_US / options->codes_per_network);
}

/* One code may be tried so often from one network. */
static struct throttle tries_of(const struct sign_in *sign_in, const struct phone *phone,
                                const struct attempt *attempt)
{
    return sign_in_throttle(sign_in, "code-try", text_of(phone->text), text_of(attempt->network),
                            sign_in->options->failures, TRY_EVERY_US);
}

static void send_code(const struct sign_in *sign_in, struct db *db, const struct phone *phone,
                      struct signed_in *out)
{
    char code[CODE_DIGITS + 1];

    make_code(code);
    out->answer = SIGN_IN_BROKEN;
    if (store_code(sign_in, db, phone, code, &out->error)) {
        switch (sign_in->sender->send(sign_in->sms, phone, code, &out->error)) {
        case CODE_SENT: out->answer = SIGN_IN_DONE; break;
        case CODE_NOT_NOW: out->answer = SIGN_IN_BUSY; break;
        case CODE_FAILED: out->answer = SIGN_IN_BROKEN; break;
        }
    }
    crypto_wipe(code, sizeof(code));
}

void sign_in_send_code(const struct sign_in *sign_in, struct db *db, const struct phone *phone,
                       struct signed_in *out)
{
    struct attempt attempt;
    struct throttle throttles[THROTTLES];

    *out = (struct signed_in){.answer = SIGN_IN_BROKEN};
    if (!attempt_begin(sign_in, db, text_of(phone->text), &attempt, &out->error))
        return;
    list_throttles(sign_in, phone, &attempt, throttles);
    if (!sign_in_may_try(sign_in, db, throttles, THROTTLES, out))
        return;
    out->answer = SIGN_IN_BROKEN;
    struct throttle tries = tries_of(sign_in, phone, &attempt);
    if (!throttle_clear(db, tries.bucket, &out->error)) /* a new code, new tries */
        return;
    send_code(sign_in, db, phone, out);
    if (out->answer != SIGN_IN_DONE && !throttle_return(db, &throttles[PAUSE], &out->error))
        out->answer = SIGN_IN_BROKEN; /* they need not wait for what was not sent */
}

/* --- checking --- */

struct checking {
    const struct sign_in *sign_in;
    uint8_t index[PHONE_INDEX_SIZE];
    uint8_t hash[HASH_SIZE]; /* of what was typed */
    bool right;
};

struct code_row {
    bool found;
    uint8_t hash[HASH_SIZE];
    int64_t tries, expires_us;
};

static bool lock_code(struct db *db, const uint8_t index[PHONE_INDEX_SIZE], struct code_row *row,
                      struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT code_hash, tries, expires_us FROM sign_in_codes"
                                 " WHERE phone_index = ? FOR UPDATE",
                                 DB_BYTES(index, PHONE_INDEX_SIZE));

    *row = (struct code_row){.found = rows_next(rows)};
    if (row->found) {
        rows_bytes(rows, 0, row->hash, HASH_SIZE);
        row->tries = rows_int(rows, 1);
        row->expires_us = rows_int(rows, 2);
    }
    return rows_end(rows, error);
}

/* A right code is used up by the one who is right first. */
static bool check_code(struct db *db, void *context, struct error *error)
{
    struct checking *checking = context;
    struct code_row row;

    checking->right = false;
    if (!lock_code(db, checking->index, &row, error))
        return false;
    if (!row.found || row.expires_us <= checking->sign_in->now_us || row.tries >= TRIES_OF_A_CODE)
        return true;
    checking->right = crypto_equal(row.hash, checking->hash, HASH_SIZE);
    if (checking->right)
        return db_run(db, error, "DELETE FROM sign_in_codes WHERE phone_index = ?",
                      DB_BYTES(checking->index, PHONE_INDEX_SIZE)) == 1;
    return db_run(db, error, "UPDATE sign_in_codes SET tries = tries + 1 WHERE phone_index = ?",
                  DB_BYTES(checking->index, PHONE_INDEX_SIZE)) == 1;
}

static bool is_code(struct text code)
{
    if (code.length != CODE_DIGITS)
        return false;
    for (size_t i = 0; i < code.length; i++)
        if (code.data[i] < '0' || code.data[i] > '9')
            return false;
    return true;
}

/* The code was right: who has this phone? */
static void open_by_phone(const struct sign_in *sign_in, struct db *db, const struct phone *phone,
                          struct signed_in *out)
{
    uint64_t member_id;

    switch (member_find_by_phone(db, sign_in->keyring, phone, &member_id, &out->error)) {
    case FIND_FOUND: sign_in_open(sign_in, db, member_id, out); break;
    case FIND_NOTHING:
        registration_token_write(sign_in->keyring, phone,
                                 sign_in->now_us + REGISTRATION_TOKEN_LIFETIME_US,
                                 out->registration);
        out->answer = SIGN_IN_REGISTER;
        break;
    case FIND_FAILED: out->answer = SIGN_IN_BROKEN; break;
    }
}

void sign_in_phone(const struct sign_in *sign_in, struct db *db, const struct phone *phone,
                   struct text code, struct signed_in *out)
{
    const struct key *key = keyring_current(sign_in->keyring, KEY_INDEX);
    struct checking checking = {.sign_in = sign_in};
    struct attempt attempt;

    *out = (struct signed_in){.answer = is_code(code) ? SIGN_IN_BROKEN : SIGN_IN_WRONG};
    if (out->answer == SIGN_IN_WRONG ||
        !attempt_begin(sign_in, db, text_of(phone->text), &attempt, &out->error))
        return;
    struct throttle tries = tries_of(sign_in, phone, &attempt);
    if (!sign_in_may_try(sign_in, db, &tries, 1, out))
        return;
    out->answer = SIGN_IN_BROKEN;
    phone_index(key, phone, checking.index);
    hash_code(key, checking.index, code, checking.hash);
    if (!db_transaction(db, check_code, &checking, &out->error))
        return;
    out->answer = SIGN_IN_WRONG;
    if (!checking.right)
        return;
    out->answer = SIGN_IN_BROKEN;
    if (throttle_clear(db, tries.bucket, &out->error) &&
        attempt_trust(sign_in, db, &attempt, &out->error))
        open_by_phone(sign_in, db, phone, out);
}

void sign_in_register(const struct sign_in *sign_in, struct db *db,
                      const struct registration *registration, struct signed_in *out)
{
    struct new_member wanted = {.name = registration->name,
                                .unit_id = registration->unit_id,
                                .consented_us = sign_in->now_us,
                                .age = registration->age,
                                .guardian_us =
                                    registration->age == AGE_YOUTH ? sign_in->now_us : 0};
    uint64_t member_id;

    *out = (struct signed_in){.answer = SIGN_IN_WRONG};
    if (registration_token_read(sign_in->keyring, registration->token, sign_in->now_us,
                                &wanted.phone) != TOKEN_GOOD)
        return;
    switch (member_create(db, sign_in->keyring, sign_in->ids, &wanted, sign_in->now_us, &member_id,
                          &out->error)) {
    case PEOPLE_DONE:
    case PEOPLE_PHONE_TAKEN: sign_in_open(sign_in, db, member_id, out); break;
    case PEOPLE_NO_UNIT: out->answer = SIGN_IN_NO_UNIT; break;
    case PEOPLE_BUSY: out->answer = SIGN_IN_BUSY; break;
    default: out->answer = SIGN_IN_BROKEN; break;
    }
}
