#include "unit.h"

#include <string.h>

#include "base/json_fields.h"

static struct text text_of(const char *string)
{
    return (struct text){string, strlen(string)};
}

static void points_go_there_and_back(void **state)
{
    static const int64_t edges[] = {0, 1, -1, 99, 100, -100, INT64_MAX, INT64_MIN};
    uint64_t random = 1;

    (void)state;
    for (size_t i = 0; i < 200000; i++) {
        int64_t points = i < ARRAY_LENGTH(edges)
                             ? edges[i]
                             : (int64_t)random_u64(&random) >> random_below(&random, 63);
        char out[24];
        int64_t back = 7;
        points_format(points, out);
        assert_true(points_parse(text_of(out), &back));
        assert_int_equal(back, points);
    }
}

static void points_have_two_decimals(void **state)
{
    char out[24];

    (void)state;
    points_format(1250, out);
    assert_string_equal(out, "12.50");
    points_format(-5, out);
    assert_string_equal(out, "-0.05");
    points_format(INT64_MIN, out);
    assert_string_equal(out, "-92233720368547758.08");
}

static void short_forms_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t hundredths;
    } good[] = {
        {"12", 1200}, {"12.5", 1250}, {"12.50", 1250}, {"0", 0},
        {"0.01", 1},  {"-0.5", -50},  {"-12", -1200},  {"92233720368547758.07", INT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
        int64_t hundredths;
        assert_true(points_parse(text_of(good[i].text), &hundredths));
        assert_int_equal(hundredths, good[i].hundredths);
    }
}

static void what_is_no_amount_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "-",
        ".",
        ".5",
        "5.",
        "-.5",
        "1.234",
        "012",
        "00",
        "-0",
        "-0.00",
        "+1",
        " 1",
        "1 ",
        "1e2",
        "0x10",
        "1,5",
        "1.5.",
        "--1",
        "1-",
        "１",
        "NaN",
        "1.-5",
        "-01.5",
        "12.5a",
        "92233720368547758.08",
        "-92233720368547758.09",
        "92233720368547759",
        "99999999999999999999",
    };
    int64_t hundredths = 7;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_false(points_parse(text_of(bad[i]), &hundredths));
    assert_int_equal(hundredths, 7);
    assert_false(points_parse((struct text){"1\0", 2}, &hundredths));
    assert_false(points_parse((struct text){NULL, 0}, &hundredths));
}

static void assert_json(json_t *value, const char *expected)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY);

    assert_string_equal(text, expected);
    free(text);
    json_decref(value);
}

static void values_are_written_as_the_api_shows_them(void **state)
{
    (void)state;
    assert_json(json_points(1250), "\"12.50\"");
    assert_json(json_id((UINT64_C(1) << 53) - 1), "\"9007199254740991\"");
    assert_json(json_time(0), "null");
    assert_json(json_time(1500000), "\"1970-01-01T00:00:01Z\"");
    assert_json(json_text(TEXT("邻里 \"x\"")), "\"邻里 \\\"x\\\"\"");
    assert_json(json_text((struct text){0}), "\"\"");
    assert_json(json_text(TEXT("a\xFF"
                               "b\xE9\x82")),
                "\"a\xEF\xBF\xBD"
                "b\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_go_there_and_back),
        cmocka_unit_test(points_have_two_decimals),
        cmocka_unit_test(short_forms_are_read),
        cmocka_unit_test(what_is_no_amount_is_refused),
        cmocka_unit_test(values_are_written_as_the_api_shows_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
