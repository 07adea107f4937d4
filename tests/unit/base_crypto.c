#include "unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"

static struct text text_of(const char *string)
{
    return (struct text){string, strlen(string)};
}

static int start(void **state)
{
    crypto_start();
    crypto_start(); /* harmless */
    *state = arena_new();
    return 0;
}

static int stop(void **state)
{
    arena_free(*state);
    return 0;
}

static void assert_hex(struct arena *arena, const uint8_t *bytes, size_t length, const char *hex)
{
    assert_string_equal(hex_encode(arena, bytes, length), hex);
}

/* FIPS 180-4's examples */
static void sha256_is_sha256(void **state)
{
    uint8_t hash[HASH_SIZE], parts[HASH_SIZE];

    crypto_sha256("", 0, hash);
    assert_hex(*state, hash, HASH_SIZE,
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    crypto_sha256("abc", 3, hash);
    assert_hex(*state, hash, HASH_SIZE,
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    crypto_sha256_parts('a', "b", 1, "c", 1, parts);
    assert_memory_equal(parts, hash, HASH_SIZE);
    crypto_sha256_parts('a', "bc", 2, NULL, 0, parts);
    assert_memory_equal(parts, hash, HASH_SIZE);
}

static void *hash_in_a_thread(void *unused)
{
    static const char nothing[64];
    uint8_t *hash = malloc(HASH_SIZE);

    (void)unused;
    for (int i = 0; i < 1000; i++)
        crypto_sha256_parts(0, nothing, sizeof(nothing), nothing, sizeof(nothing), hash);
    return hash;
}

static void threads_hash_beside_each_other(void **state)
{
    pthread_t threads[8];
    uint8_t *first = hash_in_a_thread(NULL);

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_in_a_thread, NULL), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++) {
        void *hash;
        pthread_join(threads[i], &hash);
        assert_memory_equal(hash, first, HASH_SIZE);
        free(hash);
    }
    free(first);
}

/* RFC 4231 wants other key lengths; this one was computed with Python's hmac. */
static void mac_is_hmac_sha256(void **state)
{
    uint8_t key[MAC_KEY_SIZE], mac[HASH_SIZE];

    memset(key, 0x0b, sizeof(key));
    crypto_mac(key, "Hi There", 8, mac);
    assert_hex(*state, mac, HASH_SIZE,
               "198a607eb44bfbc69903a0f1cf2bbdc5ba0aa3f3d9ae3c1c7a3b1696a0b68cf7");
}

