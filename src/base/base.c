#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/utf8.h"

void assertion_failed(const char *file, int line, const char *function, const char *what)
{
    LOG(ERROR, "assertion_failed", LOG_STR("what", what), LOG_STR("function", function),
        LOG_STR("file", file), LOG_INT("line", line));
    abort();
}

bool error_set(struct error *error, const char *code, const char *format, ...)
{
    char detail[sizeof(error->detail)]; /* an argument may be the old detail */
    va_list arguments;

    if (!error)
        return false;
    va_start(arguments, format);
    int length = vsnprintf(detail, sizeof(detail), format, arguments);
    va_end(arguments);
    if (length < 0)
        detail[0] = '\0';
    else if ((size_t)length >= sizeof(detail))
        detail[utf8_cut(detail, sizeof(detail) - 1)] = '\0';
    error->code = code;
    memcpy(error->detail, detail, sizeof(detail));
    return false;
}

NORETURN static void memory_exhausted(size_t size)
{
    LOG(ERROR, "memory_exhausted", LOG_INT("bytes", size));
    abort();
}

const char *name_from(const char *const *names, size_t count, size_t value)
{
    return value < count && names[value] ? names[value] : "unknown";
}

void *memory_new(size_t size)
{
    void *memory = calloc(1, size ? size : 1);

    if (!memory)
        memory_exhausted(size);
    return memory;
}

void *memory_resize(void *old, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes))
        memory_exhausted(SIZE_MAX);
    void *memory = realloc(old, bytes ? bytes : 1);
    if (!memory)
        memory_exhausted(bytes);
    return memory;
}
