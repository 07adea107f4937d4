/*
 * Kinds of unit: codes that units carry, and what they are called here, in the order from the
 * widest to the narrowest. A unit of a kind without a label shows its code.
 */
#ifndef LINLI_UNIT_KINDS_H
#define LINLI_UNIT_KINDS_H

#include "base/arena.h"
#include "people/people.h"

#define UNIT_KINDS_MOST 100

struct unit_kind {
    char *code, *name_zh, *name_en;
    int64_t position;
};
/* By position; texts live in the arena. */
bool unit_kind_list(struct db *db, struct arena *arena, struct unit_kind **kinds, size_t *count,
                    struct error *error) MUST_CHECK;

struct new_unit_kind {
    struct text code, name_zh, name_en;
    int64_t position;
    uint64_t actor;
};
/* Adds it or replaces its labels, with an audit entry. */
bool unit_kind_write(struct db *db, const struct new_unit_kind *kind, int64_t now_us,
                     struct error *error) MUST_CHECK;

#endif
