#include "base/buffer.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALLEST_CAPACITY 64

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
    if (buffer->data)
        buffer->data[0] = '\0';
}

/* Makes room for `more` bytes and the NUL. */
static void reserve(struct buffer *buffer, size_t more)
{
    size_t needed;

    ASSERT(!__builtin_add_overflow(buffer->length, more, &needed) && needed < SIZE_MAX / 2);
    if (needed < buffer->capacity)
        return;
    size_t capacity = buffer->capacity ? buffer->capacity * 2 : SMALLEST_CAPACITY;
    if (capacity <= needed)
        capacity = needed + 1;
    buffer->data = memory_resize(buffer->data, capacity, 1);
    buffer->capacity = capacity;
}

char *buffer_extend(struct buffer *buffer, size_t length)
{
    char *fresh;

    reserve(buffer, length);
    fresh = buffer->data + buffer->length;
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
    return fresh;
}

void buffer_add(struct buffer *buffer, const void *data, size_t length)
{
    char *fresh = buffer_extend(buffer, length);

    if (length > 0)
        memcpy(fresh, data, length);
}

void buffer_add_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

void buffer_add_char(struct buffer *buffer, char c)
{
    buffer_add(buffer, &c, 1);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments, again;

    va_start(arguments, format);
    va_copy(again, arguments);
    size_t room = buffer->capacity - buffer->length;
    int length = vsnprintf(room ? buffer->data + buffer->length : NULL, room, format, arguments);
    va_end(arguments);
    ASSERT(length >= 0);
    if ((size_t)length >= room) {
        reserve(buffer, (size_t)length);
        vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, again);
    }
    va_end(again);
    buffer->length += (size_t)length;
}

void buffer_add_u8(struct buffer *buffer, uint8_t value)
{
    buffer_add(buffer, &value, sizeof(value));
}

void buffer_add_u16(struct buffer *buffer, uint16_t value)
{
    uint16_t wire = htobe16(value);

    buffer_add(buffer, &wire, sizeof(wire));
}

void buffer_add_u32(struct buffer *buffer, uint32_t value)
{
    uint32_t wire = htobe32(value);

    buffer_add(buffer, &wire, sizeof(wire));
}

void buffer_add_u64(struct buffer *buffer, uint64_t value)
{
    uint64_t wire = htobe64(value);

    buffer_add(buffer, &wire, sizeof(wire));
}

struct reader reader_of(const void *data, size_t length)
{
    return (struct reader){.at = data, .end = length ? (const uint8_t *)data + length : data};
}

const uint8_t *read_bytes(struct reader *reader, size_t length)
{
    const uint8_t *bytes = reader->at;

    if (reader->failed || length > (size_t)(reader->end - reader->at)) {
        reader->failed = true;
        return NULL;
    }
    if (length > 0)
        reader->at += length;
    return bytes;
}

/* `number` stays what it was when the reader ran out. */
static void read_number(struct reader *reader, void *number, size_t size)
{
    const uint8_t *bytes = read_bytes(reader, size);

    if (bytes)
        memcpy(number, bytes, size);
}

uint8_t read_u8(struct reader *reader)
{
    uint8_t value = 0;

    read_number(reader, &value, sizeof value);
    return value;
}

uint16_t read_u16(struct reader *reader)
{
    uint16_t wire = 0;

    read_number(reader, &wire, sizeof wire);
    return be16toh(wire);
}

uint32_t read_u32(struct reader *reader)
{
    uint32_t wire = 0;

    read_number(reader, &wire, sizeof wire);
    return be32toh(wire);
}

uint64_t read_u64(struct reader *reader)
{
    uint64_t wire = 0;

    read_number(reader, &wire, sizeof wire);
    return be64toh(wire);
}
