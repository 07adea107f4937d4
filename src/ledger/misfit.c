#include "ledger/misfit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json_fields.h"
#include "ledger/transfer_id.h"

#define SHOWN_BYTES 8

static bool is_transfer(const struct row_name *name)
{
    return strcmp(name->column, "transfer_id") == 0;
}

static bool begin(struct misfit *misfit, const struct row_name *name)
{
    char text[TRANSFER_ID_TEXT_SIZE];

    *misfit = (struct misfit){.table = name->table};
    if (name->column2) {
        snprintf(misfit->key, sizeof(misfit->key), "%s=%" PRIu64 " %s=%" PRIu64, name->column,
                 name->key, name->column2, name->key2);
    } else if (is_transfer(name)) {
        transfer_id_format(name->key, text);
        snprintf(misfit->key, sizeof(misfit->key), "%s=%" PRIu64 " (%s)", name->column, name->key,
                 text);
    } else {
        snprintf(misfit->key, sizeof(misfit->key), "%s=%" PRIu64, name->column, name->key);
    }
    return false;
}

bool row_differs(struct misfit *misfit, struct row_name name, const char *expected,
                 const char *found)
{
    begin(misfit, &name);
    snprintf(misfit->expected, sizeof(misfit->expected), "%s", expected);
    snprintf(misfit->found, sizeof(misfit->found), "%s", found);
    return false;
}

bool row_is_missing(struct misfit *misfit, struct row_name name)
{
    return row_differs(misfit, name, "a row", "no row");
}

bool row_is_too_much(struct misfit *misfit, struct row_name name)
{
    return row_differs(misfit, name, "no row", "a row");
}

static void show(char *out, size_t size, const struct check *check, int64_t value)
{
    char text[24];
    size_t length = strlen(out);

    if (check->type == CHECK_POINTS)
        points_format(value, text);
    else
        snprintf(text, sizeof(text), "%" PRId64, value);
    snprintf(out + length, size - length, "%s%s %s", length > 0 ? ", " : "", check->name, text);
}

bool row_fits(struct misfit *misfit, struct row_name name, const struct check *checks)
{
    bool fits = true;

    for (; checks->name; checks++) {
        if (checks->expected == checks->found)
            continue;
        if (fits)
            fits = begin(misfit, &name);
        show(misfit->expected, sizeof(misfit->expected), checks, checks->expected);
        show(misfit->found, sizeof(misfit->found), checks, checks->found);
    }
    return fits;
}

static void show_bytes(char *out, size_t size, const char *column, const uint8_t *bytes)
{
    size_t length = (size_t)snprintf(out, size, "%s ", column);

    for (size_t i = 0; i < SHOWN_BYTES; i++)
        length += (size_t)snprintf(out + length, size - length, "%02x", bytes[i]);
    snprintf(out + length, size - length, "…");
}

bool bytes_fit(struct misfit *misfit, struct row_name name, const char *column,
               const uint8_t *expected, const uint8_t *found, size_t length)
{
    ASSERT(length >= SHOWN_BYTES);
    if (memcmp(expected, found, length) == 0)
        return true;
    begin(misfit, &name);
    show_bytes(misfit->expected, sizeof(misfit->expected), column, expected);
    show_bytes(misfit->found, sizeof(misfit->found), column, found);
    return false;
}
