#include "unit.h"

#include "base/hash_map.h"

/* The model: every key of a small universe has its own place. */
enum { UNIVERSE = 600 };

struct model {
    bool is_there[UNIVERSE];
    uint64_t number[UNIVERSE];
    size_t count;
};

/* Keys as they occur: counted up, with a shared high part, scattered, and both ends. */
static uint64_t key_of(size_t i)
{
    if (i == UNIVERSE - 1)
        return UINT64_MAX;
    switch (i % 3) {
    case 0: return i;
    case 1: return UINT64_C(77) << 33 | i;
    default: return (uint64_t)i << 52;
    }
}

static void assert_agrees(const struct hash_map *map, const struct model *model)
{
    struct hash_map_entry *entry;
    size_t visited = 0;

    assert_int_equal(map->count, model->count);
    for (size_t i = 0; i < UNIVERSE; i++) {
        entry = hash_map_find(map, key_of(i));
        assert_int_equal(entry != NULL, model->is_there[i]);
        if (entry)
            assert_true(entry->key == key_of(i) && entry->number == model->number[i]);
    }
    for (size_t at = 0; (entry = hash_map_next(map, &at)); visited++)
        assert_ptr_equal(hash_map_find(map, entry->key), entry);
    assert_int_equal(visited, model->count);
}

static void change(struct hash_map *map, struct model *model, uint64_t *random, size_t inserts)
{
    size_t i = random_below(random, UNIVERSE);

    if (random_below(random, 100) < inserts) {
        bool is_new;
        struct hash_map_entry *entry = hash_map_insert(map, key_of(i), &is_new);
        assert_int_equal(is_new, !model->is_there[i]);
        assert_true(entry->number == (is_new ? 0 : model->number[i]));
        entry->number = model->number[i] = random_u64(random);
        model->count += is_new;
        model->is_there[i] = true;
    } else {
        assert_int_equal(hash_map_remove(map, key_of(i)), model->is_there[i]);
        model->count -= model->is_there[i];
        model->is_there[i] = false;
    }
}

static void a_map_agrees_with_a_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct hash_map map = {0};
        struct model model = {0};
        uint64_t random = seed;
        for (int step = 0; step < 5000; step++) {
            change(&map, &model, &random, step / 1000 % 2 ? 35 : 65); /* grows, then shrinks */
            if (step % 97 == 0)
                assert_agrees(&map, &model);
        }
        assert_agrees(&map, &model);
        hash_map_clear(&map);
        model = (struct model){0};
        assert_agrees(&map, &model);
        for (int step = 0; step < 500; step++)
            change(&map, &model, &random, 80);
        assert_agrees(&map, &model);
        hash_map_free(&map);
    }
}

static void an_empty_map_has_nothing(void **state)
{
    struct hash_map map = {0};
    size_t at = 0;

    (void)state;
    assert_null(hash_map_find(&map, 0));
    assert_null(hash_map_get(&map, 1));
    assert_false(hash_map_remove(&map, 0));
    assert_null(hash_map_next(&map, &at));
    hash_map_clear(&map);
    hash_map_free(&map);
}

static void pointers_are_kept_and_replaced(void **state)
{
    struct hash_map map = {0};
    int a, b;

    (void)state;
    hash_map_put(&map, 0, &a);
    hash_map_put(&map, 9, &a);
    hash_map_put(&map, 9, &b);
    assert_ptr_equal(hash_map_get(&map, 0), &a);
    assert_ptr_equal(hash_map_get(&map, 9), &b);
    assert_int_equal(map.count, 2);
    hash_map_free(&map);
}

static void reserved_room_is_not_grown_again(void **state)
{
    struct hash_map map = {0};

    (void)state;
    hash_map_reserve(&map, 10000);
    const struct hash_map_entry *slots = map.slots;
    for (uint64_t key = 1; key <= 10000; key++)
        hash_map_insert(&map, key, NULL)->number = key;
    assert_ptr_equal(map.slots, slots);
    hash_map_reserve(&map, 1);
    assert_ptr_equal(map.slots, slots);
    hash_map_free(&map);
}

/* Ids as the server makes them must not pile up: the longest run stays short. */
static void runs_stay_short_for_real_ids(void **state)
{
    static const unsigned shifts[] = {0, 16, 33, 56 - 24};

    (void)state;
    for (size_t s = 0; s < ARRAY_LENGTH(shifts); s++) {
        struct hash_map map = {0};
        size_t run = 0, longest = 0;
        for (uint64_t i = 1; i <= 90000; i++)
            hash_map_insert(&map, i << shifts[s], NULL);
        for (size_t slot = 0; slot < map.capacity; slot++) {
            run = map.slots[slot].key ? run + 1 : 0;
            if (run > longest)
                longest = run;
        }
        assert_in_range(longest, 1, 300); /* at 69% full, random keys make runs of about 100 */
        hash_map_free(&map);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_agrees_with_a_model),
        cmocka_unit_test(an_empty_map_has_nothing),
        cmocka_unit_test(pointers_are_kept_and_replaced),
        cmocka_unit_test(reserved_room_is_not_grown_again),
        cmocka_unit_test(runs_stay_short_for_real_ids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
