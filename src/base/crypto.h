/*
 * Crypto: thin names over libsodium and OpenSSL; nothing hand-written. Any thread once
 * crypto_start() has returned. Buffers of secrets are wiped by their owners with crypto_wipe.
 */
#ifndef LINLI_CRYPTO_H
#define LINLI_CRYPTO_H

#include "base/arena.h"
#include "base/buffer.h"

#define HASH_SIZE          32
#define MAC_KEY_SIZE       32
#define SIGN_SEED_SIZE     32
#define SIGN_PUBLIC_SIZE   32
#define SIGNATURE_SIZE     64
#define SEAL_KEY_SIZE      32
#define SEAL_OVERHEAD      40 /* nonce 24 + tag 16, XChaCha20-Poly1305 */
#define PASSWORD_HASH_SIZE 128

void crypto_start(void); /* once, first thing in main */
void crypto_random(void *out, size_t length);
void crypto_wipe(void *secret, size_t length);
bool crypto_equal(const void *a, const void *b, size_t length) MUST_CHECK; /* constant time */

void crypto_sha256(const void *data, size_t length, uint8_t out[HASH_SIZE]);
/* SHA-256 over `prefix` then two parts: RFC 6962's leaf (0x00) and node (0x01) hashes. */
void crypto_sha256_parts(uint8_t prefix, const void *a, size_t a_length, const void *b,
                         size_t b_length, uint8_t out[HASH_SIZE]);
/* HMAC-SHA256 */
void crypto_mac(const uint8_t key[MAC_KEY_SIZE], const void *data, size_t length,
                uint8_t out[HASH_SIZE]);
/* The same with a secret of any length that others chose. */
void crypto_mac_with(struct text key, const void *data, size_t length, uint8_t out[HASH_SIZE]);

/* Ed25519 from a 32-byte seed. */
struct signer; /* opaque, expanded key; any thread */
struct signer *signer_new(const uint8_t seed[SIGN_SEED_SIZE]);
void signer_free(struct signer *signer);
void signer_public(const struct signer *signer, uint8_t out[SIGN_PUBLIC_SIZE]);
void signer_sign(const struct signer *signer, const void *data, size_t length,
                 uint8_t out[SIGNATURE_SIZE]);
bool signature_valid(const uint8_t public_key[SIGN_PUBLIC_SIZE], const void *data, size_t length,
                     const uint8_t signature[SIGNATURE_SIZE]) MUST_CHECK;

/* Authenticated encryption; `context` is authenticated but not stored (say, the row's id).
 * seal writes length + SEAL_OVERHEAD bytes to out; open writes length - SEAL_OVERHEAD. */
void crypto_seal(const uint8_t key[SEAL_KEY_SIZE], struct text context, const void *plain,
                 size_t length, uint8_t *out);
bool crypto_open(const uint8_t key[SEAL_KEY_SIZE], struct text context, const void *sealed,
                 size_t length, uint8_t *out) MUST_CHECK;

/* argon2id, libsodium's interactive limits (64 MiB, about 50 ms): never on a loop thread. */
bool password_hash(struct text password, char out[PASSWORD_HASH_SIZE]) MUST_CHECK;
bool password_matches(const char *hash, struct text password) MUST_CHECK;

/* Text forms. The decoders refuse anything but the canonical form. */
char *hex_encode(struct arena *arena, const void *data, size_t length);
bool hex_decode(struct text text, void *out, size_t length) MUST_CHECK; /* exactly length bytes */
char *base64url_encode(struct arena *arena, const void *data, size_t length); /* no padding */
void base64_add(struct buffer *out, const void *data, size_t length); /* RFC 4648, with padding */
bool base64url_decode(struct text text, void *out, size_t most, size_t *length) MUST_CHECK;
/* Crockford base 32, 5 bits a character, most significant first: `count` characters of `data`. */
void crockford_encode(const uint8_t *data, size_t count, char *out /* count + NUL */);

#endif
