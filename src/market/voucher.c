#include "market/voucher.h"

void voucher_code_make(const uint8_t voucher_key[32], uint64_t redemption_id,
                       struct paper_code *code)
{
    uint8_t message[8];

    for (int i = 0; i < 8; i++)
        message[i] = (uint8_t)(redemption_id >> (56 - 8 * i));
    paper_code_make(voucher_key, message, sizeof message, code);
}
