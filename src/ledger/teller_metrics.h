/*
 * What the teller counts; the values are in teller_metrics[] (ledger/teller.h).
 */
#ifndef LINLI_TELLER_METRICS_H
#define LINLI_TELLER_METRICS_H

#include "ledger/teller.h"

#define TELLER_METRICS(X)                                                                          \
    X(ACCEPTED, COUNTER, "linli_teller_commands_total", "result=\"accepted\"",                     \
      "Commands answered, by result")                                                              \
    X(REFUSED, COUNTER, "linli_teller_commands_total", "result=\"refused\"",                       \
      "Commands answered, by result")                                                              \
    X(REPLAYED, COUNTER, "linli_teller_commands_total", "result=\"replayed\"",                     \
      "Commands answered, by result")                                                              \
    X(FAILED, COUNTER, "linli_teller_commands_total", "result=\"failed\"",                         \
      "Commands answered, by result")                                                              \
    X(ABANDONED, COUNTER, "linli_teller_commands_total", "result=\"abandoned\"",                   \
      "Commands answered, by result")                                                              \
    X(SHED, COUNTER, "linli_teller_shed_total", NULL, "Commands refused at the door: queue full")  \
    X(IN_FLIGHT, COUNTER, "linli_teller_in_flight_total", NULL,                                    \
      "Commands refused at the door: their key is in hand already")                                \
    X(SENT_BACK, COUNTER, "linli_teller_sent_back_total", NULL,                                    \
      "Commands judged again because their wallet had moved meanwhile")                            \
    X(BATCHES, COUNTER, "linli_teller_batches_total", NULL, "Batches committed")                   \
    X(TRANSFERS, COUNTER, "linli_teller_transfers_total", NULL, "Transfers committed")             \
    X(JUDGE_TIME, HISTOGRAM, "linli_teller_judge_seconds", NULL,                                   \
      "Duration of a look of the judge at commands, while the teller serves others")               \
    X(BATCH_TIME, HISTOGRAM, "linli_teller_batch_seconds", NULL,                                   \
      "Duration of a batch from its first statement to its answers")                               \
    X(BATCH_LIMIT, GAUGE, "linli_teller_batch_limit", NULL,                                        \
      "Commands at which a batch closes, learnt from recent durations")                            \
    X(BACKLOG, GAUGE, "linli_teller_backlog", NULL, "Commands in hand and not yet answered")       \
    X(RETRIES, COUNTER, "linli_teller_retries_total", NULL,                                        \
      "Batches run again after a conflict, a lost connection or a lost lane")                      \
    X(UNKNOWN_FOUND, COUNTER, "linli_teller_unknown_commits_total", "found=\"yes\"",               \
      "Commits whose answer was lost, by whether the block was there")                             \
    X(UNKNOWN_MISSING, COUNTER, "linli_teller_unknown_commits_total", "found=\"no\"",              \
      "Commits whose answer was lost, by whether the block was there")                             \
    X(SPLIT, COUNTER, "linli_teller_split_batches_total", NULL,                                    \
      "Batches run command by command after an unforeseen error")                                  \
    X(LANES, COUNTER, "linli_teller_lanes_claimed_total", NULL, "Lanes claimed")

enum teller_metric {
#define TELLER_METRIC_ENUM(name, ...) TELLER_##name,
    TELLER_METRICS(TELLER_METRIC_ENUM)
#undef TELLER_METRIC_ENUM
};

static inline void teller_count(enum teller_metric which, size_t n)
{
    metric_add(&teller_metrics[which], (int64_t)n);
}

#endif
