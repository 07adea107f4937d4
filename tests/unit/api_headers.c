#include "unit.h"

#include <string.h>

#include "api/headers.h"

static struct text text_of(const char *text)
{
    return (struct text){text, strlen(text)};
}

static void chinese_unless_english_is_liked_better(void **state)
{
    static const struct {
        const char *header;
        enum language language;
    } cases[] = {
        {"", LANGUAGE_ZH},
        {"en", LANGUAGE_EN},
        {"EN-us", LANGUAGE_EN},
        {"zh-CN,zh;q=0.9,en;q=0.8", LANGUAGE_ZH},
        {"en;q=0.8, zh;q=0.9", LANGUAGE_ZH},
        {"en;q=0.9, zh-Hans-CN;q=0.85", LANGUAGE_EN},
        {"fr, en;q=0.1", LANGUAGE_EN},
        {"fr, de", LANGUAGE_ZH},
        {"en;q=0", LANGUAGE_ZH},
        {"*", LANGUAGE_ZH},
        {"zh;q=0, *", LANGUAGE_EN},
        {"english", LANGUAGE_ZH},
        {" en ; q=1.0 ", LANGUAGE_EN},
        {";;,,;q=", LANGUAGE_ZH},
        {"en;q=x", LANGUAGE_EN},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        if (language_choose(text_of(cases[i].header)) != cases[i].language)
            fail_msg("Accept-Language: %s", cases[i].header);
    }
}

static void a_key_is_bare_or_a_quoted_string(void **state)
{
    static const struct {
        const char *header, *key; /* NULL: refused */
    } cases[] = {
        {"8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"},
        {"\"8e03978e\"", "8e03978e"},
        {"\"a\\\"b\\\\c\"", "a\"b\\c"},
        {"a\"b", "a\"b"},
        {"a\\b", "a\\b"},
        {"", NULL},
        {"\"\"", NULL},
        {"\"", "\""},
        {"\"abc", NULL},
        {"\"abc\\\"", NULL},
        {"\"a\\nb\"", NULL},
        {"\"a\"b\"", NULL},
        {"\"abc\";p=1", NULL},
        {"a b", NULL},
        {"\"a b\"", NULL},
        {"a\tb", NULL},
        {"k\xc3\xa9y", NULL},
        {"a\x7f", NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char key[IDEMPOTENCY_KEY_MOST];
        size_t length;
        bool read = idempotency_key_read(text_of(cases[i].header), key, &length);

        if (read != (cases[i].key != NULL))
            fail_msg("Idempotency-Key: %s", cases[i].header);
        if (read) {
            assert_int_equal(length, strlen(cases[i].key));
            assert_memory_equal(key, cases[i].key, length);
        }
    }
}

static void a_key_has_128_characters_at_most(void **state)
{
    char header[131], key[IDEMPOTENCY_KEY_MOST];
    size_t length;

    (void)state;
    memset(header, 'k', sizeof header);
    assert_true(idempotency_key_read((struct text){header, 128}, key, &length));
    assert_int_equal(length, 128);
    assert_false(idempotency_key_read((struct text){header, 129}, key, &length));
    header[0] = header[129] = '"';
    assert_true(idempotency_key_read((struct text){header, 130}, key, &length));
    header[129] = 'k';
    header[130] = '"';
    assert_false(idempotency_key_read((struct text){header, 131}, key, &length));
}

static void a_request_id_is_logged_only_when_it_is_harmless(void **state)
{
    (void)state;
    assert_true(request_id_is_sane(TEXT("req-1234.ABC_d")));
    assert_false(request_id_is_sane(TEXT("short")));
    assert_false(request_id_is_sane(TEXT("with space")));
    assert_false(request_id_is_sane(TEXT("line\nfeed")));
    assert_false(request_id_is_sane(TEXT("quote\"quote")));
    assert_false(request_id_is_sane((struct text){0}));
}

static void json_is_json_with_or_without_its_charset(void **state)
{
    (void)state;
    assert_true(media_type_is_json(TEXT("application/json")));
    assert_true(media_type_is_json(TEXT("Application/JSON; charset=UTF-8")));
    assert_true(media_type_is_json(TEXT("application/json ;charset=\"utf-8\"")));
    assert_false(media_type_is_json(TEXT("application/json; charset=gbk")));
    assert_false(media_type_is_json(TEXT("application/jsonp")));
    assert_false(media_type_is_json(TEXT("text/plain")));
    assert_false(media_type_is_json((struct text){0}));
}

static void a_bearer_token_is_what_follows_its_scheme(void **state)
{
    struct text token = bearer_token(TEXT("bearer  abc.def"));

    (void)state;
    assert_int_equal(token.length, 7);
    assert_memory_equal(token.data, "abc.def", 7);
    assert_null(bearer_token(TEXT("Basic abc")).data);
    assert_null(bearer_token(TEXT("Bearer")).data);
    assert_null(bearer_token((struct text){0}).data);
}

static void entity_tags_are_compared_weakly(void **state)
{
    (void)state;
    assert_true(entity_tag_matches(TEXT("\"a\""), "\"a\""));
    assert_true(entity_tag_matches(TEXT("\"b\", W/\"a\""), "\"a\""));
    assert_true(entity_tag_matches(TEXT("*"), "\"a\""));
    assert_false(entity_tag_matches(TEXT("\"b\""), "\"a\""));
    assert_false(entity_tag_matches(TEXT("a"), "\"a\""));
    assert_false(entity_tag_matches((struct text){0}, "\"a\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chinese_unless_english_is_liked_better),
        cmocka_unit_test(a_key_is_bare_or_a_quoted_string),
        cmocka_unit_test(a_key_has_128_characters_at_most),
        cmocka_unit_test(a_request_id_is_logged_only_when_it_is_harmless),
        cmocka_unit_test(json_is_json_with_or_without_its_charset),
        cmocka_unit_test(a_bearer_token_is_what_follows_its_scheme),
        cmocka_unit_test(entity_tags_are_compared_weakly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
