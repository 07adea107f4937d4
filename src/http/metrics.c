#include "base/metrics.h"

#include "http/internal.h"

/* The order of the rows that share a name is the order of their enum. */
enum {
    AT_CONNECTIONS,
    AT_ACCEPT_PAUSES,
    AT_DURATION,
    AT_ANSWERS,
    AT_CLOSED = AT_ANSWERS + 5,
    AT_FAULTS = AT_CLOSED + HTTP_CLOSE_COUNT,
    METRIC_COUNT = AT_FAULTS + HTTP_FAULT_COUNT
};

#define ANSWERS_ROW(at, class)                                                                     \
    [AT_ANSWERS + (at)] = {.name = "linli_http_answers_total",                                     \
                           .help = "Answers by class of status",                                   \
                           .type = METRIC_COUNTER,                                                 \
                           .label = "class=\"" class "\""},
#define CLOSED_ROW(name_, word)                                                                    \
    [AT_CLOSED + HTTP_CLOSE_##name_] = {.name = "linli_http_closed_total",                         \
                                        .help = "Connections ended, by reason",                    \
                                        .type = METRIC_COUNTER,                                    \
                                        .label = "reason=\"" word "\""},
#define FAULT_ROW(name_, status, title, word)                                                      \
    [AT_FAULTS + HTTP_FAULT_##name_] = {.name = "linli_http_faults_total",                         \
                                        .help = "Requests answered before any handler, by code",   \
                                        .type = METRIC_COUNTER,                                    \
                                        .label = "code=\"" word "\""},

struct metric http_metrics[METRIC_COUNT] = {
    [AT_CONNECTIONS] = {.name = "linli_http_connections",
                        .help = "Open connections",
                        .type = METRIC_GAUGE},
    [AT_ACCEPT_PAUSES] = {.name = "linli_http_accept_pauses_total",
                          .help = "Times that accepting paused for want of descriptors or memory",
                          .type = METRIC_COUNTER},
    [AT_DURATION] = {.name = "linli_http_request_duration_seconds",
                     .help = "From the whole request to its answer",
                     .type = METRIC_HISTOGRAM},
    ANSWERS_ROW(0, "1xx") ANSWERS_ROW(1, "2xx") ANSWERS_ROW(2, "3xx") ANSWERS_ROW(3, "4xx")
        ANSWERS_ROW(4, "5xx") HTTP_CLOSE_REASONS(CLOSED_ROW) HTTP_FAULTS(FAULT_ROW)};
const size_t http_metrics_count = METRIC_COUNT;

void http_metrics_count_close(enum http_close_reason reason)
{
    metric_add(&http_metrics[AT_CLOSED + (int)reason], 1);
}

void http_metrics_count_answer(int status)
{
    ASSERT(status >= 100 && status <= 599);
    metric_add(&http_metrics[AT_ANSWERS + status / 100 - 1], 1);
}

void http_metrics_count_fault(enum http_fault fault)
{
    metric_add(&http_metrics[AT_FAULTS + (int)fault], 1);
}

void http_metrics_observe(int64_t duration_us)
{
    metric_observe_us(&http_metrics[AT_DURATION], duration_us);
}

void http_metrics_add_connections(int64_t n)
{
    metric_add(&http_metrics[AT_CONNECTIONS], n);
}

void http_metrics_count_accept_pause(void)
{
    metric_add(&http_metrics[AT_ACCEPT_PAUSES], 1);
}
