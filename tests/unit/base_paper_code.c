#include "unit.h"

#include <string.h>

#include "base/crypto.h"
#include "base/paper_code.h"

static const uint8_t key[32] = {1, 2, 3};
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static struct text text_of(const char *string)
{
    return (struct text){string, strlen(string)};
}

static void make(uint64_t number, struct paper_code *code)
{
    paper_code_make(key, &number, sizeof number, code);
}

static void a_code_reads_back(void **state)
{
    (void)state;
    for (uint64_t id = 1; id < 2000; id++) {
        struct paper_code code, read;

        make(id, &code);
        assert_int_equal(strlen(code.text), PAPER_CODE_LENGTH);
        assert_true(paper_code_parse(text_of(code.text), &read));
        assert_string_equal(read.text, code.text);
    }
}

static void people_type_it_their_way(void **state)
{
    struct arena *arena = arena_new();
    struct paper_code code, read;
    char *shown;

    (void)state;
    make(77, &code);
    shown = paper_code_for_people(arena, &code);
    assert_int_equal(strlen(shown), PAPER_CODE_LENGTH + 4);
    assert_true(paper_code_parse(text_of(shown), &read));
    assert_string_equal(read.text, code.text);
    for (char *c = shown; *c != '\0'; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
        else if (*c == '0')
            *c = 'o';
        else if (*c == '1')
            *c = 'l';
        else if (*c == '-')
            *c = ' ';
    }
    assert_true(paper_code_parse(text_of(shown), &read));
    assert_string_equal(read.text, code.text);
    arena_free(arena);
}

/* Every single character mistyped is caught; so is every neighbouring pair swapped but those that
 * Luhn cannot see: 0 with the alphabet's last. */
static void slips_are_caught(void **state)
{
    (void)state;
    for (uint64_t id = 1; id < 200; id++) {
        struct paper_code code, read;

        make(id, &code);
        for (size_t at = 0; at < PAPER_CODE_LENGTH; at++) {
            struct paper_code wrong = code;

            for (const char *c = alphabet; *c != '\0'; c++) {
                wrong.text[at] = *c;
                assert_int_equal(paper_code_parse(text_of(wrong.text), &read), *c == code.text[at]);
            }
        }
        for (size_t at = 0; at + 1 < PAPER_CODE_LENGTH; at++) {
            struct paper_code wrong = code;
            char a = code.text[at], b = code.text[at + 1];

            if (a == b || (a == '0' && b == 'Z') || (a == 'Z' && b == '0'))
                continue;
            wrong.text[at] = b;
            wrong.text[at + 1] = a;
            assert_false(paper_code_parse(text_of(wrong.text), &read));
        }
    }
}

static void what_is_no_code_is_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        "-",
                                        "ABCD",
                                        "U0000000000000000",
                                        "0000000000000000",
                                        "000000000000000000",
                                        "0000-0000-0000-0000-0\xff"};
    struct paper_code read;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
        assert_false(paper_code_parse(text_of(wrong[i]), &read));
}

static void a_hash_needs_its_key(void **state)
{
    static const uint8_t other_key[32] = {9};
    uint8_t a[PAPER_CODE_HASH_SIZE], b[PAPER_CODE_HASH_SIZE];
    struct paper_code code;

    (void)state;
    make(5, &code);
    paper_code_hash(key, &code, a);
    paper_code_hash(other_key, &code, b);
    assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_reads_back),    cmocka_unit_test(people_type_it_their_way),
        cmocka_unit_test(slips_are_caught),     cmocka_unit_test(what_is_no_code_is_refused),
        cmocka_unit_test(a_hash_needs_its_key),
    };

    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
