/*
 * Structured logs: one event a line. JSON lines, or people's format when stderr is a terminal.
 * Any thread. No personal value (name, phone, address, code, token) is ever logged: DESIGN.md 9.
 *
 *   LOG(INFO, "teller.batch", LOG_INT("commands", n), LOG_INT("us", took));
 */
#ifndef LINLI_LOG_H
#define LINLI_LOG_H

#include "base/base.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_AUTO, LOG_JSON, LOG_PEOPLE };

struct log_field {
    const char *name;
    enum { LOG_FIELD_END, LOG_FIELD_INT, LOG_FIELD_TEXT } type;
    int64_t number;
    struct text text;
};
#define LOG_INT(n, v)                                                                              \
    ((struct log_field){.name = (n), .type = LOG_FIELD_INT, .number = (int64_t)(v)})
#define LOG_STR(n, v)  log_text_field((n), (v))
#define LOG_TEXT(n, v) ((struct log_field){.name = (n), .type = LOG_FIELD_TEXT, .text = (v)})
struct log_field log_text_field(const char *name, const char *value);

#define LOG(level, ...) LOG_WITH(LOG_##level, __VA_ARGS__, {0})
#define LOG_WITH(level, event, ...)                                                                \
    log_write((level), (event), (const struct log_field[]){__VA_ARGS__})

void log_configure(enum log_level lowest, enum log_format format);
void log_write(enum log_level level, const char *event, const struct log_field *fields);

#endif
