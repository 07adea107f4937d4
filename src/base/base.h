/*
 * base: what everything stands on, and nothing of points.
 *
 * Attributes, text views and the error value that every fallible function fills.
 */
#ifndef LINLI_BASE_H
#define LINLI_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_CHECK                    __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a)             __attribute__((format(printf, f, a)))
#define NORETURN                      __attribute__((noreturn))
#define ARRAY_LENGTH(a)               (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(p, type, member) ((type *)(void *)((char *)(p)-offsetof(type, member)))

#define SECOND_US                     INT64_C(1000000)
#define MINUTE_US                     (60 * SECOND_US)
#define HOUR_US                       (60 * MINUTE_US)
#define DAY_US                        (24 * HOUR_US)

/* What must be true, checked in production too; never used to judge input. Aborts with a log. */
#define ASSERT(what) ((what) ? (void)0 : assertion_failed(__FILE__, __LINE__, __func__, #what))
NORETURN void assertion_failed(const char *file, int line, const char *function, const char *what);

/* Characters that somebody else owns; not terminated. */
struct text {
    const char *data;
    size_t length;
};
#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})
#define TEXT_ARGS(t)  (int)(t).length, (t).data /* for "%.*s" */
/* Of a string with a NUL, without it; NULL is empty. */
static inline struct text text_from(const char *string)
{
    return (struct text){string, string ? strlen(string) : 0};
}

/*
 * Something broke. `code` is a stable literal such as "store.lost"; `detail` is for people and
 * logs. A refusal (a business answer) is never an error: see ledger/refusal.h.
 */
struct error {
    const char *code;
    char detail[240];
};
/* Fills `error` (which may be NULL) and returns false, so that a caller can `return
 * error_set(...)`. The arguments may point into `error` itself: "%s" with the old detail adds to
 * it. */
bool error_set(struct error *error, const char *code, const char *format, ...) PRINTF_LIKE(3, 4);

/* names[value] of `count`; "unknown" for a value that has none: a row's that was changed by hand.
 */
const char *name_from(const char *const *names, size_t count, size_t value);

/* Memory that must be there: a process without a few kilobytes is restarted, the books are safe. */
void *memory_new(size_t size) __attribute__((returns_nonnull)); /* zeroed */
void *memory_resize(void *old, size_t count, size_t size) __attribute__((returns_nonnull));

#endif
