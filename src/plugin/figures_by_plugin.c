#include "plugin/figures_by_plugin.h"

#include <stdio.h>
#include <stdlib.h>

#define LABEL_SIZE (PLUGIN_NAME_MOST + 40) /* plugin="…",fault="…" */

struct plugin_tally *plugin_tally_find(struct plugin_tally *list, uint64_t plugin_id)
{
    while (list && list->plugin_id != plugin_id)
        list = list->next;
    return list;
}

struct plugin_tally *plugin_tally_of(struct plugin_tally **list, const struct plugin *plugin)
{
    struct plugin_tally *tally = plugin_tally_find(*list, plugin->plugin_id);

    if (tally)
        return tally;
    tally = memory_new(sizeof *tally);
    tally->plugin_id = plugin->plugin_id;
    snprintf(tally->name, sizeof tally->name, "%s", plugin->manifest->name);
    tally->next = *list;
    *list = tally;
    return tally;
}

void plugin_tally_free(struct plugin_tally *list)
{
    while (list) {
        struct plugin_tally *next = list->next;
        free(list);
        list = next;
    }
}

/* The least i that the time is at most 2^i µs for; the last, when there is none. */
static size_t place_of(int64_t took_us)
{
    size_t place = took_us > 1 ? 64 - (size_t)__builtin_clzll((uint64_t)took_us - 1) : 0;

    return place < PLUGIN_TOOK ? place : PLUGIN_TOOK - 1;
}

void plugin_count_add(struct plugin_count *count, const struct plugin_call *call)
{
    count->questions++;
    if (call->fault != FAULT_NONE) {
        count->faults[call->fault]++;
        return; /* what it took is not known */
    }
    count->took[place_of(call->took_us)]++;
    count->took_us += call->took_us;
}

static void add(_Atomic int64_t *number, int64_t more)
{
    if (more != 0)
        atomic_fetch_add_explicit(number, more, memory_order_relaxed);
}

void plugin_tally_add(struct plugin_tally *tally, const struct plugin_count *count)
{
    add(&tally->questions, count->questions);
    add(&tally->took_us, count->took_us);
    for (int fault = FAULT_NONE; fault <= FAULT_NO_FACTS; fault++)
        add(&tally->faults[fault], count->faults[fault]);
    for (size_t i = 0; i < PLUGIN_TOOK; i++)
        add(&tally->took[i], count->took[i]);
}

static int64_t value(const _Atomic int64_t *number)
{
    return atomic_load_explicit(number, memory_order_relaxed);
}

struct plugin_figures plugin_tally_read(const struct plugin_tally *tally)
{
    struct plugin_figures figures = {.questions = value(&tally->questions)};

    for (int fault = FAULT_CRASHED; fault <= FAULT_NO_FACTS; fault++)
        figures.faults += value(&tally->faults[fault]);
    int64_t answered = figures.questions - figures.faults;
    if (answered > 0)
        figures.mean_us = value(&tally->took_us) / answered;
    for (size_t i = 0; i < PLUGIN_TOOK; i++)
        figures.took[i] = value(&tally->took[i]);
    return figures;
}

/* --- As metrics --- */

static void write_questions(struct plugin_tally *const tallies[], size_t count, struct buffer *out)
{
    static const struct metric family = {"linli_plugin_questions_by_plugin_total",
                                         "Questions to each plugin of the set", METRIC_COUNTER};

    metric_write_head(out, &family);
    for (size_t i = 0; i < count; i++) {
        char label[LABEL_SIZE];
        snprintf(label, sizeof label, "plugin=\"%s\"", tallies[i]->name);
        metric_write_value(out, &family, label, value(&tallies[i]->questions));
    }
}

static void write_faults(struct plugin_tally *const tallies[], size_t count, struct buffer *out)
{
    static const struct metric family = {"linli_plugin_faults_by_plugin_total",
                                         "Questions that each plugin of the set did not answer",
                                         METRIC_COUNTER};

    metric_write_head(out, &family);
    for (size_t i = 0; i < count; i++) {
        for (int fault = FAULT_CRASHED; fault <= FAULT_NOT_THERE; fault++) {
            char label[LABEL_SIZE];
            snprintf(label, sizeof label, "plugin=\"%s\",fault=\"%s\"", tallies[i]->name,
                     plugin_fault_name((enum plugin_fault)fault));
            metric_write_value(out, &family, label, value(&tallies[i]->faults[fault]));
        }
    }
}

static void write_times(struct plugin_tally *const tallies[], size_t count, struct buffer *out)
{
    static const struct metric family = {"linli_plugin_question_seconds",
                                         "A question's share of the time of its message",
                                         METRIC_HISTOGRAM};

    metric_write_head(out, &family);
    for (size_t i = 0; i < count; i++) {
        struct plugin_figures figures = plugin_tally_read(tallies[i]);
        const struct metric_durations durations = {.buckets = figures.took,
                                                   .bucket_count = PLUGIN_TOOK,
                                                   .first_us = 1,
                                                   .sum_us = value(&tallies[i]->took_us)};
        char label[LABEL_SIZE];
        snprintf(label, sizeof label, "plugin=\"%s\"", tallies[i]->name);
        metric_write_durations(out, &family, label, &durations);
    }
}

void plugin_tallies_write(struct plugin_tally *const tallies[], size_t count, struct buffer *out)
{
    write_questions(tallies, count, out);
    write_faults(tallies, count, out);
    write_times(tallies, count, out);
}
