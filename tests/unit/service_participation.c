/*
 * Whether a share that is not to be told can be reckoned from those that are: by trying every world
 * that looks the same to somebody who sees all that is told, of the whole tree.
 */
#include "unit.h"

#include "service/participation.h"

#define UNITS_MOST 7
#define LEAST      3

struct trees {
    uint64_t state;
};

static int draw(struct trees *trees, int below)
{
    trees->state = trees->state * 6364136223846793005u + 1442695040888963407u;
    return (int)((trees->state >> 33) % (uint64_t)below);
}

/* The unit, or one that is somewhere above it. */
static size_t some_above(struct trees *trees, const struct participation *units, size_t unit)
{
    while (draw(trees, 2) == 0)
        unit = units[unit].parent;
    return unit;
}

static size_t make_tree(struct trees *trees, struct participation *units)
{
    size_t count = (size_t)draw(trees, UNITS_MOST) + 1;
    int inclined = draw(trees, 4); /* often nobody, or everybody */

    for (size_t i = 0; i < count; i++) {
        int members = draw(trees, 3) == 0 ? 0 : draw(trees, 6);
        int active = inclined == 0 ? 0 : inclined == 1 ? members : draw(trees, members + 1);

        units[i] = (struct participation){
            .unit_id = i + 1,
            .parent = i == 0 ? 0 : some_above(trees, units, i - 1),
            .direct_members = members,
            .direct_active = active,
        };
    }
    participation_hide(units, count, LEAST);
    return count;
}

/* Whether everything that is told of `truth` is so in `guess`. */
static bool looks_the_same(const struct participation *truth, const struct participation *guess,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!truth[i].hidden && guess[i].active != truth[i].active)
            return false;
        if (!truth[i].direct_hidden && guess[i].direct_active != truth[i].direct_active)
            return false;
    }
    return true;
}

static void sum_up(struct participation *units, size_t count)
{
    for (size_t i = 0; i < count; i++)
        units[i].active = units[i].direct_active;
    for (size_t i = count; i-- > 1;)
        units[units[i].parent].active += units[i].active;
}

/* The next of all worlds; false after the last. */
static bool next_world(struct participation *units, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (++units[i].direct_active <= units[i].direct_members)
            return true;
        units[i].direct_active = 0;
    }
    return false;
}

struct seen {
    bool direct[UNITS_MOST], whole[UNITS_MOST]; /* another value than the true one is possible */
};

static struct seen try_all_worlds(const struct participation *truth, size_t count)
{
    struct participation guess[UNITS_MOST];
    struct seen seen = {0};

    for (size_t i = 0; i < count; i++) {
        guess[i] = truth[i];
        guess[i].direct_active = 0;
    }
    do {
        sum_up(guess, count);
        if (!looks_the_same(truth, guess, count))
            continue;
        for (size_t i = 0; i < count; i++) {
            seen.direct[i] |= guess[i].direct_active != truth[i].direct_active;
            seen.whole[i] |= guess[i].active != truth[i].active;
        }
    } while (next_world(guess, count));
    return seen;
}

static bool is_small(int64_t members)
{
    return members > 0 && members < LEAST;
}

static void no_small_group_can_be_reckoned(void **unused)
{
    struct trees trees = {20260222};
    int small = 0;

    (void)unused;
    for (int i = 0; i < 50000; i++) {
        struct participation units[UNITS_MOST] = {{0}};
        size_t count = make_tree(&trees, units);
        struct seen seen = try_all_worlds(units, count);

        for (size_t k = 0; k < count; k++) {
            small += is_small(units[k].members) + is_small(units[k].direct_members);
            assert_true(!is_small(units[k].direct_members) || seen.direct[k]);
            assert_true(!is_small(units[k].members) || seen.whole[k]);
        }
    }
    assert_true(small > 50000);
}

static void what_is_large_everywhere_is_told(void **unused)
{
    struct participation units[] = {
        {.unit_id = 1, .parent = 0, .direct_members = 0, .direct_active = 0},
        {.unit_id = 2, .parent = 0, .direct_members = 10, .direct_active = 0},
        {.unit_id = 3, .parent = 0, .direct_members = 20, .direct_active = 20},
    };

    (void)unused;
    participation_hide(units, ARRAY_LENGTH(units), 10);
    for (size_t i = 0; i < ARRAY_LENGTH(units); i++)
        assert_false(units[i].hidden || units[i].direct_hidden);
    assert_int_equal(units[0].members, 30);
    assert_int_equal(units[0].active, 20);
}

static void the_next_smallest_is_hidden_with_a_small_one(void **unused)
{
    struct participation units[] = {
        {.unit_id = 1, .parent = 0},
        {.unit_id = 2, .parent = 0, .direct_members = 9, .direct_active = 4},
        {.unit_id = 3, .parent = 0, .direct_members = 40, .direct_active = 7},
        {.unit_id = 4, .parent = 0, .direct_members = 30, .direct_active = 7},
    };

    (void)unused;
    participation_hide(units, ARRAY_LENGTH(units), 10);
    assert_false(units[0].hidden);
    assert_true(units[1].hidden);
    assert_false(units[2].hidden);
    assert_true(units[3].hidden);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_small_group_can_be_reckoned),
        cmocka_unit_test(what_is_large_everywhere_is_told),
        cmocka_unit_test(the_next_smallest_is_hidden_with_a_small_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
