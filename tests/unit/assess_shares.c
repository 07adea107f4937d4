/*
 * Whether numbers of fewer than ten can be reckoned from what several runs of one question tell: by
 * trying every world that looks the same to somebody who has seen all of them. People join and
 * leave between the runs, and some change their unit; runs begin at any unit.
 */
#include "unit.h"

#include "assess/shares.h"

#define UNITS  4
#define RUNS   3
#define PEOPLE 9
#define LEAST  3
#define NOBODY UNITS /* where who is not in a run is */

struct dice {
    uint64_t state;
};

static size_t roll(struct dice *dice, size_t sides)
{
    dice->state = dice->state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)((dice->state >> 33) % sides);
}

struct world {
    size_t units, runs, people;
    size_t parent[UNITS], root[RUNS];
    size_t place[RUNS][PEOPLE]; /* a unit, or NOBODY: not rated there */
    unsigned fails;             /* a bit a person */
    bool told[RUNS][UNITS];
};

static bool is_below(const struct world *world, size_t unit, size_t top)
{
    while (unit != top && world->parent[unit] != unit)
        unit = world->parent[unit];
    return unit == top;
}

/* Each unit before all that is below it, and that together: the unit before, or one above it. */
static void make_units(struct dice *dice, struct world *world)
{
    world->units = 1 + roll(dice, UNITS);
    for (size_t i = 1; i < world->units; i++) {
        world->parent[i] = i - 1;
        while (roll(dice, 2) == 0)
            world->parent[i] = world->parent[world->parent[i]];
    }
}

static void make_people(struct dice *dice, struct world *world)
{
    size_t unrest = roll(dice, 3) * 8; /* in a hundred */

    world->people = 1 + roll(dice, PEOPLE);
    for (size_t person = 0; person < world->people; person++) {
        size_t home = roll(dice, world->units);

        for (size_t run = 0; run < world->runs; run++) {
            if (roll(dice, 100) < unrest / 4)
                home = roll(dice, world->units);
            bool away = roll(dice, 100) < unrest || !is_below(world, home, world->root[run]);
            world->place[run][person] = away ? NOBODY : home;
        }
    }
    world->fails = (unsigned)roll(dice, 1U << world->people);
    if (roll(dice, 3) == 0) /* often nobody, or everybody */
        world->fails = roll(dice, 2) ? 0 : (1U << world->people) - 1;
}

/* --- What is told ----------------------------------------------------------------------------- */

static bool was_rated(const struct world *world, size_t before, size_t person)
{
    for (size_t run = 0; run < before; run++)
        if (world->place[run][person] != NOBODY)
            return true;
    return false;
}

/* As the statements of assess/shares.c have it. */
static void fill(const struct world *world, size_t last, struct participation firsts[RUNS][UNITS],
                 bool changed[UNITS + 1])
{
    for (size_t run = 0; run <= last; run++) {
        for (size_t i = 0; i < world->units; i++)
            firsts[run][i] = (struct participation){.unit_id = i + 1, .parent = world->parent[i]};
        for (size_t person = 0; person < world->people; person++) {
            size_t place = world->place[run][person], now = world->place[last][person];

            if (place == NOBODY)
                continue;
            changed[place] |= now != place;
            changed[now] |= now != place;
            if (was_rated(world, run, person))
                continue;
            firsts[run][place].direct_members++;
            firsts[run][place].direct_active += world->fails >> person & 1;
        }
    }
}

static void tell(struct world *world, size_t run)
{
    struct participation firsts[RUNS][UNITS], *tables[RUNS] = {firsts[0], firsts[1], firsts[2]};
    bool changed[UNITS + 1] = {0}, hidden[UNITS];
    struct shares shares = {tables, run + 1, changed, world->units};

    fill(world, run, firsts, changed);
    shares_hide(&shares, LEAST, hidden);
    for (size_t i = 0; i < world->units; i++)
        world->told[run][i] = !hidden[i] && is_below(world, i, world->root[run]);
}

static struct world make_world(struct dice *dice)
{
    struct world world = {.runs = 1 + roll(dice, RUNS)};

    make_units(dice, &world);
    for (size_t run = 0; run < world.runs; run++)
        world.root[run] = roll(dice, 2) ? 0 : roll(dice, world.units);
    make_people(dice, &world);
    for (size_t run = 0; run < world.runs; run++)
        tell(&world, run);
    return world;
}

/* --- What can be reckoned --------------------------------------------------------------------- */

/* Who is rated in the unit, or there and below, as bits. */
static unsigned group_of(const struct world *world, size_t run, size_t unit, bool directly)
{
    unsigned group = 0;

    for (size_t person = 0; person < world->people; person++) {
        size_t place = world->place[run][person];

        if (place == unit || (!directly && place != NOBODY && is_below(world, place, unit)))
            group |= 1U << person;
    }
    return group;
}

