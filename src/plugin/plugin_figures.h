/* What plugins did, in numbers: the room's metrics. Any thread. */
#ifndef LINLI_PLUGIN_FIGURES_H
#define LINLI_PLUGIN_FIGURES_H

#include "plugin/plugins.h"

void figures_spawned(int64_t took_us);
void figures_message(int64_t took_us);
void figures_questions(enum plugin_operation operation, size_t count);
void figures_fault(enum plugin_fault fault);
void figures_set(uint64_t revision, size_t plugins);
void figures_reloaded(bool fine);
void figures_quarantined(void);

#endif
