/* Addresses, networks, who stands behind a proxy, and counting by address. */
#include "http/clients.h"

#include <sodium.h>
#include <string.h>

#include "unit.h"

static struct http_address address(const char *text)
{
    struct http_address parsed;

    if (!http_address_parse((struct text){text, strlen(text)}, &parsed))
        fail_msg("%s", text);
    return parsed;
}

static bool contains(const char *list, const char *text)
{
    struct http_networks *networks = http_networks_parse(list, NULL);
    struct http_address at = address(text);

    assert_non_null(networks);
    bool result = http_networks_contain(networks, &at);
    http_networks_free(networks);
    return result;
}

static void test_addresses_have_one_form(void **state)
{
    char out[HTTP_ADDRESS_TEXT_SIZE];
    struct http_address parsed = address("::ffff:192.0.2.7");

    (void)state;
    http_address_format(&parsed, out);
    assert_string_equal(out, "192.0.2.7");
    parsed = address("2001:DB8:0:0::1");
    http_address_format(&parsed, out);
    assert_string_equal(out, "2001:db8::1");
    assert_false(http_address_parse(TEXT("192.0.2.7:80"), &parsed));
    assert_false(http_address_parse(TEXT("192.0.2"), &parsed));
    assert_false(http_address_parse(TEXT(""), &parsed));
    assert_false(http_address_parse(TEXT("1.1.1.1\0x"), &parsed));
}

static void test_networks(void **state)
{
    (void)state;
    assert_false(contains("", "127.0.0.1"));
    assert_true(contains("10.0.0.0/8, 127.0.0.1", "127.0.0.1"));
    assert_true(contains("10.0.0.0/8,127.0.0.1", "10.255.0.1"));
    assert_false(contains("10.0.0.0/8 127.0.0.1", "11.0.0.0"));
    assert_true(contains("192.0.2.128/25", "192.0.2.200"));
    assert_false(contains("192.0.2.128/25", "192.0.2.100"));
    assert_true(contains("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(contains("2001:db8::/33", "2001:db8:8000::1"));
    assert_true(contains("0.0.0.0/0", "8.8.8.8"));
    assert_false(contains("0.0.0.0/0", "2001:db8::1"));
    assert_true(contains("::/0", "8.8.8.8"));
}

static void test_bad_networks_are_named(void **state)
{
    static const char *const bad[] = {"10.0.0.0/33", "10.0.0.0/",   "10.0.0/8", "proxy.example",
                                      "::1/129",     "10.0.0.0/8x", "::1/0001"};
    struct error error;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        assert_null(http_networks_parse(bad[i], &error));
        assert_non_null(strstr(error.detail, bad[i]));
    }
}

/* `lists` are values of X-Forwarded-For, ending with NULL. */
static void check_client(const char *expected, const char *const *lists)
{
    struct http_networks *trusted = http_networks_parse("10.0.0.0/8", NULL);
    struct http_address peer = address("10.0.0.1");
    struct http_header headers[8] = {{TEXT("Host"), TEXT("a")}};
    struct http_message message = {.headers = headers, .header_count = 1};
    char out[HTTP_ADDRESS_TEXT_SIZE];

    while (*lists) {
        headers[message.header_count++] =
            (struct http_header){TEXT("x-forwarded-FOR"), {*lists, strlen(*lists)}};
        lists++;
    }
    struct http_address client = http_client_find(trusted, &peer, &message);
    http_address_format(&client, out);
    assert_string_equal(out, expected);
    http_networks_free(trusted);
}

static void test_client_behind_proxies(void **state)
{
    (void)state;
    check_client("10.0.0.1", (const char *[]){NULL});
    check_client("9.9.9.9", (const char *[]){"9.9.9.9", NULL});
    check_client("9.9.9.9", (const char *[]){"1.1.1.1, 9.9.9.9", NULL});
    check_client("9.9.9.9", (const char *[]){"1.1.1.1 ,9.9.9.9,\t10.2.2.2", NULL});
    check_client("9.9.9.9", (const char *[]){"1.1.1.1", "9.9.9.9", "10.3.3.3", NULL});
    check_client("10.2.2.2", (const char *[]){"10.2.2.2", NULL});
    check_client("10.2.2.2", (const char *[]){"9.9.9.9, unknown, 10.2.2.2", NULL});
    check_client("10.0.0.1", (const char *[]){"9.9.9.9,", NULL});
    check_client("10.0.0.1", (const char *[]){"", NULL});
    check_client("2001:db8::9", (const char *[]){"2001:db8::9", NULL});
}

static void test_counts(void **state)
{
    struct http_counts *counts = http_counts_new();
    struct http_address one = address("192.0.2.1"), two = address("192.0.2.2");
    struct http_address here = address("2001:db8::1"), near = address("2001:db8::ffff:1");
    struct http_address far = address("2001:db8:0:1::1");

    (void)state;
    assert_true(http_counts_add(counts, &one, 2));
    assert_true(http_counts_add(counts, &one, 2));
    assert_false(http_counts_add(counts, &one, 2));
    assert_true(http_counts_add(counts, &two, 2));
    http_counts_remove(counts, &one);
    assert_true(http_counts_add(counts, &one, 2));
    assert_true(http_counts_add(counts, &here, 1));
    assert_false(http_counts_add(counts, &near, 1));
    assert_true(http_counts_add(counts, &far, 1));
    assert_false(http_counts_add(counts, &two, 0));
    http_counts_free(counts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_have_one_form),
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_bad_networks_are_named),
        cmocka_unit_test(test_client_behind_proxies),
        cmocka_unit_test(test_counts),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
