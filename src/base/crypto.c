#include "base/crypto.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE   crypto_aead_xchacha20poly1305_ietf_ABYTES

_Static_assert(HASH_SIZE == crypto_auth_hmacsha256_BYTES, "HMAC-SHA256");
_Static_assert(MAC_KEY_SIZE == crypto_auth_hmacsha256_KEYBYTES, "HMAC-SHA256");
_Static_assert(SIGN_SEED_SIZE == crypto_sign_SEEDBYTES, "Ed25519");
_Static_assert(SIGN_PUBLIC_SIZE == crypto_sign_PUBLICKEYBYTES, "Ed25519");
_Static_assert(SIGNATURE_SIZE == crypto_sign_BYTES, "Ed25519");
_Static_assert(SEAL_KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "XChaCha20");
_Static_assert(SEAL_OVERHEAD == NONCE_SIZE + TAG_SIZE, "XChaCha20-Poly1305");
_Static_assert(PASSWORD_HASH_SIZE == crypto_pwhash_STRBYTES, "argon2id");

/*
 * SHA-256 comes from OpenSSL, which uses the CPU's SHA instructions (libsodium's is plain C: 480 ns
 * a leaf against 180). The one-shot calls look the algorithm up and allocate each time, so the
 * algorithm is fetched once and each thread keeps a context.
 */
static EVP_MD *sha256;
static pthread_key_t context_key; /* frees a thread's context when the thread ends */
static _Thread_local EVP_MD_CTX *thread_context;

static void context_free(void *value)
{
    EVP_MD_CTX_free(value);
}

void crypto_start(void)
{
    ASSERT(sodium_init() >= 0);
    if (sha256)
        return;
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    ASSERT(sha256 != NULL);
    ASSERT(pthread_key_create(&context_key, context_free) == 0);
}

static EVP_MD_CTX *sha256_context(void)
{
    if (thread_context)
        return thread_context;
    ASSERT(sha256 != NULL); /* crypto_start() comes first */
    thread_context = EVP_MD_CTX_new();
    ASSERT(thread_context != NULL);
    ASSERT(pthread_setspecific(context_key, thread_context) == 0);
    return thread_context;
}

void crypto_random(void *out, size_t length)
{
    randombytes_buf(out, length);
}

void crypto_wipe(void *secret, size_t length)
{
    sodium_memzero(secret, length);
}

bool crypto_equal(const void *a, const void *b, size_t length)
{
    return sodium_memcmp(a, b, length) == 0;
}

void crypto_sha256(const void *data, size_t length, uint8_t out[HASH_SIZE])
{
    EVP_MD_CTX *hash = sha256_context();

    ASSERT(EVP_DigestInit_ex2(hash, sha256, NULL) == 1);
    ASSERT(EVP_DigestUpdate(hash, data, length) == 1);
    ASSERT(EVP_DigestFinal_ex(hash, out, NULL) == 1);
}

void crypto_sha256_parts(uint8_t prefix, const void *a, size_t a_length, const void *b,
                         size_t b_length, uint8_t out[HASH_SIZE])
{
    EVP_MD_CTX *hash = sha256_context();

    ASSERT(EVP_DigestInit_ex2(hash, sha256, NULL) == 1);
    ASSERT(EVP_DigestUpdate(hash, &prefix, 1) == 1);
    ASSERT(EVP_DigestUpdate(hash, a, a_length) == 1);
    ASSERT(EVP_DigestUpdate(hash, b, b_length) == 1);
    ASSERT(EVP_DigestFinal_ex(hash, out, NULL) == 1);
}

void crypto_mac(const uint8_t key[MAC_KEY_SIZE], const void *data, size_t length,
                uint8_t out[HASH_SIZE])
{
    crypto_auth_hmacsha256(out, data, length, key);
}

void crypto_mac_with(struct text key, const void *data, size_t length, uint8_t out[HASH_SIZE])
{
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, (const uint8_t *)key.data, key.length);
    crypto_auth_hmacsha256_update(&state, data, length);
    crypto_auth_hmacsha256_final(&state, out);
    crypto_wipe(&state, sizeof state);
}

struct signer {
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    uint8_t public[crypto_sign_PUBLICKEYBYTES];
};

struct signer *signer_new(const uint8_t seed[SIGN_SEED_SIZE])
{
    struct signer *signer = memory_new(sizeof(*signer));

