/* Signatures of plugins: Ed25519 over the file's hash, by a key that the configuration trusts. */
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "plugin/registry.h"

#define PREFIX      "linli-plugin 1"
#define KEY_DIGITS  (SIGN_PUBLIC_SIZE * 2)
#define SIGN_DIGITS (SIGNATURE_SIZE * 2)

/* What is signed. The prefix keeps a signature from meaning anything elsewhere. */
static void signed_bytes(struct text image, char out[sizeof PREFIX + HASH_SIZE])
{
    memcpy(out, PREFIX "\n", sizeof PREFIX);
    crypto_sha256(image.data, image.length, (uint8_t *)out + sizeof PREFIX);
}

static bool read_signature(const char *line, uint8_t signer[SIGN_PUBLIC_SIZE],
                           uint8_t bytes[SIGNATURE_SIZE])
{
    size_t length = strcspn(line, "\r\n");
    const char *key = line + sizeof PREFIX, *mark = key + KEY_DIGITS + 1;

    return length == sizeof PREFIX + KEY_DIGITS + 1 + SIGN_DIGITS &&
           memcmp(line, PREFIX " ", sizeof PREFIX) == 0 && key[KEY_DIGITS] == ' ' &&
           hex_decode((struct text){key, KEY_DIGITS}, signer, SIGN_PUBLIC_SIZE) &&
           hex_decode((struct text){mark, SIGN_DIGITS}, bytes, SIGNATURE_SIZE);
}

static bool is_trusted(const char *trusted_keys, const uint8_t signer[SIGN_PUBLIC_SIZE])
{
    const char *at = trusted_keys;
    uint8_t key[SIGN_PUBLIC_SIZE];

    while (*(at += strspn(at, " ,\t\n"))) {
        size_t length = strcspn(at, " ,\t\n");
        if (hex_decode((struct text){at, length}, key, sizeof key) &&
            memcmp(key, signer, sizeof key) == 0)
            return true;
        at += length;
    }
    return false;
}

bool plugin_signature_holds(const char *trusted_keys, struct text image, const uint8_t signer[32],
                            const uint8_t bytes[64], struct error *error)
{
    char message[sizeof PREFIX + HASH_SIZE];

    if (!is_trusted(trusted_keys, signer))
        return error_set(error, "plugin.signer",
                         "the signing key is not trusted here: an operator adds it to the setting"
                         " plugins.trusted_keys");
    signed_bytes(image, message);
    return signature_valid(signer, message, sizeof message, bytes) ||
           error_set(error, "plugin.signature", "the signature is not of this file: sign it again");
}

bool plugin_signature_check(const char *trusted_keys, struct text image, const char *signature,
                            uint8_t signer[32], uint8_t bytes[64], struct error *error)
{
    if (!read_signature(signature, signer, bytes))
        return error_set(error, "plugin.signature",
                         "this is no signature: give the line that `linli plugin sign` wrote");
    return plugin_signature_holds(trusted_keys, image, signer, bytes, error);
}

static void add_hex(char **out, const uint8_t *data, size_t length)
{
    for (size_t i = 0; i < length; i++)
        *out += snprintf(*out, 3, "%02x", data[i]);
}

void plugin_signature_make(const struct signer *signer, struct text image,
                           char out[PLUGIN_SIGNATURE_SIZE])
{
    char message[sizeof PREFIX + HASH_SIZE], *at = out;
    uint8_t key[SIGN_PUBLIC_SIZE], bytes[SIGNATURE_SIZE];

    signed_bytes(image, message);
    signer_public(signer, key);
    signer_sign(signer, message, sizeof message, bytes);
    at += snprintf(at, PLUGIN_SIGNATURE_SIZE, PREFIX " ");
    add_hex(&at, key, sizeof key);
    *at++ = ' ';
    add_hex(&at, bytes, sizeof bytes);
}
