/* database.url taken apart. */
#include "unit.h"

#include <string.h>

#include "store/db_url.h"

static struct db_url parse(const char *text)
{
    struct db_url url;
    struct error error = {0};

    assert_true(db_url_parse(text, &url, &error));
    return url;
}

static void test_every_part(void **state)
{
    struct db_url url = parse("mysql://linli:s3cret@db.example:3307/points");

    (void)state;
    assert_string_equal(url.user, "linli");
    assert_string_equal(url.password, "s3cret");
    assert_string_equal(url.host, "db.example");
    assert_int_equal(url.port, 3307);
    assert_string_equal(url.name, "points");
    assert_string_equal(url.socket, "");
    db_url_free(&url);
}

static void test_socket(void **state)
{
    struct db_url url = parse("mariadb://linli@localhost/linli?socket=/run/my%20db/%E9%82%BB.sock");

    (void)state;
    assert_string_equal(url.user, "linli");
    assert_string_equal(url.password, "");
    assert_string_equal(url.host, "localhost");
    assert_int_equal(url.port, 0);
    assert_string_equal(url.socket, "/run/my db/邻.sock");
    db_url_free(&url);
}

static void test_odd_characters_are_percent_encoded(void **state)
{
    struct db_url url = parse("mysql://a%40b:p%2f%3a%25%3F@[::1]:3306/points");

    (void)state;
    assert_string_equal(url.user, "a@b");
    assert_string_equal(url.password, "p/:%?");
    assert_string_equal(url.host, "::1");
    assert_int_equal(url.port, 3306);
    db_url_free(&url);
    url = parse("mysql://[fe80::1]/points");
    assert_string_equal(url.user, "");
    assert_string_equal(url.host, "fe80::1");
    assert_int_equal(url.port, 0);
    db_url_free(&url);
}

static void test_what_is_no_url_is_refused_without_showing_it(void **state)
{
    static const char *const bad[] = {
        "",
        "linli",
        "postgres://u:hush@h/n",
        "mysql://",
        "mysql://u:hush@h",
        "mysql://u:hush@h/",
        "mysql://u:hush@h:0/n",
        "mysql://u:hush@h:65536/n",
        "mysql://u:hush@h:33o6/n",
        "mysql://u:hush@h:+33/n",
        "mysql://u:hush@[::1]x/n",
        "mysql://u:hush%@h/n",
        "mysql://u:hush%4@h/n",
        "mysql://u:hush%zz@h/n",
        "mysql://u:hush%00@h/n",
        "mysql://u:hush@h/n?sokcet=/x",
        "mysql://u:hush@h/n?socket=/x&ssl=0",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct db_url url;
        struct error error = {0};
        if (db_url_parse(bad[i], &url, &error))
            fail_msg("taken: %s", bad[i]);
        assert_string_equal(error.code, "store.url");
        assert_null(strstr(error.detail, "hush"));
        assert_null(url.memory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_part),
        cmocka_unit_test(test_socket),
        cmocka_unit_test(test_odd_characters_are_percent_encoded),
        cmocka_unit_test(test_what_is_no_url_is_refused_without_showing_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
