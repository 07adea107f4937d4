#include "unit.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "jobs/keeper.h"

static _Atomic int counted, failed;
static _Atomic bool inside;

static bool count_up(struct job_context *context, struct error *error)
{
    (void)error;
    if (context->cursor != (uint64_t)counted)
        counted = -1000; /* the cursor was not kept */
    counted++;
    context->cursor++;
    return true;
}

static bool fail_always(struct job_context *context, struct error *error)
{
    (void)context;
    failed++;
    return error_set(error, "test.failed", "as it should");
}

static bool take_long(struct job_context *context, struct error *error)
{
    (void)error;
    inside = true;
    while (!*context->stopping)
        usleep(1000);
    inside = false;
    return true;
}

static struct db_options nowhere;

static struct keeper *start(const struct job *jobs)
{
    static char url[] = "mysql://root@/linli?socket=/nonexistent/socket";

    nowhere.url = url;
    return keeper_start(jobs, &(struct keeper_tools){.db = &nowhere});
}

static void jobs_run_again_and_again_though_others_fail(void **state)
{
    static const struct job jobs[] = {
        {"count_up", 10 * INT64_C(1000), count_up},
        {"fail_always", 10 * INT64_C(1000), fail_always},
        {0},
    };
    struct keeper *keeper = start(jobs);

    (void)state;
    for (int i = 0; i < 8000 && (counted < 5 || failed < 5); i++)
        usleep(1000);
    keeper_stop(keeper);
    assert_true(counted >= 5);
    assert_true(failed >= 5);
}

static void a_stop_does_not_wait_for_what_is_due_later(void **state)
{
    static const struct job jobs[] = {{"next_week", 7 * DAY_US, count_up}, {0}};
    int64_t began_us = clock_monotonic_us();

    (void)state;
    keeper_stop(start(jobs));
    keeper_stop(NULL);
    assert_true(clock_monotonic_us() - began_us < SECOND_US);
}

static void a_job_at_work_is_told_to_stop(void **state)
{
    static const struct job jobs[] = {{"take_long", MINUTE_US, take_long}, {0}};
    struct keeper *keeper = start(jobs);

    (void)state;
    for (int i = 0; i < 8000 && !inside; i++)
        usleep(1000);
    assert_true(inside);
    keeper_stop(keeper);
    assert_false(inside);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_run_again_and_again_though_others_fail),
        cmocka_unit_test(a_stop_does_not_wait_for_what_is_due_later),
        cmocka_unit_test(a_job_at_work_is_told_to_stop),
    };

    log_configure(LOG_ERROR, LOG_JSON);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
