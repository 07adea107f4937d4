#include "plugin/figures_by_plugin.h"

#include <stdlib.h>

struct plugin_tally *plugin_tally_find(struct plugin_tally **list, uint64_t plugin_id)
{
    struct plugin_tally *tally = *list;

    while (tally && tally->plugin_id != plugin_id)
        tally = tally->next;
    if (tally)
        return tally;
    tally = memory_new(sizeof *tally);
    tally->plugin_id = plugin_id;
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

static void count(_Atomic int64_t *number, int64_t more)
{
    atomic_fetch_add_explicit(number, more, memory_order_relaxed);
}

void plugin_tally_add(struct plugin_tally *tally, const struct plugin_call *call)
{
    size_t place = 0;

    count(&tally->questions, 1);
    if (call->fault != FAULT_NONE) {
        count(&tally->faults, 1);
        return; /* what it took is not known */
    }
    while (place < PLUGIN_TOOK - 1 && call->took_us > INT64_C(1) << place)
        place++;
    count(&tally->took[place], 1);
    count(&tally->took_us, call->took_us);
}

static int64_t value(const _Atomic int64_t *number)
{
    return atomic_load_explicit(number, memory_order_relaxed);
}

struct plugin_figures plugin_tally_read(const struct plugin_tally *tally)
{
    struct plugin_figures figures = {.questions = value(&tally->questions),
                                     .faults = value(&tally->faults)};
    int64_t answered = figures.questions - figures.faults;

    if (answered > 0)
        figures.mean_us = value(&tally->took_us) / answered;
    for (size_t i = 0; i < PLUGIN_TOOK; i++)
        figures.took[i] = value(&tally->took[i]);
    return figures;
}
