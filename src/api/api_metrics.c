#include "api/api_metrics.h"

struct metric api_metrics[] = {
#define API_METRIC(short_name, kind, full_name, labels, text)                                      \
    [API_##short_name] = {                                                                         \
        .name = (full_name), .help = (text), .type = METRIC_##kind, .label = (labels)},
    API_METRICS(API_METRIC)
#undef API_METRIC
};
const size_t api_metrics_count = ARRAY_LENGTH(api_metrics);