    ASSERT(crypto_sign_seed_keypair(signer->public, signer->secret, seed) == 0);
    return signer;
}

void signer_free(struct signer *signer)
{
    if (!signer)
        return;
    crypto_wipe(signer, sizeof(*signer));
    free(signer);
}

void signer_public(const struct signer *signer, uint8_t out[SIGN_PUBLIC_SIZE])
{
    memcpy(out, signer->public, SIGN_PUBLIC_SIZE);
}

void signer_sign(const struct signer *signer, const void *data, size_t length,
                 uint8_t out[SIGNATURE_SIZE])
{
    ASSERT(crypto_sign_detached(out, NULL, data, length, signer->secret) == 0);
}

bool signature_valid(const uint8_t public_key[SIGN_PUBLIC_SIZE], const void *data, size_t length,
                     const uint8_t signature[SIGNATURE_SIZE])
{
    return crypto_sign_verify_detached(signature, data, length, public_key) == 0;
}

void crypto_seal(const uint8_t key[SEAL_KEY_SIZE], struct text context, const void *plain,
                 size_t length, uint8_t *out)
{
    randombytes_buf(out, NONCE_SIZE);
    int failed = crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE_SIZE, NULL, plain, length,
                                                            (const uint8_t *)context.data,
                                                            context.length, NULL, out, key);
    ASSERT(failed == 0);
}

bool crypto_open(const uint8_t key[SEAL_KEY_SIZE], struct text context, const void *sealed,
                 size_t length, uint8_t *out)
{
    const uint8_t *nonce = sealed;

    if (length < SEAL_OVERHEAD)
        return false;
    return crypto_aead_xchacha20poly1305_ietf_decrypt(
               out, NULL, NULL, nonce + NONCE_SIZE, length - NONCE_SIZE,
               (const uint8_t *)context.data, context.length, nonce, key) == 0;
}

bool password_hash(struct text password, char out[PASSWORD_HASH_SIZE])
{
    return crypto_pwhash_str(out, password.data, password.length,
                             crypto_pwhash_OPSLIMIT_INTERACTIVE,
                             crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0;
}

bool password_matches(const char *hash, struct text password)
{
    if (strnlen(hash, PASSWORD_HASH_SIZE) == PASSWORD_HASH_SIZE)
        return false;
    return crypto_pwhash_str_verify(hash, password.data, password.length) == 0;
}

char *hex_encode(struct arena *arena, const void *data, size_t length)
{
    char *hex = arena_take(arena, length * 2 + 1);

    return sodium_bin2hex(hex, length * 2 + 1, data, length);
}

bool hex_decode(struct text text, void *out, size_t length)
{
    size_t decoded;

    if (text.length != length * 2)
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] >= 'A' && text.data[i] <= 'F')
            return false; /* libsodium reads these, but then two texts would mean one value */
    return sodium_hex2bin(out, length, text.data, text.length, NULL, &decoded, NULL) == 0 &&
           decoded == length;
}

char *base64url_encode(struct arena *arena, const void *data, size_t length)
{
    size_t size = sodium_base64_ENCODED_LEN(length, sodium_base64_VARIANT_URLSAFE_NO_PADDING);

    return sodium_bin2base64(arena_take(arena, size), size, data, length,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void base64_add(struct buffer *out, const void *data, size_t length)
{
    size_t size = sodium_base64_ENCODED_LEN(length, sodium_base64_VARIANT_ORIGINAL);
    char *text = memory_new(size);

    sodium_bin2base64(text, size, data, length, sodium_base64_VARIANT_ORIGINAL);
    buffer_add_text(out, text);
    crypto_wipe(text, size);
    free(text);
}

bool base64url_decode(struct text text, void *out, size_t most, size_t *length)
{
    for (size_t i = 0; i < text.length; i++)
        if ((uint8_t)text.data[i] >= 0x80)
            return false; /* libsodium 1.0.18 takes some of these for '_' */
    return sodium_base642bin(out, most, text.data, text.length, NULL, length, NULL,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0;
}

void crockford_encode(const uint8_t *data, size_t count, char *out)
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    for (size_t i = 0; i < count; i++) {
        size_t bit = i * 5, byte = bit / 8, shift = bit % 8;
        unsigned window = (unsigned)data[byte] << 8;
        if (shift > 3)
            window |= data[byte + 1];
        out[i] = digits[window >> (11 - shift) & 31];
    }
    out[count] = '\0';
}
