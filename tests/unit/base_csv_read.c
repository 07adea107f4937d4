/* Reading CSV: what spreadsheets write, what people break. */
#include "unit.h"

#include <string.h>

#include "base/csv_read.h"

#define MOST 4

static struct arena *arena;
static struct csv_reader reader;
static struct text cells[MOST];
static size_t count;

static void open_text(const char *text)
{
    csv_open(&reader, (struct text){text, strlen(text)}, arena);
}

static enum csv_row next(void)
{
    return csv_read(&reader, cells, MOST, &count);
}

static void assert_cell(size_t at, const char *expected)
{
    assert_int_equal(cells[at].length, strlen(expected));
    assert_memory_equal(cells[at].data, expected, strlen(expected));
}

static void rows_end_with_either_line_end_or_none(void **state)
{
    (void)state;
    open_text("\xef\xbb\xbf"
              "name,unit\r\n张三,玫瑰\n\n李四,");
    assert_int_equal(next(), CSV_ROW);
    assert_cell(0, "name");
    assert_int_equal(reader.line, 1);
    assert_int_equal(next(), CSV_ROW);
    assert_cell(1, "玫瑰");
    assert_int_equal(next(), CSV_ROW);
    assert_int_equal(reader.line, 4);
    assert_int_equal(count, 2);
    assert_cell(1, "");
    assert_int_equal(next(), CSV_END);
    assert_int_equal(next(), CSV_END);
}

static void quoted_cells_hold_commas_quotes_and_lines(void **state)
{
    (void)state;
    open_text("\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\"\"\nnext\n");
    assert_int_equal(next(), CSV_ROW);
    assert_int_equal(count, 4);
    assert_cell(0, "a,b");
    assert_cell(1, "say \"hi\"");
    assert_cell(2, "two\nlines");
    assert_cell(3, "");
    assert_int_equal(next(), CSV_ROW);
    assert_int_equal(reader.line, 3);
}

static void a_broken_quote_costs_its_own_line_only(void **state)
{
    (void)state;
    open_text("\"a\"b,c\nd,e\n\"never closed,f\ng,h\n");
    assert_int_equal(next(), CSV_BAD_QUOTES);
    assert_int_equal(reader.line, 1);
    assert_int_equal(next(), CSV_ROW);
    assert_cell(0, "d");
    assert_int_equal(next(), CSV_BAD_QUOTES);
    assert_int_equal(reader.line, 3);
    assert_int_equal(next(), CSV_ROW);
    assert_cell(0, "g");
    assert_int_equal(reader.line, 4);
    assert_int_equal(next(), CSV_END);
}

static void more_cells_than_fit_are_counted(void **state)
{
    (void)state;
    open_text("1,2,3,4,5,6");
    assert_int_equal(next(), CSV_ROW);
    assert_int_equal(count, 6);
    assert_cell(3, "4");
    open_text("");
    assert_int_equal(next(), CSV_END);
}

static int start(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_end_with_either_line_end_or_none),
        cmocka_unit_test(quoted_cells_hold_commas_quotes_and_lines),
        cmocka_unit_test(a_broken_quote_costs_its_own_line_only),
        cmocka_unit_test(more_cells_than_fit_are_counted),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
