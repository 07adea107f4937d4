/*
 * Counters, gauges and histograms for /metrics (Prometheus text format 0.0.4). Each room defines
 * its own as static structs and registers a table of them from main.c. Any thread; lock-free.
 */
#ifndef LINLI_METRICS_H
#define LINLI_METRICS_H

#include <stdatomic.h>

#include "base/base.h"
#include "base/buffer.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

#define METRIC_BUCKETS 16 /* upper bounds 2^k × 100 µs, k = 0..14, then +Inf */

struct metric {
    const char *name; /* "linli_http_requests_total" */
    const char *help;
    enum metric_type type;
    const char *label; /* optional constant label: `reason="timeout"`; metrics that share a name
                          stand together in their table */
    _Atomic int64_t value;
    _Atomic int64_t buckets[METRIC_BUCKETS];
    _Atomic int64_t sum_us;
};

static inline void metric_add(struct metric *metric, int64_t n)
{
    atomic_fetch_add_explicit(&metric->value, n, memory_order_relaxed);
}
static inline void metric_set(struct metric *metric, int64_t value)
{
    atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}
void metric_observe_us(struct metric *metric, int64_t duration_us); /* histogram */

/* Before threads start; `metrics` is an array that outlives the process. */
void metrics_register(struct metric *metrics, size_t count);
void metrics_write(struct buffer *out);

/*
 * Families whose series come and go, such as one a plugin: whoever owns the numbers writes them
 * behind metrics_write's, each family's head once and then its series. `family` is a constant and
 * is not registered; `label` is as in struct metric, its values escaped where they need it.
 */
struct metric_durations {
    const int64_t *buckets; /* how many took at most first_us, twice that, …; the last: longer */
    size_t bucket_count;
    int64_t first_us, sum_us;
};
void metric_write_head(struct buffer *out, const struct metric *family);
void metric_write_value(struct buffer *out, const struct metric *family, const char *label,
                        int64_t value);
void metric_write_durations(struct buffer *out, const struct metric *family, const char *label,
                            const struct metric_durations *durations);

#endif