/* RFC 8032, 7.1, tests 1 and 2 */
static void signatures_are_ed25519(void **state)
{
    uint8_t seed[SIGN_SEED_SIZE], public[SIGN_PUBLIC_SIZE], signature[SIGNATURE_SIZE];
    const uint8_t message = 0x72;

    assert_true(hex_decode(TEXT("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
                           seed, sizeof(seed)));
    struct signer *signer = signer_new(seed);
    signer_public(signer, public);
    assert_hex(*state, public, sizeof(public),
               "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    signer_sign(signer, &message, 1, signature);
    assert_hex(*state, signature, sizeof(signature),
               "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
               "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    assert_true(signature_valid(public, &message, 1, signature));
    assert_false(signature_valid(public, "", 0, signature));
    signature[5] ^= 1;
    assert_false(signature_valid(public, &message, 1, signature));
    signer_free(signer);
    signer_free(NULL);
}

static void what_was_sealed_opens_unchanged_and_only_then(void **state)
{
    uint8_t key[SEAL_KEY_SIZE], sealed[100 + SEAL_OVERHEAD], again[sizeof(sealed)], opened[100];
    const char plain[100] = "13800000000";

    (void)state;
    crypto_random(key, sizeof(key));
    for (size_t length = 0; length <= sizeof(plain); length++) {
        size_t whole = length + SEAL_OVERHEAD;
        crypto_seal(key, TEXT("member 7"), plain, length, sealed);
        crypto_seal(key, TEXT("member 7"), plain, length, again);
        assert_memory_not_equal(sealed, again, whole); /* another nonce each time */
        assert_true(crypto_open(key, TEXT("member 7"), sealed, whole, opened));
        assert_memory_equal(opened, plain, length);
        assert_false(crypto_open(key, TEXT("member 8"), sealed, whole, opened));
        assert_false(crypto_open(key, TEXT("member 7"), sealed, whole - 1, opened));
        for (size_t i = 0; i < whole; i++) {
            sealed[i] ^= 0x10;
            assert_false(crypto_open(key, TEXT("member 7"), sealed, whole, opened));
            sealed[i] ^= 0x10;
        }
    }
    assert_false(crypto_open(key, TEXT(""), sealed, 0, opened));
}

static void passwords_match_themselves_only(void **state)
{
    char hash[PASSWORD_HASH_SIZE], endless[PASSWORD_HASH_SIZE + 1];

    (void)state;
    assert_true(password_hash(TEXT("邻里 correct horse"), hash));
    assert_int_equal(strncmp(hash, "$argon2id$", 10), 0);
    assert_true(password_matches(hash, TEXT("邻里 correct horse")));
    assert_false(password_matches(hash, TEXT("邻里 correct hors")));
    assert_false(password_matches(hash, TEXT("")));
    assert_false(password_matches("", TEXT("")));
    assert_false(password_matches("$argon2id$nonsense", TEXT("x")));
    memset(endless, '$', sizeof(endless));
    assert_false(password_matches(endless, TEXT("x")));
}

static void comparison_and_wiping(void **state)
{
    char a[] = "secret", b[] = "secreT";

    (void)state;
    assert_true(crypto_equal(a, "secret", 6));
    assert_false(crypto_equal(a, b, 6));
    crypto_wipe(a, sizeof(a));
    assert_memory_equal(a, (char[sizeof(a)]){0}, sizeof(a));
}

static void hex_goes_there_and_back(void **state)
{
    uint64_t random = 3;

    for (size_t length = 0; length < 200; length++) {
        uint8_t data[200] = {0}, back[200] = {0};
        for (size_t i = 0; i < length; i++)
            data[i] = (uint8_t)random_u64(&random);
        char *hex = hex_encode(*state, data, length);
        assert_int_equal(strlen(hex), length * 2);
        assert_true(hex_decode(text_of(hex), back, length));
        assert_memory_equal(back, data, length);
    }
}

static void only_canonical_hex_is_read(void **state)
{
    static const char *const bad[] = {"",     "0",    "00",   "000",  "00000", "0g00",
                                      "AB00", "aB00", " 000", "00 0", "0x00",  "00-0"};
    uint8_t out[2];

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_false(hex_decode(text_of(bad[i]), out, sizeof(out)));
    for (unsigned number = 0; number < 0x10000; number++) {
        char text[] = {(char)(number >> 8), (char)number, '\0'};
        if (hex_decode((struct text){text, 2}, out, 1))
            assert_string_equal(hex_encode(*state, out, 1), text);
    }
    assert_true(hex_decode(TEXT("ab09"), out, sizeof(out)));
    assert_memory_equal(out, "\xab\x09", 2);
}

static void base64url_goes_there_and_back(void **state)
{
    uint64_t random = 4;

    for (size_t length = 0; length < 200; length++) {
        uint8_t data[200] = {0}, back[200] = {0};
        size_t decoded;
        for (size_t i = 0; i < length; i++)
            data[i] = (uint8_t)random_u64(&random);
        char *encoded = base64url_encode(*state, data, length);
        assert_null(strpbrk(encoded, "+/="));
        assert_true(base64url_decode(text_of(encoded), back, length, &decoded));
        assert_int_equal(decoded, length);
        assert_memory_equal(back, data, length);
        if (length > 0)
            assert_false(base64url_decode(text_of(encoded), back, length - 1, &decoded));
    }
}

static void assert_canonical_if_read(struct arena *arena, struct text text)
{
    uint8_t out[3];
    size_t length;

    if (base64url_decode(text, out, sizeof(out), &length)) {
        assert_string_equal(base64url_encode(arena, out, length), text.data);
        arena_reset(arena);
    }
}

/* Whatever is read is what its bytes are written as: no value has two texts. */
static void only_canonical_base64url_is_read(void **state)
{
    struct arena *arena = *state;
    uint8_t out[4];
    size_t length;

    for (unsigned number = 0; number < 0x10000; number++) {
        char text[] = {(char)(number >> 8), (char)number, 'A', 'A', '\0'};
        assert_canonical_if_read(arena, (struct text){text, 4});
        char two[] = {(char)(number >> 8), (char)number, '\0'};
        assert_canonical_if_read(arena, (struct text){two, 2});
        char three[] = {'_', (char)(number >> 8), (char)number, '\0'};
        assert_canonical_if_read(arena, (struct text){three, 3});
    }
    assert_true(base64url_decode(TEXT("AQ"), out, sizeof(out), &length));
    assert_false(base64url_decode(TEXT("AR"), out, sizeof(out), &length));
    assert_false(base64url_decode(TEXT("AQ=="), out, sizeof(out), &length));
    assert_false(base64url_decode(TEXT("A"), out, sizeof(out), &length));
    assert_false(base64url_decode(TEXT("A\0AA"), out, sizeof(out), &length));
    assert_false(base64url_decode(TEXT("\xC3"
                                       "AAA"),
                                  out, sizeof(out), &length));
}

static void crockford_takes_five_bits_a_character(void **state)
{
    static const uint8_t counting[] = {0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf,
                                       0x84, 0x65, 0x3a, 0x56, 0xd7, 0xc6, 0x75, 0xbe, 0x77, 0xdf};
    char out[33];

    (void)state;
    crockford_encode(counting, 32, out); /* 0, 1, 2 … 31 in five bits each */
    assert_string_equal(out, "0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    for (size_t count = 0; count <= 32; count++) {
        uint8_t *exact = malloc(count * 5 / 8 + 1);
        memcpy(exact, counting, (count * 5 + 7) / 8);
        crockford_encode(exact, count, out); /* ASan sees a byte too many */
        assert_memory_equal(out, "0123456789ABCDEFGHJKMNPQRSTVWXYZ", count);
        assert_int_equal(strlen(out), count);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_is_sha256),
        cmocka_unit_test(threads_hash_beside_each_other),
        cmocka_unit_test(mac_is_hmac_sha256),
        cmocka_unit_test(signatures_are_ed25519),
        cmocka_unit_test(what_was_sealed_opens_unchanged_and_only_then),
        cmocka_unit_test(passwords_match_themselves_only),
        cmocka_unit_test(comparison_and_wiping),
        cmocka_unit_test(hex_goes_there_and_back),
        cmocka_unit_test(only_canonical_hex_is_read),
        cmocka_unit_test(base64url_goes_there_and_back),
        cmocka_unit_test(only_canonical_base64url_is_read),
        cmocka_unit_test(crockford_takes_five_bits_a_character),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
