#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/metrics.h"

static struct metric metrics[] = {
    {.name = "linli_test_requests_total",
     .help = "Requests,\nby \\ reason",
     .type = METRIC_COUNTER,
     .label = "reason=\"fine\""},
    {.name = "linli_test_requests_total",
     .help = "not shown",
     .type = METRIC_COUNTER,
     .label = "reason=\"timeout\""},
    {.name = "linli_test_queue_length", .help = "Waiting now.", .type = METRIC_GAUGE},
};

static struct metric durations[] = {
    {.name = "linli_test_batch_seconds",
     .help = "A batch.",
     .type = METRIC_HISTOGRAM,
     .label = "kind=\"all\""},
};

static char *written(void)
{
    static struct buffer out;

    buffer_clear(&out);
    metrics_write(&out);
    return out.data;
}

static void names_that_share_have_one_head(void **state)
{
    static const char expected[] = "# HELP linli_test_requests_total Requests,\\nby \\\\ reason\n"
                                   "# TYPE linli_test_requests_total counter\n"
                                   "linli_test_requests_total{reason=\"fine\"} 42\n"
                                   "linli_test_requests_total{reason=\"timeout\"} 0\n"
                                   "# HELP linli_test_queue_length Waiting now.\n"
                                   "# TYPE linli_test_queue_length gauge\n"
                                   "linli_test_queue_length -7\n";

    (void)state;
    metric_add(&metrics[0], 40);
    metric_add(&metrics[0], 2);
    metric_set(&metrics[2], -7);
    assert_memory_equal(written(), expected, sizeof(expected) - 1);
}

static void durations_are_cumulative_and_in_seconds(void **state)
{
    (void)state;
    metric_observe_us(&durations[0], -5); /* as 0 */
    metric_observe_us(&durations[0], 100);
    metric_observe_us(&durations[0], 101);
    metric_observe_us(&durations[0], 1638400);
    metric_observe_us(&durations[0], 1638401);
    metric_observe_us(&durations[0], 60000000);
    assert_string_equal(strstr(written(), "# HELP linli_test_batch"),
                        "# HELP linli_test_batch_seconds A batch.\n"
                        "# TYPE linli_test_batch_seconds histogram\n"
                        "linli_test_batch_seconds_bucket{kind=\"all\",le=\"0.000100\"} 2\n"
                        "linli_test_batch_seconds_bucket{kind=\"all\",le=\"0.000200\"} 3\n"
                        "linli_test_batch_seconds_bucket{kind=\"all\",le=\"0.000400\"} 3\n"
                        "linli_test_batch_seconds_bucket{kind=\"all\",le=\"0.000800\"} 3\n"
                        "linli_test_batch_seconds_bucket{kind=\"all\",le=\"0.001600\"} 3\n"
                        "linli_test_batch_seconds_bucket{kind=\"all\",le=\"0.003200\"} 3\n"
                        "linli_test_batch_seconds_bucket{kind=\"all\",le=\"0.006400\"} 3\n"
                        "linli_test_batch_seconds_bucket{kind=\"all\",le=\"0.012800\"} 3\n"
                        "linli_test_batch_seconds_bucket{kind=\"all\",le=\"0.025600\"} 3\n"
                        "linli_test_batch_seconds_bucket{kind=\"all\",le=\"0.051200\"} 3\n"
                        "linli_test_batch_seconds_bucket{kind=\"all\",le=\"0.102400\"} 3\n"
                        "linli_test_batch_seconds_bucket{kind=\"all\",le=\"0.204800\"} 3\n"
                        "linli_test_batch_seconds_bucket{kind=\"all\",le=\"0.409600\"} 3\n"
                        "linli_test_batch_seconds_bucket{kind=\"all\",le=\"0.819200\"} 3\n"
                        "linli_test_batch_seconds_bucket{kind=\"all\",le=\"1.638400\"} 4\n"
                        "linli_test_batch_seconds_bucket{kind=\"all\",le=\"+Inf\"} 6\n"
                        "linli_test_batch_seconds_sum{kind=\"all\"} 63.277002\n"
                        "linli_test_batch_seconds_count{kind=\"all\"} 6\n");
}

static void registering_a_table_again_changes_nothing(void **state)
{
    char before[8192];

    (void)state;
    snprintf(before, sizeof(before), "%s", written());
    metrics_register(metrics, ARRAY_LENGTH(metrics));
    assert_string_equal(written(), before);
}

static void families_of_others_look_the_same(void **state)
{
    static const struct metric count = {"linli_test_asked_total", "Asked.", METRIC_COUNTER};
    static const struct metric times = {"linli_test_asked_seconds", "It took.", METRIC_HISTOGRAM};
    static const int64_t buckets[] = {2, 0, 1};
    struct buffer out = {0};

    (void)state;
    metric_write_head(&out, &count);
    metric_write_value(&out, &count, "plugin=\"a\"", 3);
    metric_write_value(&out, &count, "plugin=\"b\"", 0);
    metric_write_head(&out, &times);
    metric_write_durations(&out, &times, "plugin=\"a\"",
                           &(struct metric_durations){buckets, 3, 1, 2000009});
    assert_string_equal(out.data,
                        "# HELP linli_test_asked_total Asked.\n"
                        "# TYPE linli_test_asked_total counter\n"
                        "linli_test_asked_total{plugin=\"a\"} 3\n"
                        "linli_test_asked_total{plugin=\"b\"} 0\n"
                        "# HELP linli_test_asked_seconds It took.\n"
                        "# TYPE linli_test_asked_seconds histogram\n"
                        "linli_test_asked_seconds_bucket{plugin=\"a\",le=\"0.000001\"} 2\n"
                        "linli_test_asked_seconds_bucket{plugin=\"a\",le=\"0.000002\"} 2\n"
                        "linli_test_asked_seconds_bucket{plugin=\"a\",le=\"+Inf\"} 3\n"
                        "linli_test_asked_seconds_sum{plugin=\"a\"} 2.000009\n"
                        "linli_test_asked_seconds_count{plugin=\"a\"} 3\n");
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_share_have_one_head),
        cmocka_unit_test(durations_are_cumulative_and_in_seconds),
        cmocka_unit_test(registering_a_table_again_changes_nothing),
        cmocka_unit_test(families_of_others_look_the_same),
    };

    metrics_register(metrics, ARRAY_LENGTH(metrics));
    metrics_register(durations, ARRAY_LENGTH(durations));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
