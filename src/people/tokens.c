#include "people/tokens.h"

#include <sodium.h>
#include <string.h>

#include "base/buffer.h"

#define TOKEN_VERSION 1
#define MAC_SIZE      HASH_SIZE

enum {
    ACCESS_SIGNED_SIZE = 1 + 4 + 8 + 1 + 8 + 8 + 4 + 8,
    ACCESS_SIZE = ACCESS_SIGNED_SIZE + MAC_SIZE,
    REGISTRATION_PLAIN_SIZE = PHONE_SIZE + 8,
    REGISTRATION_SIZE = 1 + 4 + REGISTRATION_PLAIN_SIZE + SEAL_OVERHEAD,
};

#define BASE64_LENGTH(size) (((size)*8 + 5) / 6)
_Static_assert(BASE64_LENGTH(ACCESS_SIZE) == ACCESS_TOKEN_LENGTH, "unpadded base64url");
_Static_assert(BASE64_LENGTH(REGISTRATION_SIZE) == REGISTRATION_TOKEN_LENGTH, "the same");

static uint8_t *put(uint8_t *at, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
    return at + bytes;
}

static void encode(const void *data, size_t size, char *out, size_t out_size)
{
    sodium_bin2base64(out, out_size, data, size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* The key that a token of ours names in its head; NULL when it is none of ours. */
static const struct key *token_key(const struct keyring *keyring, struct reader *reader)
{
    if (read_u8(reader) != TOKEN_VERSION)
        return NULL;
    const struct key *key = keyring_find(keyring, read_u32(reader));
    return key && key->purpose == KEY_TOKEN ? key : NULL;
}

static bool decode(struct text token, uint8_t *out, size_t size)
{
    size_t length;

    return token.length == BASE64_LENGTH(size) && base64url_decode(token, out, size, &length) &&
           length == size;
}

void access_token_write(const struct keyring *keyring, const struct who *who, int64_t expires_us,
                        char out[ACCESS_TOKEN_LENGTH + 1])
{
    const struct key *key = keyring_current(keyring, KEY_TOKEN);
    uint8_t token[ACCESS_SIZE], *at = token;

    at = put(at, TOKEN_VERSION, 1);
    at = put(at, key->id, 4);
    at = put(at, who->account_id, 8);
    at = put(at, (uint64_t)who->role, 1);
    at = put(at, who->scope_id, 8);
    at = put(at, who->person_id, 8);
    at = put(at, who->epoch, 4);
    at = put(at, (uint64_t)expires_us, 8);
    ASSERT(at == token + ACCESS_SIGNED_SIZE);
    crypto_mac(key->secret, token, ACCESS_SIGNED_SIZE, at);
    encode(token, sizeof(token), out, ACCESS_TOKEN_LENGTH + 1);
}

enum token_verdict access_token_read(const struct keyring *keyring, struct text token,
                                     int64_t now_us, struct who *who)
{
    uint8_t bytes[ACCESS_SIZE], mac[MAC_SIZE];

    if (!decode(token, bytes, sizeof(bytes)))
        return TOKEN_FORGED;
    struct reader reader = reader_of(bytes, ACCESS_SIGNED_SIZE);
    const struct key *key = token_key(keyring, &reader);
    if (!key)
        return TOKEN_FORGED;
    crypto_mac(key->secret, bytes, ACCESS_SIGNED_SIZE, mac);
    if (!crypto_equal(mac, bytes + ACCESS_SIGNED_SIZE, MAC_SIZE))
        return TOKEN_FORGED;

    struct who read = {.account_id = read_u64(&reader)};
    read.role = (enum role)read_u8(&reader);
    read.scope_id = read_u64(&reader);
    read.person_id = read_u64(&reader);
    read.epoch = read_u32(&reader);
    int64_t expires_us = (int64_t)read_u64(&reader);
    ASSERT(!reader.failed);
    if (expires_us <= now_us)
        return TOKEN_EXPIRED;
    *who = read;
    return TOKEN_GOOD;
}

/* A key of its own for sealing: one secret is never used by two algorithms. */
static void registration_key(const struct key *key, uint8_t out[SEAL_KEY_SIZE])
{
    _Static_assert(SEAL_KEY_SIZE == HASH_SIZE, "one HMAC makes one key");
    crypto_mac(key->secret, "registration", 12, out);
}

void registration_token_write(const struct keyring *keyring, const struct phone *phone,
                              int64_t expires_us, char out[REGISTRATION_TOKEN_LENGTH + 1])
{
    const struct key *key = keyring_current(keyring, KEY_TOKEN);
    uint8_t token[REGISTRATION_SIZE], plain[REGISTRATION_PLAIN_SIZE], sealing[SEAL_KEY_SIZE];
    uint8_t *at = put(put(token, TOKEN_VERSION, 1), key->id, 4);

    memset(plain, 0, sizeof(plain));
    memcpy(plain, phone->text, strlen(phone->text));
    put(plain + PHONE_SIZE, (uint64_t)expires_us, 8);
    registration_key(key, sealing);
    crypto_seal(sealing, TEXT("registration"), plain, sizeof(plain), at);
    crypto_wipe(sealing, sizeof(sealing));
    encode(token, sizeof(token), out, REGISTRATION_TOKEN_LENGTH + 1);
}

enum token_verdict registration_token_read(const struct keyring *keyring, struct text token,
                                           int64_t now_us, struct phone *phone)
{
    uint8_t bytes[REGISTRATION_SIZE], plain[REGISTRATION_PLAIN_SIZE], sealing[SEAL_KEY_SIZE];

    if (!decode(token, bytes, sizeof(bytes)))
        return TOKEN_FORGED;
    struct reader reader = reader_of(bytes, sizeof(bytes));
    const struct key *key = token_key(keyring, &reader);
    if (!key)
        return TOKEN_FORGED;
    registration_key(key, sealing);
    bool ours = crypto_open(sealing, TEXT("registration"), reader.at,
                            (size_t)(reader.end - reader.at), plain);
    crypto_wipe(sealing, sizeof(sealing));
    if (!ours)
        return TOKEN_FORGED;
    struct reader expiry = reader_of(plain + PHONE_SIZE, 8);
    if ((int64_t)read_u64(&expiry) <= now_us)
        return TOKEN_EXPIRED;
    memcpy(phone->text, plain, PHONE_SIZE);
    return TOKEN_GOOD;
}
