/* Descriptions and settings: what is right is read, what is not says what to do. */
#include "plugin_world.h"

static const char good[] =
    "{\"name\": \"rule\", \"version\": \"1.0.0\", \"kind\": \"audit\", \"abi_major\": 1,"
    " \"abi_minor\": 2, \"title_zh\": \"规则\", \"title_en\": \"A rule\","
    " \"facts\": [{\"name\": \"member.redemptions_24h\"}], \"events\": [{\"is\": \"redeem\"}],"
    " \"settings\": ["
    "  {\"name\": \"on\", \"type\": \"bool\", \"secret\": false, \"required\": false,"
    "   \"default\": \"true\", \"least\": 0, \"most\": 0, \"choices\": \"\", \"help_zh\": \"\","
    "   \"help_en\": \"\"},"
    "  {\"name\": \"most\", \"type\": \"points\", \"secret\": false, \"required\": false,"
    "   \"default\": \"12.50\", \"least\": 0, \"most\": 10000, \"choices\": \"\", \"help_zh\": "
    "\"\","
    "   \"help_en\": \"\"},"
    "  {\"name\": \"until\", \"type\": \"day\", \"secret\": false, \"required\": false,"
    "   \"default\": \"\", \"least\": 0, \"most\": 0, \"choices\": \"\", \"help_zh\": \"\","
    "   \"help_en\": \"\"},"
    "  {\"name\": \"how\", \"type\": \"choice\", \"secret\": false, \"required\": false,"
    "   \"default\": \"mild\", \"least\": 0, \"most\": 0, \"choices\": \"hard|mild\","
    "   \"help_zh\": \"\", \"help_en\": \"\"},"
    "  {\"name\": \"by\", \"type\": \"map\", \"secret\": false, \"required\": false,"
    "   \"default\": \"a=1\\nb=-2\", \"least\": -5, \"most\": 5, \"choices\": \"\","
    "   \"help_zh\": \"\", \"help_en\": \"\"},"
    "  {\"name\": \"token\", \"type\": \"text\", \"secret\": true, \"required\": true,"
    "   \"default\": \"\", \"least\": 2, \"most\": 6, \"choices\": \"\", \"help_zh\": \"\","
    "   \"help_en\": \"\"}]}";

static bool read_text(struct arena *arena, const char *json, struct manifest *manifest,
                      struct error *error)
{
    return manifest_read(json, strlen(json), arena, manifest, error);
}

static void what_is_written_is_read_again(void **state)
{
    struct arena *arena = arena_new();
    struct manifest manifest = {0}, again = {0};
    struct error error = {0};

    (void)state;
    if (!read_text(arena, good, &manifest, &error))
        fail_msg("%s", error.detail);
    json_t *json = manifest_to_json(&manifest);
    char *text = json_dumps(json, 0);
    assert_true(read_text(arena, text, &again, &error));
    json_t *json_again = manifest_to_json(&again);
    assert_true(json_equal(json, json_again));
    assert_int_equal(again.setting_count, 6);
    assert_int_equal(again.events, LINLI_REDEEM);
    assert_int_equal(again.settings[1].type, LINLI_SETTING_POINTS);
    assert_int_equal(again.fact_index[0], 0);
    json_decref(json);
    json_decref(json_again);
    free(text);
    arena_free(arena);
}

