#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/utf8.h"

static void an_error_is_filled_and_false(void **state)
{
    struct error error = {0};

    (void)state;
    assert_false(error_set(&error, "store.lost", "%s after %d s", "gone", 3));
    assert_string_equal(error.code, "store.lost");
    assert_string_equal(error.detail, "gone after 3 s");
    assert_false(error_set(NULL, "store.lost", "nobody listens"));
}

static void an_error_can_quote_itself(void **state)
{
    struct error error = {0};

    (void)state;
    (void)error_set(&error, "a", "inner");
    (void)error_set(&error, "b", "outer: %s", error.detail);
    assert_string_equal(error.detail, "outer: inner");
}

static void a_long_detail_is_cut_between_characters(void **state)
{
    struct error error;
    char endless[600];
    size_t count;

    (void)state;
    for (size_t shift = 0; shift < 3; shift++) {
        memset(endless, 'x', sizeof(endless));
        for (size_t at = shift; at + 3 < sizeof(endless); at += 3)
            memcpy(endless + at, "邻", 3);
        endless[sizeof(endless) - 1] = '\0';
        (void)error_set(&error, "x", "%s", endless);
        assert_in_range(strlen(error.detail), sizeof(error.detail) - 4, sizeof(error.detail) - 1);
        assert_true(utf8_count((struct text){error.detail, strlen(error.detail)}, &count));
    }
}

/* What a child wrote to stderr while it died of `body`; asserts that it was SIGABRT. */
static void assert_aborts(void (*body)(void), const char *said)
{
    char output[4096] = "";
    int pipes[2], status;
    size_t length = 0;
    ssize_t got;

    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(pipes[1], STDERR_FILENO);
        body();
        _exit(0);
    }
    close(pipes[1]);
    while ((got = read(pipes[0], output + length, sizeof(output) - 1 - length)) > 0)
        length += (size_t)got;
    close(pipes[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(output, said));
}

static void fail_an_assertion(void)
{
    int one = 1;

    ASSERT(one == 2);
}

static void ask_for_too_much(void)
{
    free(memory_resize(NULL, SIZE_MAX / 2, 3));
}

static void a_broken_promise_is_logged_before_the_end(void **state)
{
    (void)state;
    assert_aborts(fail_an_assertion, "\"what\":\"one == 2\",\"function\":\"fail_an_assertion\"");
    assert_aborts(fail_an_assertion, "\"file\":\"tests/unit/base_memory.c\""); /* no build path */
    assert_aborts(ask_for_too_much, "\"event\":\"memory_exhausted\"");
}

static void memory_is_zeroed_and_grows(void **state)
{
    (void)state;
    char *memory = memory_new(100);
    for (int i = 0; i < 100; i++)
        assert_int_equal(memory[i], 0);
    memory[99] = 'x';
    memory = memory_resize(memory, 1000, 2);
    assert_int_equal(memory[99], 'x');
    free(memory);
    free(memory_new(0));
}

static void what_an_arena_gives_is_zeroed_aligned_and_apart(void **state)
{
    enum { TAKEN = 3000 };
    static uint8_t *taken[TAKEN];
    static size_t sizes[TAKEN];
    struct arena *arena = arena_new();
    uint64_t random = 1;

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < TAKEN; i++) {
            sizes[i] = random_below(&random, i % 100 == 0 ? 600000 : 100);
            taken[i] = arena_take(arena, sizes[i]);
            assert_int_equal((uintptr_t)taken[i] % _Alignof(max_align_t), 0);
            for (size_t k = 0; k < sizes[i]; k++)
                if (taken[i][k] != 0)
                    fail();
            memset(taken[i], (int)(i & 0xFF) | 1, sizes[i]);
        }
        for (size_t i = 0; i < TAKEN; i++)
            for (size_t k = 0; k < sizes[i]; k++)
                if (taken[i][k] != (uint8_t)((i & 0xFF) | 1))
                    fail();
        arena_reset(arena);
    }
    arena_free(arena);
    arena_free(NULL);
}

