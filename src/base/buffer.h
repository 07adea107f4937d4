/*
 * A growable run of bytes. Owned by whoever holds the struct; `{0}` is an empty buffer.
 */
#ifndef LINLI_BUFFER_H
#define LINLI_BUFFER_H

#include "base/base.h"

struct buffer {
    char *data; /* NUL-terminated whenever not NULL; the NUL is not counted in length */
    size_t length;
    size_t capacity;
};

void buffer_free(struct buffer *buffer);
void buffer_clear(struct buffer *buffer); /* keeps the memory */
void buffer_add(struct buffer *buffer, const void *data, size_t length);
/* Makes it so much longer. What is new is to be filled before the buffer is used again. */
char *buffer_extend(struct buffer *buffer, size_t length);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_add_char(struct buffer *buffer, char c);
void buffer_printf(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);

/* Fixed binary, big-endian: what is hashed and signed is written with these. */
void buffer_add_u8(struct buffer *buffer, uint8_t value);
void buffer_add_u16(struct buffer *buffer, uint16_t value);
void buffer_add_u32(struct buffer *buffer, uint32_t value);
void buffer_add_u64(struct buffer *buffer, uint64_t value);

/* Reading the same back. A reader that ran out returns zeros and stays `failed`. */
struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};
struct reader reader_of(const void *data, size_t length);
uint8_t read_u8(struct reader *reader);
uint16_t read_u16(struct reader *reader);
uint32_t read_u32(struct reader *reader);
uint64_t read_u64(struct reader *reader);
const uint8_t *read_bytes(struct reader *reader, size_t length); /* NULL when it ran out */

#endif