/* The description with one text in it replaced. */
static void refuse(const char *from, const char *to, const char *says)
{
    struct arena *arena = arena_new();
    const char *at = strstr(good, from);
    struct manifest manifest = {0};
    struct error error = {0};

    assert_non_null(at);
    const char *json =
        arena_printf(arena, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
    assert_false(read_text(arena, json, &manifest, &error));
    if (!strstr(error.detail, says))
        fail_msg("'%s' does not say '%s'", error.detail, says);
    arena_free(arena);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    refuse("\"rule\"", "\"Rule 1\"", "a-z, 0-9 and _");
    refuse("\"audit\"", "\"magic\"", "merchant|audit|assessment");
    refuse("member.redemptions_24h", "member.redemptions_24",
           "did you mean member.redemptions_24h");
    refuse("member.redemptions_24h", "member.hours", "may not know");
    refuse("\"on\"", "\"most\"", "two settings");
    refuse("{\"is\": \"redeem\"}", "", "no event");
    refuse("\"hard|mild\"", "\"\"", "choices");
    refuse("\"least\": -5", "\"least\": 50", "above");
    refuse("\"abi_major\": 1,", "", "abi_major");
    refuse("{\"name\": \"rule\",", "[", "no JSON");
    refuse("\"events\":", "\"discloses\": [{\"is\": \"name\"}], \"events\":", "only a merchant");
    refuse("\"audit\"", "\"merchant\", \"discloses\": [{\"is\": \"phone\"}, {\"is\": \"openid\"}]",
           "no member has here");
}

static void defaults_are_filled_in(void **state)
{
    struct arena *arena = arena_new();
    struct manifest manifest = {0};
    struct error error = {0};
    struct linli_value values[PLUGIN_SETTINGS_MOST] = {0};
    json_t *settings = json_pack("{s:s}", "token", "abc");
    int64_t number = 0;

    (void)state;
    assert_true(read_text(arena, good, &manifest, &error));
    if (!manifest_settings(&manifest, settings, arena, values, &error))
        fail_msg("%s", error.detail);
    assert_int_equal(values[0].number, 1);
    assert_int_equal(values[1].number, 1250);
    assert_int_equal(values[2].known, 0);
    assert_true(linli_text_is(values[3].text, "mild"));
    assert_true(linli_map_find(values[4].text, (struct linli_text)LINLI_TEXT("b"), &number));
    assert_int_equal(number, -2);
    assert_true(linli_text_is(values[5].text, "abc"));
    json_decref(settings);
    arena_free(arena);
}

static void settings_outside_the_schema_are_refused(void **state)
{
    static const struct {
        const char *json, *says;
    } wrong[] = {
        {"{}", "token: missing"},
        {"{\"token\": \"abc\", \"tokn\": 1}", "tokn: unknown_field"},
        {"{\"token\": \"a\"}", "1 bytes"},
        {"{\"token\": \"abcdefg\"}", "7 bytes"},
        {"{\"token\": 5}", "wrong_type"},
        {"{\"token\": \"abc\", \"most\": \"200\"}", "too_large"},
        {"{\"token\": \"abc\", \"most\": 200}", "wrong_type"},
        {"{\"token\": \"abc\", \"until\": \"2026-02-30\"}", "bad_day"},
        {"{\"token\": \"abc\", \"how\": \"soft\"}", "hard|mild"},
        {"{\"token\": \"abc\", \"by\": \"a=1\\nb\"}", "key=number"},
        {"{\"token\": \"abc\", \"by\": \"a=1\\n\\nab=2\\na=3\"}", "second line"},
        {"{\"token\": \"abc\", \"by\": \"a=9\"}", "not between -5 and 5"},
        {"{\"token\": \"abc\", \"by\": \"a=1x\"}", "whole number"},
        {"[]", "object"},
    };
    struct arena *arena = arena_new();
    struct manifest manifest = {0};
    struct error error = {0};

    (void)state;
    assert_true(read_text(arena, good, &manifest, &error));
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        struct linli_value values[PLUGIN_SETTINGS_MOST] = {0};
        json_t *settings = json_loads(wrong[i].json, 0, NULL);

        assert_false(manifest_settings(&manifest, settings, arena, values, &error));
        if (!strstr(error.detail, wrong[i].says))
            fail_msg("'%s' does not say '%s'", error.detail, wrong[i].says);
        json_decref(settings);
    }
    arena_free(arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(defaults_are_filled_in),
        cmocka_unit_test(settings_outside_the_schema_are_refused),
    };

    be_a_host_if_asked(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
