#include "unit.h"

#include "base/base.h"
#include "base/csv.h"

static void assert_written(struct buffer *out, const char *expected)
{
    assert_string_equal(out->data, expected);
    buffer_free(out);
    *out = (struct buffer){0};
}

static void test_cells_are_separated_and_rows_end_with_crlf(void **state)
{
    struct buffer out = {0};

    (void)state;
    csv_begin(&out);
    csv_word(&out, "shop");
    csv_word(&out, NULL);
    csv_end_row(&out);
    csv_int(&out, -3);
    csv_id(&out, 0);
    csv_id(&out, 7);
    csv_points(&out, -1250);
    csv_time(&out, 0, 480);
    csv_time(&out, INT64_C(1767225600000000), 480);
    csv_end_row(&out);
    assert_written(&out, "\xef\xbb\xbfshop,\r\n-3,,7,-12.50,,2026-01-01T08:00:00+08:00\r\n");
}

static void test_what_would_break_a_row_is_quoted(void **state)
{
    struct buffer out = {0};

    (void)state;
    csv_word(&out, "a,b");
    csv_word(&out, "say \"hi\"");
    csv_word(&out, "two\nlines");
    csv_word(&out, "桃酥");
    csv_end_row(&out);
    assert_written(&out, "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",桃酥\r\n");
}

static void test_no_text_is_a_formula(void **state)
{
    static const char *const formulas[] = {"=1+1", "+1", "-1", "@SUM(A1)", "＝1", "\tx"};
    struct buffer out = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(formulas); i++) {
        csv_word(&out, formulas[i]);
        assert_int_equal(out.data[0], '\'');
        buffer_clear(&out);
    }
    csv_word(&out, "=HYPERLINK(\"http://x\",\"y\")");
    csv_end_row(&out);
    assert_written(&out, "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells_are_separated_and_rows_end_with_crlf),
        cmocka_unit_test(test_what_would_break_a_row_is_quoted),
        cmocka_unit_test(test_no_text_is_a_formula),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
