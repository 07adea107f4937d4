#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BLOCK_SIZE   ((size_t)4 * 1024)
#define LARGEST_BLOCK_SIZE ((size_t)256 * 1024)

struct block {
    struct block *older;
    size_t size, used;
    alignas(max_align_t) char data[];
};

struct arena {
    struct block *newest;
};

static struct block *block_new(struct block *older, size_t size)
{
    size_t whole;

    ASSERT(!__builtin_add_overflow(size, sizeof(struct block), &whole));
    struct block *block = memory_resize(NULL, 1, whole);
    *block = (struct block){.older = older, .size = size};
    return block;
}

struct arena *arena_new(void)
{
    struct arena *arena = memory_new(sizeof(*arena));

    arena->newest = block_new(NULL, FIRST_BLOCK_SIZE);
    return arena;
}

void arena_reset(struct arena *arena)
{
    while (arena->newest->older) {
        struct block *block = arena->newest;
        arena->newest = block->older;
        free(block);
    }
    arena->newest->used = 0;
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    arena_reset(arena);
    free(arena->newest);
    free(arena);
}

static size_t next_block_size(const struct arena *arena, size_t wanted)
{
    size_t size = arena->newest->size * 2;

    if (size > LARGEST_BLOCK_SIZE)
        size = LARGEST_BLOCK_SIZE;
    return wanted > size ? wanted : size;
}

/* Not zeroed. `alignment` is a power of two, at most that of max_align_t. */
static void *take(struct arena *arena, size_t size, size_t alignment)
{
    struct block *block = arena->newest;
    size_t start = (block->used + alignment - 1) & ~(alignment - 1);

    if (start > block->size || size > block->size - start) {
        block = arena->newest = block_new(block, next_block_size(arena, size));
        start = 0;
    }
    block->used = start + size;
    return block->data + start;
}

void *arena_take(struct arena *arena, size_t size)
{
    return memset(take(arena, size, alignof(max_align_t)), 0, size);
}

char *arena_copy(struct arena *arena, const char *data, size_t length)
{
    char *copy = take(arena, length + 1, 1);

    if (length > 0)
        memcpy(copy, data, length);
    copy[length] = '\0';
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments, again;

    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    ASSERT(length >= 0);
    char *text = take(arena, (size_t)length + 1, 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}
