/*
 * What one setting's text means. Used by config.c only.
 */
#ifndef LINLI_CONFIG_VALUE_H
#define LINLI_CONFIG_VALUE_H

#include "base/arena.h"
#include "base/config.h"

/* `*number` becomes the number, the microseconds, the bytes, 0 or 1, or the index of the choice;
 * 0 for a text. False when `text` is not of the entry's type or not within its bounds. */
bool config_value_parse(const struct config_entry *entry, const char *text,
                        int64_t *number) MUST_CHECK;
/* Puts a text that parses where the options want it; texts are copied into `arena`. */
void config_value_store(const struct config_entry *entry, void *options, const char *text,
                        struct arena *arena);
/* What a right value is: "a duration like 250ms, 30s, 5m, 12h or 30d, within 1s..1h". */
char *config_value_expected(const struct config_entry *entry, struct arena *arena);

#endif
