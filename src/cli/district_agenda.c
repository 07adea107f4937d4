/* A binary heap: what comes next is at the top. */
#include <stdlib.h>

#include "cli/district.h"

struct agenda {
    struct task *tasks;
    size_t count, capacity;
    uint32_t added;
};

struct agenda *agenda_new(void)
{
    return memory_new(sizeof(struct agenda));
}

void agenda_free(struct agenda *agenda)
{
    if (agenda == NULL)
        return;
    free(agenda->tasks);
    free(agenda);
}

static bool is_before(const struct task *a, const struct task *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void swap(struct agenda *agenda, size_t a, size_t b)
{
    struct task task = agenda->tasks[a];

    agenda->tasks[a] = agenda->tasks[b];
    agenda->tasks[b] = task;
}

void agenda_add(struct agenda *agenda, struct task task)
{
    size_t at = agenda->count++;

    if (at == agenda->capacity) {
        agenda->capacity = agenda->capacity > 0 ? agenda->capacity * 2 : 1024;
        agenda->tasks = memory_resize(agenda->tasks, agenda->capacity, sizeof *agenda->tasks);
    }
    task.order = agenda->added++;
    agenda->tasks[at] = task;
    for (; at > 0 && is_before(&agenda->tasks[at], &agenda->tasks[(at - 1) / 2]); at = (at - 1) / 2)
        swap(agenda, at, (at - 1) / 2);
}

const struct task *agenda_first(const struct agenda *agenda)
{
    return agenda->count > 0 ? &agenda->tasks[0] : NULL;
}

struct task agenda_take(struct agenda *agenda)
{
    struct task first = agenda->tasks[0];
    size_t at = 0, child;

    ASSERT(agenda->count > 0);
    agenda->tasks[0] = agenda->tasks[--agenda->count];
    while ((child = 2 * at + 1) < agenda->count) {
        if (child + 1 < agenda->count &&
            is_before(&agenda->tasks[child + 1], &agenda->tasks[child]))
            child++;
        if (!is_before(&agenda->tasks[child], &agenda->tasks[at]))
            break;
        swap(agenda, at, child);
        at = child;
    }
    return first;
}
