#include "people/phone.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

#define CHINA          "+86"
#define MOST_DIGITS    15 /* E.164 */
#define FEWEST_DIGITS  8
#define CHINESE_DIGITS 13 /* 86 and 11 more, the first of them 1: a mobile phone */

/* Digits and a leading plus; 0 when something else was there. */
static size_t keep_digits(struct text text, char out[PHONE_SIZE])
{
    size_t length = 0;

    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c == ' ' || c == '-' || c == '(' || c == ')')
            continue;
        if (!isdigit((unsigned char)c) && !(c == '+' && length == 0))
            return 0;
        if (length + 1 == PHONE_SIZE)
            return 0;
        out[length++] = c;
    }
    out[length] = '\0';
    return length;
}

static bool is_chinese(const char *number)
{
    return strncmp(number, CHINA, 3) == 0;
}

bool phone_parse(struct text text, struct phone *phone)
{
    char typed[PHONE_SIZE];
    size_t length = keep_digits(text, typed);

    if (length == 0)
        return false;
    if (typed[0] != '+') {
        if (length != CHINESE_DIGITS - 2)
            return false;
        memcpy(phone->text, CHINA, 3);
        memcpy(phone->text + 3, typed, length + 1);
    } else {
        memcpy(phone->text, typed, length + 1);
    }
    size_t digits = strlen(phone->text) - 1;
    if (is_chinese(phone->text))
        return digits == CHINESE_DIGITS && phone->text[3] == '1';
    return digits >= FEWEST_DIGITS && digits <= MOST_DIGITS && phone->text[1] != '0';
}

void phone_index(const struct key *key, const struct phone *phone, uint8_t out[PHONE_INDEX_SIZE])
{
    char named[6 + PHONE_SIZE]; /* the key indexes voucher codes too: never the same input */
    uint8_t mac[HASH_SIZE];
    int length = snprintf(named, sizeof(named), "phone:%s", phone->text);

    ASSERT(key->purpose == KEY_INDEX);
    crypto_mac(key->secret, named, (size_t)length, mac);
    memcpy(out, mac, PHONE_INDEX_SIZE);
}

void phone_mask(const struct phone *phone, char out[PHONE_SIZE])
{
    const char *shown = is_chinese(phone->text) ? phone->text + 3 : phone->text;
    size_t length = strlen(shown);

    ASSERT(length >= 7);
    snprintf(out, PHONE_SIZE, "%s", shown);
    memset(out + 3, '*', length - 7);
}

void name_mask(struct text name, char out[NAME_MASK_SIZE])
{
    uint32_t character;
    size_t first = utf8_decode(name.data, name.length, &character);

    snprintf(out, NAME_MASK_SIZE, "%.*s*", (int)first, name.data);
}
