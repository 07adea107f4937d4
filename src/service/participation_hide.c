/*
 * Which shares may be told. A unit's members are a partition: those of the unit itself and those of
 * each unit below. The whole is told beside its parts, so what is hidden among the parts is known
 * in sum. That sum tells nothing of a small group if it is of enough people of whom some, but not
 * all, took part: then each part of it still has more than one possible value.
 */
#include "service/participation.h"

static bool is_small(int64_t members, int64_t least)
{
    return members > 0 && members < least;
}

/* Who knows the sum knows every part. */
static bool is_extreme(int64_t members, int64_t active)
{
    return active == 0 || active == members;
}

/* Not told whatever stands beside it. */
static bool is_secret(const struct participation *unit, int64_t least)
{
    return is_small(unit->members, least) ||
           (unit->has_small && is_extreme(unit->members, unit->active));
}

static void add_up(struct participation *units, size_t count, int64_t least)
{
    for (size_t i = 0; i < count; i++) {
        units[i].members = units[i].direct_members;
        units[i].active = units[i].direct_active;
        units[i].has_small = is_small(units[i].direct_members, least);
        units[i].end = i + 1;
    }
    for (size_t i = count; i-- > 0;) {
        struct participation *above = &units[units[i].parent];

        units[i].has_small |= is_small(units[i].members, least);
        if (units[i].parent == i)
            continue;
        above->members += units[i].members;
        above->active += units[i].active;
        above->has_small |= units[i].has_small;
        if (above->end < units[i].end)
            above->end = units[i].end;
    }
}

/* --- The parts of one unit ------------------------------------------------------------------- */

/* A part: what is of the unit itself, or a unit just below it. */
struct part {
    int64_t members, active;
    bool *hidden;
};

struct hidden {
    int64_t members, active;
    struct part smallest; /* of those that are shown; `hidden` is NULL: none is */
};

static void look_at(struct hidden *all, struct part part)
{
    if (*part.hidden) {
        all->members += part.members;
        all->active += part.active;
    } else if (part.members > 0 &&
               (!all->smallest.hidden || part.members < all->smallest.members)) {
        all->smallest = part;
    }
}

static struct hidden look_at_parts(struct participation *units, size_t whole)
{
    struct participation *own = &units[whole];
    struct hidden all = {0};

    look_at(&all, (struct part){own->direct_members, own->direct_active, &own->direct_hidden});
    for (size_t i = whole + 1; i < own->end; i = units[i].end)
        look_at(&all, (struct part){units[i].members, units[i].active, &units[i].hidden});
    return all;
}

static bool is_enough(const struct hidden *hidden, int64_t least)
{
    return hidden->members >= least && !is_extreme(hidden->members, hidden->active);
}

/* Hides the smallest parts until their sum tells nothing. Where nothing is secret and the whole is
 * told, nothing needs hiding. */
static void hide_parts(struct participation *units, size_t whole, int64_t least)
{
    struct hidden hidden = look_at_parts(units, whole);

    if (hidden.members == 0 && !units[whole].hidden)
        return;
    while (!is_enough(&hidden, least) && hidden.smallest.hidden) {
        *hidden.smallest.hidden = true;
        hidden = look_at_parts(units, whole);
    }
}

void participation_hide(struct participation *units, size_t count, int64_t least)
{
    add_up(units, count, least);
    for (size_t i = 0; i < count; i++) {
        units[i].hidden = is_secret(&units[i], least);
        units[i].direct_hidden = is_small(units[i].direct_members, least);
    }
    for (size_t i = 0; i < count; i++)
        hide_parts(units, i, least);
}
