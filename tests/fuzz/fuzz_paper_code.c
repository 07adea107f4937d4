/* Any bytes as a typed code: what is taken is canonical and reads back as itself. */
#include <string.h>

#include "base/paper_code.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct paper_code code, again;

    if (!paper_code_parse((struct text){(const char *)data, size}, &code))
        return 0;
    ASSERT(strlen(code.text) == PAPER_CODE_LENGTH);
    ASSERT(paper_code_parse((struct text){code.text, PAPER_CODE_LENGTH}, &again));
    ASSERT(strcmp(code.text, again.text) == 0);
    return 0;
}
