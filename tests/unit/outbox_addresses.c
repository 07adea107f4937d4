/*
 * Where calls may go: the open internet, and the hosts of a list, in every spelling that a parser
 * might read otherwise.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <string.h>

#include "outbox/addresses.h"

static bool is_public(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct sockaddr_storage address = {0};

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        memcpy(&address, &v4, sizeof v4);
    else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
        memcpy(&address, &v6, sizeof v6);
    else
        fail_msg("%s is no address", text);
    return address_is_public((const struct sockaddr *)&address);
}

static void what_is_not_the_open_internet_is_closed(void **state)
{
    static const char *const closed[] = {
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:a9fe:a9fe::1",
        "3fff::1",
        "100::1",
    };
    static const char *const open[] = {
        "1.1.1.1",    "9.255.255.255", "11.0.0.0",     "100.63.255.255", "100.128.0.0",
        "172.15.0.1", "172.32.0.0",    "192.0.1.1",    "198.17.0.1",     "198.20.0.0",
        "223.5.5.5",  "2400:3200::1",  "2606:4700::1", "::ffff:8.8.8.8", "2002:0808:0808::1",
    };
    struct sockaddr local = {.sa_family = AF_UNIX};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(closed); i++)
        if (is_public(closed[i]))
            fail_msg("%s is open", closed[i]);
    for (size_t i = 0; i < ARRAY_LENGTH(open); i++)
        if (!is_public(open[i]))
            fail_msg("%s is closed", open[i]);
    assert_false(address_is_public(&local));
}

static const char *fault_of(const char *url, struct target *target)
{
    const char *why;

    return target_read((struct text){url, strlen(url)}, target, &why) ? NULL : why;
}

static void an_address_is_https_and_nothing_clever(void **state)
{
    static const char *const bad[] = {
        "",
        "api.example.com",
        "//api.example.com/x",
        "https://",
        "https://a@b.example/",
        "https://a:b@c.example/",
        "https://a.example/#x",
        "https://a.example /",
        "https://a.example/\n",
        "https://[fe80::1%25eth0]/",
        "https://a..example/",
        "https://-a.example/",
        "https://a.example:0/",
        "https://a.example:65536/",
        "https://a\xC3\xA9.example/",
    };
    struct target target;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        if (!fault_of(bad[i], &target))
            fail_msg("%s is taken", bad[i]);
    assert_string_equal(fault_of("http://a.example/", &target), "not_https");
    assert_string_equal(fault_of("file:///etc/passwd", &target), "not_https");
    assert_null(fault_of("https://API.Example.com./a/b?c=d", &target));
    assert_string_equal(target.host, "api.example.com");
    assert_int_equal(target.port, 443);
    assert_string_equal(target.path, "/a/b?c=d");
    assert_null(fault_of("https://[2400:3200::1]:8443", &target));
    assert_string_equal(target.host, "2400:3200::1");
    assert_string_equal(target.path, "/");
}

static bool is_listed(const char *url, const char *list)
{
    struct target target;

    return fault_of(url, &target) == NULL && target_is_listed(&target, list);
}

static void a_list_names_hosts_and_ports_exactly(void **state)
{
    const char *list = "a.example, b.example:8443 [2400:3200::1]:99";

    (void)state;
    assert_true(is_listed("https://a.example/x", list));
    assert_true(is_listed("https://A.EXAMPLE:443", list));
    assert_true(is_listed("https://b.example:8443/", list));
    assert_true(is_listed("https://[2400:3200::1]:99/", list));
    assert_false(is_listed("https://a.example:8443/", list));
    assert_false(is_listed("https://b.example/", list));
    assert_false(is_listed("https://x.a.example/", list));
    assert_false(is_listed("https://a.example.evil/", list));
    assert_false(is_listed("https://a.exampl/", list));
    assert_false(is_listed("https://a.example@evil.example/", list));
    assert_false(is_listed("https://a.example/", ""));
    assert_true(is_listed("https://[::1]/", "::1"));
    assert_true(is_listed("https://[0:0::1]/", "[::1]:443"));
    assert_true(is_listed("https://10.1.2.3:1/", "A.Example 10.1.2.3:1"));
    assert_false(is_listed("https://a.example:80/", "a.example:80x"));
}

static void what_cannot_be_a_host_is_no_entry(void **state)
{
    static const char *const good[] = {
        "a.example b.example:8443", "A.example.,x_1", "10.1.2.3:1", "[::1]:443", "::1",
        "localhost:65535\nb",
    };
    static const char *const bad[] = {
        "a:99999",
        "a:65536",
        "a:0",
        "a:",
        ":443",
        "a:x",
        "a:1:2x",
        "a..b",
        "-a",
        "a-.b",
        ".",
        "*.example",
        "https://a.example/",
        "a@b",
        "a/b",
        "a?b",
        "a#b",
        "a%20b",
        "[::1",
        "[::1]x",
        "\xC3\xA9.example",
    };
    struct text wrong;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(good); i++)
        if (!host_list_is_valid((struct text){good[i], strlen(good[i])}, &wrong))
            fail_msg("'%s' is refused", good[i]);
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        if (host_list_is_valid((struct text){bad[i], strlen(bad[i])}, &wrong))
            fail_msg("'%s' is taken", bad[i]);
        assert_int_equal(wrong.length, strlen(bad[i]));
    }
    assert_false(host_list_is_valid(TEXT(""), &wrong));
    assert_false(host_list_is_valid(TEXT("  "), &wrong));
    assert_false(host_list_is_valid((struct text){"a\0b", 3}, &wrong));
    assert_false(host_list_is_valid(TEXT("good.example, a:99999 x"), &wrong));
    assert_int_equal(wrong.length, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_the_open_internet_is_closed),
        cmocka_unit_test(an_address_is_https_and_nothing_clever),
        cmocka_unit_test(a_list_names_hosts_and_ports_exactly),
        cmocka_unit_test(what_cannot_be_a_host_is_no_entry),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
