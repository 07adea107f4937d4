#include "market/merchant_code.h"

#include <inttypes.h>
#include <string.h>

#include "people/secrets.h"
#include "plugin/wire.h"

_Static_assert(MERCHANT_CODE_MOST == WIRE_VOUCHER_MOST, "what a plugin may answer can be kept");

static struct text context_of(struct arena *arena, uint64_t redemption_id)
{
    const char *context = arena_printf(arena, "merchant_vouchers %" PRIu64, redemption_id);

    return (struct text){context, strlen(context)};
}

void merchant_code_hash(const struct keyring *keyring, uint64_t merchant_id, struct text typed,
                        uint8_t out[MERCHANT_CODE_HASH_SIZE])
{
    struct buffer message = {0};
    uint8_t mac[HASH_SIZE];

    buffer_printf(&message, "merchant_vouchers %" PRIu64 " ", merchant_id);
    for (size_t i = 0; i < typed.length; i++) {
        char c = typed.data[i];

        if (c != ' ' && c != '-')
            buffer_add_char(&message, c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c);
    }
    crypto_mac(keyring_current(keyring, KEY_INDEX)->secret, message.data, message.length, mac);
    memcpy(out, mac, MERCHANT_CODE_HASH_SIZE);
    crypto_wipe(message.data, message.length);
    buffer_free(&message);
}

struct merchant_code merchant_code_seal(const struct keyring *keyring, uint64_t redemption_id,
                                        uint64_t merchant_id, struct text code, struct arena *arena)
{
    struct merchant_code kept;
    struct buffer sealed = {0};

    kept.key_id = secret_seal(keyring, context_of(arena, redemption_id), code, &sealed);
    kept.sealed = (struct text){arena_copy(arena, sealed.data, sealed.length), sealed.length};
    merchant_code_hash(keyring, merchant_id, code, kept.hash);
    buffer_free(&sealed);
    return kept;
}

enum find merchant_code_read(struct db *db, const struct keyring *keyring, uint64_t redemption_id,
                             struct arena *arena, struct text *code, struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT key_id, code FROM merchant_vouchers WHERE redemption_id = ?",
                 DB_ID(redemption_id));
    struct buffer plain = {0};
    bool found = rows_next(rows) &&
                 secret_open(keyring, (uint32_t)rows_int(rows, 0), context_of(arena, redemption_id),
                             rows_text(rows, 1), &plain);

    if (found)
        *code = (struct text){arena_copy(arena, plain.data, plain.length), plain.length};
    buffer_free(&plain);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}
