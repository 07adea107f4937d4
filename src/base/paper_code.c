#include "base/paper_code.h"

#include <string.h>

#include "base/buffer.h"
#include "base/crypto.h"

#define SECRET_LENGTH (PAPER_CODE_LENGTH - 1)

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

void paper_code_make(const uint8_t key[32], const void *message, size_t length,
                     struct paper_code *code)
{
    uint8_t mac[HASH_SIZE];

    crypto_mac(key, message, length, mac);
    crockford_encode(mac, SECRET_LENGTH, code->text);
    code->text[SECRET_LENGTH] = check_character(code->text);
    code->text[PAPER_CODE_LENGTH] = '\0';
}

bool paper_code_parse(struct text typed, struct paper_code *code)
{
    size_t length = 0;

    for (size_t i = 0; i < typed.length; i++) {
        int value;

        if (typed.data[i] == ' ' || typed.data[i] == '-')
            continue;
        value = digit_value(typed.data[i]);
        if (value < 0 || length == PAPER_CODE_LENGTH)
            return false;
        code->text[length++] = alphabet[value];
    }
    code->text[length] = '\0';
    return length == PAPER_CODE_LENGTH && code->text[SECRET_LENGTH] == check_character(code->text);
}

void paper_code_hash(const uint8_t index_key[32], const struct paper_code *code,
                     uint8_t out[PAPER_CODE_HASH_SIZE])
{
    uint8_t mac[HASH_SIZE];

    crypto_mac(index_key, code->text, PAPER_CODE_LENGTH, mac);
    memcpy(out, mac, PAPER_CODE_HASH_SIZE);
}

char *paper_code_for_people(struct arena *arena, const struct paper_code *code)
{
    const char *c = code->text;

    return arena_printf(arena, "%.4s-%.4s-%.4s-%.4s-%.1s", c, c + 4, c + 8, c + 12, c + 16);
}