static int count(unsigned people)
{
    return __builtin_popcount(people);
}

#define GROUPS_MOST (2 * RUNS * UNITS + RUNS * RUNS * UNITS)

/* Those of a unit, and those by whom two runs differ there: which are too few to be told. */
static size_t list_small(const struct world *world, unsigned small[GROUPS_MOST])
{
    size_t found = 0;

    for (size_t unit = 0; unit < world->units; unit++)
        for (size_t run = 0; run < world->runs; run++) {
            unsigned all = group_of(world, run, unit, false);
            unsigned groups[2 + RUNS] = {group_of(world, run, unit, true), all};

            for (size_t other = 0; other < world->runs; other++)
                if (is_below(world, unit, world->root[run]) &&
                    is_below(world, unit, world->root[other]))
                    groups[2 + other] = all & ~group_of(world, other, unit, false);
            for (size_t i = 0; i < ARRAY_LENGTH(groups); i++)
                if (groups[i] && count(groups[i]) < LEAST)
                    small[found++] = groups[i];
        }
    return found;
}

static bool is_of_a_unit(const struct world *world, size_t run, unsigned group)
{
    for (size_t unit = 0; unit < world->units; unit++)
        if (group == group_of(world, run, unit, true) || group == group_of(world, run, unit, false))
            return true;
    return false;
}

/* In all that the runs from `first` to `last` tell. */
static bool looks_the_same(const struct world *world, size_t first, size_t last, unsigned fails)
{
    for (size_t run = first; run <= last; run++)
        for (size_t unit = 0; unit < world->units; unit++) {
            unsigned group = world->told[run][unit] ? group_of(world, run, unit, false) : 0;

            if (count(group & fails) != count(group & world->fails))
                return false;
        }
    return true;
}

/* open[i]: another number than the true one is possible. */
static void try_all_worlds(const struct world *world, size_t first, size_t last,
                           const unsigned *small, size_t found, bool *open)
{
    for (unsigned fails = 0; fails < 1U << world->people; fails++) {
        if (!looks_the_same(world, first, last, fails))
            continue;
        for (size_t i = 0; i < found; i++)
            open[i] |= count(small[i] & fails) != count(small[i] & world->fails);
    }
}

/* Of a large group nobody, or everybody, may fail: that is told, and with it of any of its people.
 * Those who are no unit of that run are not known by subtracting then. */
static void nothing_small_is_known(const struct world *world, const unsigned *small, size_t found)
{
    bool open[GROUPS_MOST] = {0};

    try_all_worlds(world, 0, world->runs - 1, small, found, open);
    for (size_t run = 0; run < world->runs; run++) {
        bool alone[GROUPS_MOST] = {0};

        try_all_worlds(world, run, run, small, found, alone);
        for (size_t i = 0; i < found; i++)
            open[i] |= !alone[i] && !is_of_a_unit(world, run, small[i]);
    }
    for (size_t i = 0; i < found; i++)
        assert_true(open[i]);
}

static void no_small_group_can_be_reckoned_from_several_runs(void **unused)
{
    struct dice dice = {20261123};
    size_t small = 0, told_again = 0;

    (void)unused;
    for (int i = 0; i < 20000; i++) {
        struct world world = make_world(&dice);
        unsigned groups[GROUPS_MOST];
        size_t found = list_small(&world, groups);

        nothing_small_is_known(&world, groups, found);
        small += found;
        for (size_t run = 1; run < world.runs; run++)
            told_again += world.told[run][world.root[run]];
    }
    assert_true(small > 20000);
    assert_true(told_again > 2000); /* hiding everything is no answer */
}

/* --- What is told all the same ---------------------------------------------------------------- */

static struct participation whole(int64_t members, int64_t failing)
{
    return (struct participation){
        .unit_id = 1, .direct_members = members, .direct_active = failing};
}

static bool is_hidden(int64_t more, int64_t failing, bool changed)
{
    struct participation first = whole(40, 9), second = whole(more, failing);
    struct participation *firsts[] = {&first, &second};
    struct shares shares = {firsts, 2, &changed, 1};
    bool hidden;

    shares_hide(&shares, 10, &hidden);
    return hidden;
}

static void a_revision_of_the_same_people_or_of_many_more_is_told(void **unused)
{
    (void)unused;
    assert_false(is_hidden(0, 0, false));
    assert_false(is_hidden(10, 3, false));
    assert_true(is_hidden(9, 3, false));
    assert_true(is_hidden(0, 0, true)); /* somebody left */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_small_group_can_be_reckoned_from_several_runs),
        cmocka_unit_test(a_revision_of_the_same_people_or_of_many_more_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
