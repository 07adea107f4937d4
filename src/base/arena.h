/*
 * An arena: memory by request or by batch, freed all at once. One thread at a time.
 */
#ifndef LINLI_ARENA_H
#define LINLI_ARENA_H

#include "base/base.h"

struct arena;

struct arena *arena_new(void);
/* Frees the arena and everything taken from it; NULL is allowed. */
void arena_free(struct arena *arena);
/* Forgets everything taken but keeps the first block for reuse. */
void arena_reset(struct arena *arena);

/* Zeroed memory aligned for any type, valid until the arena is reset or freed. Never NULL. */
void *arena_take(struct arena *arena, size_t size) __attribute__((returns_nonnull));
char *arena_copy(struct arena *arena, const char *data, size_t length) /* adds a NUL */
    __attribute__((returns_nonnull));
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3)
    __attribute__((returns_nonnull));

#endif
