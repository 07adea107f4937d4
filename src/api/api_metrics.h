/*
 * What the API counts; the values are in api_metrics[].
 */
#ifndef LINLI_API_METRICS_H
#define LINLI_API_METRICS_H

#include "base/metrics.h"

#define API_METRICS(X)                                                                             \
    X(ANSWERED_2XX, COUNTER, "linli_api_calls_total", "status=\"2xx\"",                            \
      "Calls answered, by status")                                                                 \
    X(ANSWERED_3XX, COUNTER, "linli_api_calls_total", "status=\"3xx\"",                            \
      "Calls answered, by status")                                                                 \
    X(ANSWERED_4XX, COUNTER, "linli_api_calls_total", "status=\"4xx\"",                            \
      "Calls answered, by status")                                                                 \
    X(ANSWERED_5XX, COUNTER, "linli_api_calls_total", "status=\"5xx\"",                            \
      "Calls answered, by status")                                                                 \
    X(GONE, COUNTER, "linli_api_calls_gone_total", NULL,                                           \
      "Calls dropped since their client had left")                                                 \
    X(CALL_TIME, HISTOGRAM, "linli_api_call_seconds", NULL,                                        \
      "Duration of a call, long-polls left out")                                                   \
    X(IN_HAND, GAUGE, "linli_api_calls_in_hand", NULL, "Calls not yet answered")                   \
    X(SHED, COUNTER, "linli_api_shed_total", NULL, "Calls answered 503 since a queue was full")    \
    X(QUERY_BACKLOG, GAUGE, "linli_api_query_backlog", NULL, "Calls that wait for a query thread") \
    X(WAITING, GAUGE, "linli_api_long_polls_waiting", NULL, "Long-polls that wait for news")

enum api_metric {
#define API_METRIC_ENUM(name, ...) API_##name,
    API_METRICS(API_METRIC_ENUM)
#undef API_METRIC_ENUM
};

extern struct metric api_metrics[];
extern const size_t api_metrics_count;

static inline void api_count(enum api_metric which, int64_t n)
{
    metric_add(&api_metrics[which], n);
}

#endif
