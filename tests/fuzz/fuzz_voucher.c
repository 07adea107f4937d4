/* Any bytes as a typed voucher code: what is taken is canonical and reads back as itself. */
#include <string.h>

#include "market/voucher.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct voucher_code code, again;

    if (!voucher_code_parse((struct text){(const char *)data, size}, &code))
        return 0;
    ASSERT(strlen(code.text) == VOUCHER_CODE_LENGTH);
    ASSERT(voucher_code_parse((struct text){code.text, VOUCHER_CODE_LENGTH}, &again));
    ASSERT(strcmp(code.text, again.text) == 0);
    return 0;
}