static void texts_in_an_arena_end_with_nul(void **state)
{
    struct arena *arena = arena_new();
    char long_text[10000];

    (void)state;
    memset(long_text, 'y', sizeof(long_text));
    char *copy = arena_copy(arena, long_text, sizeof(long_text));
    assert_int_equal(strlen(copy), sizeof(long_text));
    assert_string_equal(arena_copy(arena, NULL, 0), "");
    char *printed = arena_printf(arena, "%.*s|%d", 9999, long_text, 42);
    assert_int_equal(strlen(printed), 9999 + 3);
    assert_string_equal(printed + 9999, "|42");
    assert_string_equal(arena_printf(arena, "%s", ""), "");
    arena_free(arena);
}

static void a_buffer_grows_and_stays_terminated(void **state)
{
    struct buffer buffer = {0};
    size_t expected = 0;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        buffer_printf(&buffer, "%d,", i);
        expected += (size_t)snprintf(NULL, 0, "%d,", i);
        assert_int_equal(buffer.length, expected);
        assert_int_equal(buffer.data[buffer.length], '\0');
    }
    assert_int_equal(strlen(buffer.data), expected);
    buffer_clear(&buffer);
    assert_string_equal(buffer.data, "");
    buffer_add_text(&buffer, "a");
    buffer_add_char(&buffer, 'b');
    buffer_add(&buffer, "\0c", 2);
    buffer_add(&buffer, NULL, 0);
    assert_int_equal(buffer.length, 4);
    assert_memory_equal(buffer.data, "ab\0c", 5);
    buffer_free(&buffer);
    assert_null(buffer.data);
    buffer_clear(&buffer);
    buffer_printf(&buffer, "%s", "");
    assert_string_equal(buffer.data, "");
    buffer_free(&buffer);
}

static void binary_is_big_endian_and_read_back(void **state)
{
    struct buffer buffer = {0};

    (void)state;
    buffer_add_u8(&buffer, 0x01);
    buffer_add_u16(&buffer, 0x0203);
    buffer_add_u32(&buffer, 0x04050607);
    buffer_add_u64(&buffer, UINT64_C(0x08090a0b0c0d0e0f));
    buffer_add(&buffer, "tail", 4);
    assert_int_equal(buffer.length, 19);
    for (size_t i = 0; i < 15; i++)
        assert_int_equal(buffer.data[i], i + 1);
    struct reader reader = reader_of(buffer.data, buffer.length);
    assert_int_equal(read_u8(&reader), 0x01);
    assert_int_equal(read_u16(&reader), 0x0203);
    assert_int_equal(read_u32(&reader), 0x04050607);
    assert_true(read_u64(&reader) == UINT64_C(0x08090a0b0c0d0e0f));
    assert_memory_equal(read_bytes(&reader, 4), "tail", 4);
    assert_false(reader.failed);
    buffer_free(&buffer);
}

static void a_reader_that_ran_out_stays_failed(void **state)
{
    static const uint8_t bytes[] = {1, 2, 3};
    struct reader reader = reader_of(bytes, sizeof(bytes));

    (void)state;
    assert_int_equal(read_u32(&reader), 0);
    assert_true(reader.failed);
    assert_int_equal(read_u8(&reader), 0);
    assert_null(read_bytes(&reader, 1));
    reader = reader_of(NULL, 0);
    assert_int_equal(read_u8(&reader), 0);
    assert_true(reader.failed);
    reader = reader_of(bytes, sizeof(bytes));
    assert_null(read_bytes(&reader, SIZE_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_is_filled_and_false),
        cmocka_unit_test(an_error_can_quote_itself),
        cmocka_unit_test(a_long_detail_is_cut_between_characters),
        cmocka_unit_test(a_broken_promise_is_logged_before_the_end),
        cmocka_unit_test(memory_is_zeroed_and_grows),
        cmocka_unit_test(what_an_arena_gives_is_zeroed_aligned_and_apart),
        cmocka_unit_test(texts_in_an_arena_end_with_nul),
        cmocka_unit_test(a_buffer_grows_and_stays_terminated),
        cmocka_unit_test(binary_is_big_endian_and_read_back),
        cmocka_unit_test(a_reader_that_ran_out_stays_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
