#include "ledger/teller_metrics.h"

const struct config_entry teller_config[] = {
    {.name = "teller.queue",
     .type = CONFIG_INT,
     .offset = offsetof(struct teller_options, queue),
     .initial = "4096",
     .min = 1,
     .max = 1000000,
     .help = "commands that may be in hand; beyond it the answer is 503"},
    {.name = "teller.batch_rows",
     .type = CONFIG_INT,
     .offset = offsetof(struct teller_options, batch_rows),
     .initial = "4000",
     .min = 1,
     .max = 5000,
     .help = "estimated rows at which a batch closes"},
    {.name = "teller.batch_time",
     .type = CONFIG_DURATION,
     .offset = offsetof(struct teller_options, batch_us),
     .initial = "20ms",
     .min = 1000,
     .max = SECOND_US,
     .help = "duration of a batch that its learnt size aims at"},
    {.name = "teller.outage",
     .type = CONFIG_DURATION,
     .offset = offsetof(struct teller_options, outage_us),
     .initial = "10s",
     .min = 0,
     .max = 10 * MINUTE_US,
     .help = "how long commands wait for a database that is away before the answer is 503"},
    {0},
};

struct metric teller_metrics[] = {
#define TELLER_METRIC_ROW(symbol, kind, its_name, its_label, its_help)                             \
    {.name = its_name, .help = its_help, .type = METRIC_##kind, .label = its_label},
    TELLER_METRICS(TELLER_METRIC_ROW)
#undef TELLER_METRIC_ROW
};
const size_t teller_metrics_count = ARRAY_LENGTH(teller_metrics);
