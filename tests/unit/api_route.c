#include "unit.h"

#include <string.h>

#include "api/route.h"

static const struct route wallet_routes[] = {
    {HTTP_GET, "/v1/wallet"},
    {HTTP_POST, "/v1/wallet"},
    {HTTP_GET, "/v1/wallet/transfers"},
    {0},
};

static const struct route voucher_routes[] = {
    {HTTP_POST, "/v1/vouchers/confirm"},
    {HTTP_GET, "/v1/vouchers/{word}"},
    {HTTP_GET, "/v1/vouchers/{word}/print"},
    {HTTP_GET, "/v1/vouchers/{id}/history"},
    {HTTP_GET, "/v1/units/{id}"},
    {HTTP_DELETE, "/v1/units/{id}/members/{id}"},
    {0},
};

static const struct route *const tables[] = {wallet_routes, voucher_routes, NULL};

struct found {
    const struct route *route;
    uint64_t ids[2];
    struct text word;
    unsigned allowed;
};

static struct arena *arena;

static struct found find(enum http_method method, const char *path)
{
    struct found found = {0};

    found.route = route_find(method, (struct text){path, strlen(path)}, arena, found.ids,
                             &found.word, &found.allowed);
    return found;
}

static void assert_leads_to(enum http_method method, const char *path, const char *pattern)
{
    struct found found = find(method, path);

    if (!found.route)
        fail_msg("%s is not found", path);
    else
        assert_string_equal(found.route->path, pattern);
}

static void literals_are_found_by_method_and_path(void **state)
{
    (void)state;
    assert_ptr_equal(find(HTTP_GET, "/v1/wallet").route, &wallet_routes[0]);
    assert_ptr_equal(find(HTTP_POST, "/v1/wallet").route, &wallet_routes[1]);
    assert_leads_to(HTTP_GET, "/v1/wallet/transfers", "/v1/wallet/transfers");
    assert_leads_to(HTTP_GET, "/v1/%77allet", "/v1/wallet");
}

static void head_is_get(void **state)
{
    (void)state;
    assert_ptr_equal(find(HTTP_HEAD, "/v1/wallet").route, &wallet_routes[0]);
    assert_null(find(HTTP_HEAD, "/v1/vouchers/confirm").route);
}

static void what_is_not_there_is_not_found(void **state)
{
    static const char *const paths[] = {
        "",
        "/",
        "/v1",
        "/v1/",
        "/v1/wallet/",
        "//v1/wallet",
        "/v1//wallet",
        "/v1/wallets",
        "/V1/wallet",
        "v1/wallet",
        "*",
        "/v1/units",
        "/v1/a/b/c/d/e/f/g/h/i/j/k",
        "/v1/wallet%2F",
        "/v1%2Fwallet",
        "/v1/wallet%",
        "/v1/wallet%00",
        "/v1/%ff",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
        struct found found = find(HTTP_GET, paths[i]);

        if (found.route || found.allowed)
            fail_msg("%s is found", paths[i]);
    }
}

static void another_method_is_told_what_is_allowed(void **state)
{
    struct found found = find(HTTP_DELETE, "/v1/wallet");

    (void)state;
    assert_null(found.route);
    assert_int_equal(found.allowed, 1U << HTTP_GET | 1U << HTTP_HEAD | 1U << HTTP_POST);
}

static void ids_are_canonical_and_fit_a_double(void **state)
{
    struct found found = find(HTTP_DELETE, "/v1/units/7/members/9007199254740991");

    (void)state;
    assert_non_null(found.route);
    assert_int_equal(found.ids[0], 7);
    assert_true(found.ids[1] == UINT64_C(9007199254740991));
    assert_null(find(HTTP_GET, "/v1/units/9007199254740992").route);
    assert_null(find(HTTP_GET, "/v1/units/0").route);
    assert_null(find(HTTP_GET, "/v1/units/07").route);
    assert_null(find(HTTP_GET, "/v1/units/-7").route);
    assert_null(find(HTTP_GET, "/v1/units/7x").route);
    assert_null(find(HTTP_GET, "/v1/units/99999999999999999").route);
}

static void words_are_decoded_and_keep_their_slashes(void **state)
{
    struct found found = find(HTTP_GET, "/v1/vouchers/%E5%88%B8%2F7");

    (void)state;
    assert_non_null(found.route);
    assert_int_equal(found.word.length, 5);
    assert_memory_equal(found.word.data, "券/7", 5);
    assert_null(find(HTTP_GET, "/v1/vouchers/").route);
}

static void a_literal_is_preferred_but_its_dead_end_is_left(void **state)
{
    (void)state;
    assert_leads_to(HTTP_POST, "/v1/vouchers/confirm", "/v1/vouchers/confirm");
    assert_leads_to(HTTP_GET, "/v1/vouchers/confirm/print", "/v1/vouchers/{word}/print");
    assert_leads_to(HTTP_GET, "/v1/vouchers/12/history", "/v1/vouchers/{id}/history");
    assert_leads_to(HTTP_GET, "/v1/vouchers/12/print", "/v1/vouchers/{word}/print");
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    routes_compile(tables);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_are_found_by_method_and_path),
        cmocka_unit_test(head_is_get),
        cmocka_unit_test(what_is_not_there_is_not_found),
        cmocka_unit_test(another_method_is_told_what_is_allowed),
        cmocka_unit_test(ids_are_canonical_and_fit_a_double),
        cmocka_unit_test(words_are_decoded_and_keep_their_slashes),
        cmocka_unit_test(a_literal_is_preferred_but_its_dead_end_is_left),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
