#include "base/metrics.h"

#include <inttypes.h>
#include <string.h>

#define MOST_TABLES     64
#define FIRST_BUCKET_US INT64_C(100)

static struct {
    struct metric *metrics;
    size_t count;
} tables[MOST_TABLES];
static size_t table_count;

static int64_t bucket_bound_us(size_t bucket)
{
    return FIRST_BUCKET_US << bucket;
}

void metric_observe_us(struct metric *metric, int64_t duration_us)
{
    size_t bucket = 0;

    if (duration_us < 0)
        duration_us = 0; /* a stepped clock must not make a sum go down */
    while (bucket < METRIC_BUCKETS - 1 && duration_us > bucket_bound_us(bucket))
        bucket++;
    atomic_fetch_add_explicit(&metric->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&metric->sum_us, duration_us, memory_order_relaxed);
}

static bool is_registered(const struct metric *metrics)
{
    for (size_t i = 0; i < table_count; i++)
        if (tables[i].metrics == metrics)
            return true;
    return false;
}

static bool name_is_known(const char *name)
{
    for (size_t i = 0; i < table_count; i++)
        for (size_t k = 0; k < tables[i].count; k++)
            if (strcmp(tables[i].metrics[k].name, name) == 0)
                return true;
    return false;
}

static bool continues(const struct metric *metrics, size_t i)
{
    return i > 0 && strcmp(metrics[i - 1].name, metrics[i].name) == 0;
}

void metrics_register(struct metric *metrics, size_t count)
{
    if (is_registered(metrics))
        return;
    ASSERT(table_count < MOST_TABLES);
    size_t table = table_count++;
    tables[table].metrics = metrics;
    for (size_t i = 0; i < count; i++) {
        ASSERT(metrics[i].name && metrics[i].help);
        /* A name in two places would have two HELP lines, which scrapers refuse. */
        ASSERT(continues(metrics, i) ? metrics[i].type == metrics[i - 1].type
                                     : !name_is_known(metrics[i].name));
        tables[table].count = i + 1;
    }
}

static void write_head(struct buffer *out, const struct metric *metric)
{
    static const char *const types[] = {
        [METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_HISTOGRAM] = "histogram"};

    buffer_printf(out, "# HELP %s ", metric->name);
    for (const char *at = metric->help; *at; at++) {
        if (*at == '\\')
            buffer_add_text(out, "\\\\");
        else if (*at == '\n')
            buffer_add_text(out, "\\n");
        else
            buffer_add_char(out, *at);
    }
    buffer_printf(out, "\n# TYPE %s %s\n", metric->name, types[metric->type]);
}

static void write_series(struct buffer *out, const char *name, const char *suffix,
                         const char *label)
{
    buffer_printf(out, "%s%s", name, suffix);
    if (label)
        buffer_printf(out, "{%s}", label);
}

static void write_seconds(struct buffer *out, int64_t us)
{
    buffer_printf(out, "%" PRId64 ".%06" PRId64, us / SECOND_US, us % SECOND_US);
}

static void write_bucket(struct buffer *out, const struct metric *family, const char *label,
                         int64_t bound_us, int64_t count)
{
    buffer_printf(out, "%s_bucket{%s%sle=\"", family->name, label ? label : "", label ? "," : "");
    if (bound_us < INT64_MAX)
        write_seconds(out, bound_us);
    else
        buffer_add_text(out, "+Inf");
    buffer_printf(out, "\"} %" PRId64 "\n", count);
}

void metric_write_head(struct buffer *out, const struct metric *family)
{
    ASSERT(!name_is_known(family->name));
    write_head(out, family);
}

void metric_write_value(struct buffer *out, const struct metric *family, const char *label,
                        int64_t value)
{
    write_series(out, family->name, "", label);
    buffer_printf(out, " %" PRId64 "\n", value);
}

/* The count is the sum of what was read of the buckets: the three must agree in one scrape. */
void metric_write_durations(struct buffer *out, const struct metric *family, const char *label,
                            const struct metric_durations *durations)
{
    int64_t count = 0, bound_us = durations->first_us;

    for (size_t i = 0; i < durations->bucket_count; i++, bound_us *= 2) {
        bool last = i + 1 == durations->bucket_count;
        count += durations->buckets[i];
        write_bucket(out, family, label, last ? INT64_MAX : bound_us, count);
    }
    write_series(out, family->name, "_sum", label);
    buffer_add_char(out, ' ');
    write_seconds(out, durations->sum_us);
    buffer_add_char(out, '\n');
    write_series(out, family->name, "_count", label);
    buffer_printf(out, " %" PRId64 "\n", count);
}

static void write_histogram(struct buffer *out, const struct metric *metric)
{
    int64_t buckets[METRIC_BUCKETS];

    for (size_t i = 0; i < METRIC_BUCKETS; i++)
        buckets[i] = atomic_load_explicit(&metric->buckets[i], memory_order_relaxed);
    metric_write_durations(
        out, metric, metric->label,
        &(struct metric_durations){
            .buckets = buckets,
            .bucket_count = METRIC_BUCKETS,
            .first_us = FIRST_BUCKET_US,
            .sum_us = atomic_load_explicit(&metric->sum_us, memory_order_relaxed),
        });
}

static void write_metric(struct buffer *out, const struct metric *metric)
{
    if (metric->type == METRIC_HISTOGRAM)
        write_histogram(out, metric);
    else
        metric_write_value(out, metric, metric->label,
                           atomic_load_explicit(&metric->value, memory_order_relaxed));
}

void metrics_write(struct buffer *out)
{
    for (size_t i = 0; i < table_count; i++) {
        const struct metric *metrics = tables[i].metrics;
        for (size_t k = 0; k < tables[i].count; k++) {
            if (!continues(metrics, k))
                write_head(out, &metrics[k]);
            write_metric(out, &metrics[k]);
        }
    }
}
