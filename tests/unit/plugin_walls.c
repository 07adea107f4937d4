/*
 * A kernel without Landlock, played by a filter that denies its system calls: only plugins whose
 * signature was checked are loaded. A program of its own: a filter stays.
 */
#include <errno.h>
#include <seccomp.h>

#include "plugin_world.h"

static void forget_landlock(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

    assert_non_null(filter);
    assert_int_equal(seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(ENOSYS),
                                            SCMP_SYS(landlock_create_ruleset), 0, NULL),
                     0);
    assert_int_equal(seccomp_load(filter), 0);
    seccomp_release(filter);
}

static void without_landlock_only_what_is_signed_is_loaded(void **state)
{
    struct plugin_options options = test_options();
    struct arena *arena = arena_new();
    struct text image = read_plugin(arena, "plain");
    struct plugin_call call = event_of(1, 5000);
    struct manifest manifest;
    struct error error = {0};

    (void)state;
    forget_landlock();
    assert_false(plugin_walls_are_whole());
    options.allow_unsigned = true; /* never there */
    assert_false(plugin_try(&options, PROGRAM, image, NULL, arena, &manifest, NULL, 0, &error));
    assert_non_null(strstr(error.detail, "no Landlock"));
    options.image_is_signed = true;
    if (!plugin_try(&options, PROGRAM, image, NULL, arena, &manifest, &call, 1, &error))
        fail_msg("%s", error.detail);
    assert_int_equal(call.fault, FAULT_NONE);
    assert_int_equal(children(), 0);
    arena_free(arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_landlock_only_what_is_signed_is_loaded),
    };

    be_a_host_if_asked(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
