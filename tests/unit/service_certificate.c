/* What is pure of certificates: lines that read back, codes that hold them, what was lost. */
#include "unit.h"

#include <string.h>

#include "service/certificate.h"

static const uint8_t key[MAC_KEY_SIZE] = {4, 2};

static struct certificate_line lines[] = {
    {UINT64_C(1) << 52, 20000, 90, 3, GRADE_B},
    {7, 20001, 0, 10, GRADE_D},
    {8, 20001, INT32_MAX, 1, GRADE_A},
};

static struct certificate sample(void)
{
    return (struct certificate){.id = 5,
                                .member_id = 6,
                                .unit_id = 7,
                                .from_day = 20000,
                                .through_day = 20002,
                                .issued_us = 1,
                                .lines = lines,
                                .line_count = ARRAY_LENGTH(lines)};
}

static void lines_read_back(void **state)
{
    struct arena *arena = arena_new();
    struct buffer packed = {0};
    struct certificate_line *read;
    size_t count;

    (void)state;
    certificate_pack_lines(lines, ARRAY_LENGTH(lines), &packed);
    assert_true(
        certificate_unpack_lines((struct text){packed.data, packed.length}, arena, &read, &count));
    assert_int_equal(count, ARRAY_LENGTH(lines));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(read[i].record_id, lines[i].record_id);
        assert_int_equal(read[i].day, lines[i].day);
        assert_int_equal(read[i].minutes, lines[i].minutes);
        assert_int_equal(read[i].category, lines[i].category);
        assert_int_equal(read[i].grade, lines[i].grade);
    }
    for (size_t cut = 1; cut < packed.length; cut++)
        assert_int_equal(
            certificate_unpack_lines((struct text){packed.data, cut}, arena, &read, &count),
            cut % (packed.length / ARRAY_LENGTH(lines)) == 0);
    buffer_free(&packed);
    arena_free(arena);
}

static void assert_other_code(const struct certificate *changed)
{
    struct certificate whole = sample();
    struct paper_code code, other;

    certificate_code(key, &whole, &code);
    certificate_code(key, changed, &other);
    assert_string_not_equal(code.text, other.text);
}

static void whatever_is_changed_changes_the_code(void **state)
{
    struct certificate changed[8];
    struct certificate_line other_lines[ARRAY_LENGTH(lines)];

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(changed); i++)
        changed[i] = sample();
    changed[0].id++;
    changed[1].member_id++;
    changed[2].unit_id++;
    changed[3].shows_name = true;
    changed[4].from_day--;
    changed[5].through_day++;
    changed[6].issued_us++;
    changed[7].line_count--;
    for (size_t i = 0; i < ARRAY_LENGTH(changed); i++)
        assert_other_code(&changed[i]);
    memcpy(other_lines, lines, sizeof lines);
    other_lines[0].minutes++;
    changed[0] = sample();
    changed[0].lines = other_lines;
    assert_other_code(&changed[0]);
}

static void what_does_not_stand_is_counted(void **state)
{
    struct certificate certificate = sample();
    struct hash_map standing = {0};
    struct certificate_sum lost;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
        hash_map_insert(&standing, lines[i].record_id, NULL)->number = (uint64_t)lines[i].minutes;
    lost = certificate_lost(&certificate, &standing);
    assert_int_equal(lost.activities, 0);
    hash_map_insert(&standing, 99, NULL)->number = 60; /* service since then takes nothing away */
    hash_map_remove(&standing, lines[0].record_id);
    lost = certificate_lost(&certificate, &standing);
    assert_int_equal(lost.activities, 1);
    assert_int_equal(lost.minutes, 90);
    hash_map_insert(&standing, lines[1].record_id, NULL)->number = 5;
    assert_int_equal(certificate_lost(&certificate, &standing).activities, 2);
    hash_map_free(&standing);
}

static void sums_are_of_all_lines(void **state)
{
    struct certificate certificate = sample();
    struct certificate_sum sums[GRADES_COUNT], sum = certificate_sum(lines, ARRAY_LENGTH(lines));

    (void)state;
    assert_int_equal(sum.activities, 3);
    assert_int_equal(sum.minutes, 90 + (int64_t)INT32_MAX);
    certificate_grades(&certificate, sums);
    assert_int_equal(sums[GRADE_A - GRADE_A].minutes, INT32_MAX);
    assert_int_equal(sums[GRADE_B - GRADE_A].minutes, 90);
    assert_int_equal(sums[GRADE_C - GRADE_A].activities, 0);
    assert_int_equal(sums[GRADE_D - GRADE_A].activities, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_read_back),
        cmocka_unit_test(whatever_is_changed_changes_the_code),
        cmocka_unit_test(what_does_not_stand_is_counted),
        cmocka_unit_test(sums_are_of_all_lines),
    };

    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
