#include "market/voucher.h"

#include <string.h>

#include "base/buffer.h"
#include "base/crypto.h"

#define SECRET_LENGTH (VOUCHER_CODE_LENGTH - 1)

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* A character's value, or -1. What people mistake for a digit is that digit (Crockford). */
static int digit_value(char c)
{
    const char *found;

    if (c >= 'a' && c <= 'z')
        c = (char)(c - 'a' + 'A');
    if (c == 'O')
        return 0;
    if (c == 'I' || c == 'L')
        return 1;
    found = c == '\0' ? NULL : strchr(alphabet, c);
    return found == NULL ? -1 : (int)(found - alphabet);
}

/* Luhn mod 32: from the right, every second value is doubled and its base-32 digits added. */
static char check_character(const char *secret)
{
    int sum = 0;

    for (int i = SECRET_LENGTH - 1, factor = 2; i >= 0; i--, factor = 3 - factor) {
        int product = digit_value(secret[i]) * factor;

        sum += product / 32 + product % 32;
    }
    return alphabet[(32 - sum % 32) % 32];
}

void voucher_code_make(const uint8_t voucher_key[32], uint64_t redemption_id,
                       struct voucher_code *code)
{
    uint8_t message[8], mac[HASH_SIZE];

    for (int i = 0; i < 8; i++)
        message[i] = (uint8_t)(redemption_id >> (56 - 8 * i));
    crypto_mac(voucher_key, message, sizeof message, mac);
    crockford_encode(mac, SECRET_LENGTH, code->text);
    code->text[SECRET_LENGTH] = check_character(code->text);
    code->text[VOUCHER_CODE_LENGTH] = '\0';
}

bool voucher_code_parse(struct text typed, struct voucher_code *code)
{
    size_t length = 0;

    for (size_t i = 0; i < typed.length; i++) {
        int value;

        if (typed.data[i] == ' ' || typed.data[i] == '-')
            continue;
        value = digit_value(typed.data[i]);
        if (value < 0 || length == VOUCHER_CODE_LENGTH)
            return false;
        code->text[length++] = alphabet[value];
    }
    code->text[length] = '\0';
    return length == VOUCHER_CODE_LENGTH &&
           code->text[SECRET_LENGTH] == check_character(code->text);
}

void voucher_code_hash(const uint8_t index_key[32], const struct voucher_code *code,
                       uint8_t out[VOUCHER_HASH_SIZE])
{
    uint8_t mac[HASH_SIZE];

    crypto_mac(index_key, code->text, VOUCHER_CODE_LENGTH, mac);
    memcpy(out, mac, VOUCHER_HASH_SIZE);
}

char *voucher_code_for_people(struct arena *arena, const struct voucher_code *code)
{
    const char *c = code->text;

    return arena_printf(arena, "%.4s-%.4s-%.4s-%.4s-%.1s", c, c + 4, c + 8, c + 12, c + 16);
}
