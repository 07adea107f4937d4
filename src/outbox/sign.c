#include "outbox/sign.h"

#include <stdlib.h>

#include "base/crypto.h"

const char *credential_kind_name(enum credential_kind kind)
{
    static const char *const names[] = {[CREDENTIAL_BEARER] = "bearer",
                                        [CREDENTIAL_BASIC] = "basic",
                                        [CREDENTIAL_HMAC_SHA256] = "hmac-sha256"};

    return name_from(names, ARRAY_LENGTH(names), (size_t)kind);
}

static void end_line(struct buffer *headers)
{
    buffer_add_char(headers, '\0');
}

static void add_basic(const struct credential *credential, struct buffer *headers)
{
    buffer_add_text(headers, "Authorization: Basic ");
    base64_add(headers, credential->secret.data, credential->secret.length);
    end_line(headers);
}

static void add_hmac(const struct credential *credential, const struct call_to_sign *call,
                     struct buffer *headers)
{
    struct buffer text = {0};
    uint8_t mac[HASH_SIZE];

    buffer_printf(&text, "%lld\n%s\n%s\n", (long long)call->time_s, call->method, call->path);
    buffer_add(&text, call->body.data, call->body.length);
    crypto_mac_with(credential->secret, text.data, text.length, mac);
    buffer_free(&text);
    buffer_printf(headers, "Linli-Timestamp: %lld", (long long)call->time_s);
    end_line(headers);
    buffer_add_text(headers, "Linli-Signature: ");
    for (size_t i = 0; i < sizeof mac; i++)
        buffer_printf(headers, "%02x", mac[i]);
    end_line(headers);
}

void sign_call(const struct credential *credential, const struct call_to_sign *call,
               struct buffer *headers)
{
    switch (credential->kind) {
    case CREDENTIAL_BEARER:
        buffer_add_text(headers, "Authorization: Bearer ");
        buffer_add(headers, credential->secret.data, credential->secret.length);
        end_line(headers);
        break;
    case CREDENTIAL_BASIC: add_basic(credential, headers); break;
    case CREDENTIAL_HMAC_SHA256: add_hmac(credential, call, headers); break;
    }
}
