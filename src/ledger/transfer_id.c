#include "ledger/transfer_id.h"

#include <inttypes.h>
#include <stdio.h>

#include "ledger/chain.h"

#define LANE_MOST   UINT8_MAX
#define HEIGHT_MOST ((UINT64_C(1) << 40) - 1)
#define INDEX_MOST  UINT16_MAX

void transfer_id_format(uint64_t id, char out[TRANSFER_ID_TEXT_SIZE])
{
    snprintf(out, TRANSFER_ID_TEXT_SIZE, "%u-%" PRIu64 "-%u", TRANSFER_LANE(id),
             TRANSFER_HEIGHT(id), TRANSFER_INDEX(id));
}

/* Takes a decimal number without leading zeros off the front of `text`. */
static bool take_number(struct text *text, uint64_t least, uint64_t most, uint64_t *number)
{
    size_t digits = 0;

    for (*number = 0; digits < text->length; digits++) {
        char c = text->data[digits];

        if (c < '0' || c > '9')
            break;
        *number = *number * 10 + (uint64_t)(c - '0');
        if (*number > most)
            return false;
    }
    if (digits == 0 || (digits > 1 && text->data[0] == '0') || *number < least)
        return false;
    text->data += digits;
    text->length -= digits;
    return true;
}

static bool take_dash(struct text *text)
{
    if (text->length == 0 || text->data[0] != '-')
        return false;
    text->data++;
    text->length--;
    return true;
}

bool transfer_id_parse(struct text text, uint64_t *id)
{
    uint64_t lane, height, index;

    if (!take_number(&text, 1, LANE_MOST, &lane) || !take_dash(&text) ||
        !take_number(&text, 1, HEIGHT_MOST, &height) || !take_dash(&text) ||
        !take_number(&text, 0, INDEX_MOST, &index) || text.length > 0)
        return false;
    *id = TRANSFER_ID(lane, height, index);
    return true;
}
