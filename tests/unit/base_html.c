#include "unit.h"

#include "base/html.h"

static void what_would_be_markup_is_text(void **state)
{
    struct buffer out = {0};

    (void)state;
    html_text(&out, "<b title=\"x\" id='y'>茶 & 点心</b>");
    html_text(&out, NULL);
    assert_string_equal(out.data,
                        "&lt;b title=&quot;x&quot; id=&#39;y&#39;&gt;茶 &amp; 点心&lt;/b&gt;");
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_would_be_markup_is_text)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
