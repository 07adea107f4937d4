/* The help that the SDK's header gives to authors. */
#include <linli/plugin.h>

#include "unit.h"

static void test_say_never_cuts_a_character(void **state)
{
    char bytes[16] = "";

    (void)state;
    for (size_t capacity = 1; capacity <= sizeof bytes; capacity++) {
        struct linli_room room = {bytes, capacity, 0};

        linli_say(&room, "%s", "积分a邻里é");
        assert_true(room.length < capacity || capacity == sizeof bytes);
        assert_int_equal(linli_whole(room.bytes, room.length), room.length);
        assert_memory_equal(room.bytes, "积分a邻里é", room.length);
    }
}

static void test_say_appends(void **state)
{
    char bytes[16];
    struct linli_room room = {bytes, sizeof bytes, 0};

    (void)state;
    linli_say(&room, "%d", 12);
    linli_say(&room, " of %d", 40);
    assert_int_equal(room.length, 8);
    assert_memory_equal(bytes, "12 of 40", 8);
    linli_say_text(&room, (struct linli_text)LINLI_TEXT("积分积分"));
    assert_int_equal(room.length, 14); /* two of them fit into the eight bytes left */
}

static void test_map_finds_whole_keys(void **state)
{
    const struct linli_text map = LINLI_TEXT("meals=120\nmeal=-5\nlast=7");
    int64_t number = 0;

    (void)state;
    assert_true(linli_map_find(map, (struct linli_text)LINLI_TEXT("meals"), &number));
    assert_int_equal(number, 120);
    assert_true(linli_map_find(map, (struct linli_text)LINLI_TEXT("meal"), &number));
    assert_int_equal(number, -5);
    assert_true(linli_map_find(map, (struct linli_text)LINLI_TEXT("last"), &number));
    assert_int_equal(number, 7);
    assert_false(linli_map_find(map, (struct linli_text)LINLI_TEXT("mea"), &number));
    assert_false(
        linli_map_find((struct linli_text){0}, (struct linli_text)LINLI_TEXT("x"), &number));
}

static void test_reasons_end(void **state)
{
    struct linli_rating rating = {.size = sizeof rating};

    (void)state;
    for (int i = 0; i < LINLI_MOST_REASONS; i++)
        assert_non_null(linli_because(&rating, "too_few", i));
    assert_null(linli_because(&rating, "too_few", 1));
    assert_int_equal(rating.missing[3], 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_say_never_cuts_a_character),
        cmocka_unit_test(test_say_appends),
        cmocka_unit_test(test_map_finds_whole_keys),
        cmocka_unit_test(test_reasons_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
