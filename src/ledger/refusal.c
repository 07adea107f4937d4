#include "ledger/refusal.h"

static const struct refusal_text texts[] = {
#define REFUSAL_TEXT(name, number, code, status, zh, en) [number] = {code, status, zh, en},
    REFUSALS(REFUSAL_TEXT)
#undef REFUSAL_TEXT
};

const struct refusal_text *refusal_text(enum refusal refusal)
{
    ASSERT((size_t)refusal < ARRAY_LENGTH(texts) && texts[refusal].code);
    return &texts[refusal];
}
