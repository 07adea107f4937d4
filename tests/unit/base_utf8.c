#include "unit.h"

#include <string.h>

#include "base/utf8.h"

/* Any encoder will do that is not the decoder turned around in the same file's helpers. */
static size_t encode(uint32_t character, char out[4])
{
    if (character < 0x80) {
        out[0] = (char)character;
        return 1;
    }
    size_t length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (character & 0x3F));
        character >>= 6;
    }
    out[0] = (char)((0xF00U >> length & 0xF0) | character);
    return length;
}

static void every_character_is_decoded(void **state)
{
    (void)state;
    for (uint32_t character = 0; character <= 0x10FFFF; character++) {
        char bytes[4];
        size_t length = encode(character, bytes);
        uint32_t decoded = UINT32_MAX;
        size_t taken = utf8_decode(bytes, length, &decoded);
        if (character >= 0xD800 && character <= 0xDFFF) {
            assert_int_equal(taken, 0);
            continue;
        }
        assert_int_equal(taken, length);
        assert_int_equal(decoded, character);
        assert_int_equal(utf8_decode(bytes, length - 1, &decoded), 0);
    }
}

static void what_is_not_utf8_is_refused(void **state)
{
    static const struct text bad[] = {
        {"\x80", 1},             /* a continuation alone */
        {"\xC0\x80", 2},         /* overlong NUL */
        {"\xC1\xBF", 2},         /* overlong DEL */
        {"\xE0\x9F\xBF", 3},     /* overlong U+07FF */
        {"\xF0\x8F\xBF\xBF", 4}, /* overlong U+FFFF */
        {"\xED\xA0\x80", 3},     /* a surrogate */
        {"\xF4\x90\x80\x80", 4}, /* above U+10FFFF */
        {"\xF8\x88\x80\x80", 4},
        {"\xFF", 1},
        {"\xC3(", 2},
        {"\xE2\x82(", 3},
        {"\xE2\x82", 2},
    };
    size_t count;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        uint32_t character;
        assert_int_equal(utf8_decode(bad[i].data, bad[i].length, &character), 0);
        assert_false(utf8_count(bad[i], &count));
    }
}

static void characters_are_counted_not_bytes(void **state)
{
    size_t count;

    (void)state;
    assert_true(utf8_count(TEXT("邻里 😀!"), &count));
    assert_int_equal(count, 5);
    assert_true(utf8_count(TEXT(""), &count));
    assert_int_equal(count, 0);
}

static void a_cut_never_splits_a_character(void **state)
{
    static const char text[] = "a邻é😀b";
    static const size_t boundaries[] = {0, 1, 4, 6, 10, 11};

    (void)state;
    for (size_t length = 0; length < sizeof(text); length++) {
        size_t cut = utf8_cut(text, length), expected = 0;
        for (size_t i = 0; i < ARRAY_LENGTH(boundaries); i++)
            if (boundaries[i] <= length)
                expected = boundaries[i];
        assert_int_equal(cut, expected);
    }
}

static bool is_name(const char *text)
{
    return utf8_is_name((struct text){text, strlen(text)});
}

static void names_are_one_line_that_can_be_seen(void **state)
{
    static const char *const names[] = {"王小明",   "欧阳 鹤鸣", "محمد", "Zoë O’Brien",
                                        "👩\u200d🎤", "𠀀",        "x"};
    /* NOLINTBEGIN(misc-misleading-bidirectional): that is what they are here for */
    static const char *const none[] = {
        "",         " ",        "\u3000",       "\u200b\u00a0", "\ufeff",
        "王\n小明", "\t王",     "王\u2028小明", "\u202e明小王", "\u2067王",
        "王\ufffe", "\ufdd0王", "\U0010ffff王", "\xc3",         "\x1b[31m王"};
    /* NOLINTEND(misc-misleading-bidirectional) */

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        assert_true(is_name(names[i]));
    for (size_t i = 0; i < ARRAY_LENGTH(none); i++)
        assert_false(is_name(none[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_decoded),
        cmocka_unit_test(what_is_not_utf8_is_refused),
        cmocka_unit_test(characters_are_counted_not_bytes),
        cmocka_unit_test(a_cut_never_splits_a_character),
        cmocka_unit_test(names_are_one_line_that_can_be_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
