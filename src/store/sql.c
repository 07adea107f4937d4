#include "store/sql.h"

#include <string.h>

void sql_clear(struct sql *sql)
{
    buffer_clear(&sql->text);
    sql->rows = 0;
}

void sql_free(struct sql *sql)
{
    buffer_free(&sql->text);
    sql->rows = 0;
}

void sql_add_literal(struct sql *sql, const char *text, size_t length)
{
    buffer_add(&sql->text, text, length);
}

/* By hand: a batch of the teller writes ten thousand numbers. */
void sql_add_id(struct sql *sql, uint64_t value)
{
    char digits[20];
    char *at = digits + sizeof(digits);

    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    buffer_add(&sql->text, at, (size_t)(digits + sizeof(digits) - at));
}

void sql_add_int(struct sql *sql, int64_t value)
{
    if (value < 0)
        buffer_add_char(&sql->text, '-');
    sql_add_id(sql, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void sql_add_bytes(struct sql *sql, const void *data, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *from = data;
    char hex[512];

    if (length == 0) {
        buffer_add(&sql->text, "''", 2);
        return;
    }
    buffer_add(&sql->text, "x'", 2);
    while (length > 0) {
        size_t count = length < sizeof(hex) / 2 ? length : sizeof(hex) / 2;
        for (size_t i = 0; i < count; i++) {
            hex[2 * i] = digits[from[i] >> 4];
            hex[2 * i + 1] = digits[from[i] & 15];
        }
        buffer_add(&sql->text, hex, 2 * count);
        from += count;
        length -= count;
    }
    buffer_add_char(&sql->text, '\'');
}

void sql_add_null(struct sql *sql)
{
    buffer_add(&sql->text, "NULL", 4);
}

void sql_add_ids(struct sql *sql, const uint64_t *ids, size_t count)
{
    ASSERT(count > 0);
    for (size_t i = 0; i < count; i++) {
        buffer_add_char(&sql->text, i == 0 ? '(' : ',');
        sql_add_id(sql, ids[i]);
    }
    buffer_add_char(&sql->text, ')');
    sql->rows += count;
}

void sql_end(struct sql *sql)
{
    buffer_add_char(&sql->text, ';');
}
