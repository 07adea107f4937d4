/*
 * Units: the tree of the organisation, of any depth: district, street, community, grid, group. What
 * a kind is called is a label of the programme's own. What a coordinator may do ends at their unit.
 */
#ifndef LINLI_UNITS_H
#define LINLI_UNITS_H

#include "base/ids.h"
#include "people/people.h"

#define UNIT_LEVELS_MOST 24

struct unit {
    uint64_t unit_id;
    uint64_t parent_id; /* 0: a root */
    char *kind;         /* "community"; 40 characters at most */
    char *name;
    char *path; /* "/1/5/9/" from the root to itself */
    int64_t created_us;
};

struct new_unit {
    uint64_t parent_id;
    struct text kind, name;
    uint64_t actor;
};
/* PEOPLE_DONE, NO_UNIT (the parent), TOO_DEEP, BROKEN. */
enum people_answer unit_create(struct db *db, struct id_maker *ids, const struct new_unit *new_unit,
                               int64_t now_us, uint64_t *unit_id, struct error *error) MUST_CHECK;

struct unit_change {
    uint64_t unit_id;
    struct text name;   /* of unit_rename */
    uint64_t parent_id; /* of unit_move; 0: becomes a root */
    uint64_t actor;     /* 0: the command line */
    struct text why;
};
/* PEOPLE_DONE, NOT_FOUND, BROKEN. */
enum people_answer unit_rename(struct db *db, const struct unit_change *change, int64_t now_us,
                               struct error *error) MUST_CHECK;
/* With everything below it; what staff of the old and the new parent may see changes at once.
 * PEOPLE_DONE (also when it is there already), NOT_FOUND, NO_UNIT (the parent), INSIDE_ITSELF,
 * TOO_DEEP, BROKEN. */
enum people_answer unit_move(struct db *db, const struct unit_change *change, int64_t now_us,
                             struct error *error) MUST_CHECK;

/* Texts live in the arena. */
enum find unit_find(struct db *db, uint64_t unit_id, struct arena *arena, struct unit *unit,
                    struct error *error) MUST_CHECK;

/* Whether `unit_id` is `ancestor_id` or lies below it; 0 is above all that exist. False too when
 * the database failed (which is logged): nobody is admitted by accident. */
bool unit_contains(struct db *db, uint64_t ancestor_id, uint64_t unit_id) MUST_CHECK;

struct unit_query {
    uint64_t under;     /* only this unit and what is below it; 0: all */
    uint64_t parent_id; /* only its direct children; 0: any */
    uint64_t after_id;  /* a cursor; 0: from the start */
    size_t limit;
};
/* By ascending id, into an array from the arena. *next is the cursor of the next page or 0. */
bool unit_list(struct db *db, const struct unit_query *query, struct arena *arena,
               struct unit **units, size_t *count, uint64_t *next, struct error *error) MUST_CHECK;

#endif
