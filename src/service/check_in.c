#include "service/check_in.h"

#include <stdio.h>

#include "base/buffer.h"
#include "base/crypto.h"

static void code_of_step(const uint8_t key[32], uint64_t activity_id,
                         enum check_direction direction, int64_t step,
                         char out[CHECK_CODE_DIGITS + 1])
{
    struct buffer message = {0};
    uint8_t mac[HASH_SIZE];
    const uint8_t *at;
    uint32_t number;

    buffer_add_u64(&message, activity_id);
    buffer_add_u8(&message, (uint8_t)direction);
    buffer_add_u64(&message, (uint64_t)step);
    crypto_mac(key, message.data, message.length, mac);
    buffer_free(&message);

    at = mac + (mac[HASH_SIZE - 1] & 0x0f);
    number = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    snprintf(out, CHECK_CODE_DIGITS + 1, "%06u", (number & 0x7fffffff) % 1000000);
}

void check_code_make(const uint8_t key[32], uint64_t activity_id, enum check_direction direction,
                     int64_t at_us, char out[CHECK_CODE_DIGITS + 1])
{
    code_of_step(key, activity_id, direction, at_us / CHECK_STEP_US, out);
}

bool check_code_valid(const uint8_t key[32], uint64_t activity_id, enum check_direction direction,
                      int64_t at_us, struct text code)
{
    bool valid = false;

    if (code.length != CHECK_CODE_DIGITS)
        return false;
    for (int64_t back = 0; back <= 1; back++) {
        char expected[CHECK_CODE_DIGITS + 1];

        code_of_step(key, activity_id, direction, at_us / CHECK_STEP_US - back, expected);
        valid |= crypto_equal(expected, code.data, CHECK_CODE_DIGITS);
    }
    return valid;
}
