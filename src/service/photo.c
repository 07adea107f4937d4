#include "service/photo.h"

#include <string.h>

static bool side_fits(uint32_t side)
{
    return side > 0 && side <= PHOTO_SIDE_MOST;
}

/* --- JPEG ------------------------------------------------------------------------------------ */

/* Markers of ITU T.81, table B.1. */
enum {
    MARKER_SOF0 = 0xc0,
    MARKER_DHT = 0xc4,
    MARKER_JPG = 0xc8,
    MARKER_DAC = 0xcc,
    MARKER_SOF15 = 0xcf,
    MARKER_RST0 = 0xd0,
    MARKER_RST7 = 0xd7,
    MARKER_EOI = 0xd9,
    MARKER_SOS = 0xda,
    MARKER_APP0 = 0xe0,
    MARKER_APP14 = 0xee,
    MARKER_APP15 = 0xef,
    MARKER_COM = 0xfe,
};
#define JFIF_LENGTH 16 /* of an APP0 without a thumbnail */

static bool is_frame(uint8_t marker)
{
    return marker >= MARKER_SOF0 && marker <= MARKER_SOF15 && marker != MARKER_DHT &&
           marker != MARKER_JPG && marker != MARKER_DAC;
}

/* Applications may write what they like into APPn; only two of them matter for the picture: the
 * pixels' shape (JFIF) and the colour transform (Adobe's). */
static bool is_kept(uint8_t marker, const uint8_t *data, uint16_t length)
{
    if (marker == MARKER_COM)
        return false;
    if (marker < MARKER_APP0 || marker > MARKER_APP15)
        return true;
    if (marker == MARKER_APP0)
        return length == JFIF_LENGTH && memcmp(data, "JFIF", 5) == 0;
    return marker == MARKER_APP14 && length >= 14 && memcmp(data, "Adobe", 5) == 0;
}

/* The next marker, or 0 when there is none: any number of 0xff, then its byte. */
static uint8_t read_marker(struct reader *reader)
{
    uint8_t byte = read_u8(reader);

    if (byte != 0xff)
        return 0;
    while (byte == 0xff && !reader->failed)
        byte = read_u8(reader);
    return byte;
}

/* The coded picture, up to the marker that ends it, which is left to be read. */
static bool copy_scan(struct reader *reader, struct buffer *clean)
{
    for (const uint8_t *at = reader->at; at + 1 < reader->end; at++) {
        if (at[0] != 0xff || at[1] == 0 || (at[1] >= MARKER_RST0 && at[1] <= MARKER_RST7))
            continue;
        buffer_add(clean, reader->at, (size_t)(at - reader->at));
        reader->at = at;
        return true;
    }
    return false;
}

/* A segment with its length and data. False when it is cut off, or its frame is too large. */
static bool copy_segment(struct reader *reader, uint8_t marker, struct buffer *clean)
{
    uint16_t length = read_u16(reader); /* counts itself */
    const uint8_t *data = length >= 2 ? read_bytes(reader, length - 2u) : NULL;

    if (data == NULL)
        return false;
    if (is_frame(marker) && (length < 8 || !side_fits((uint32_t)data[1] << 8 | data[2]) ||
                             !side_fits((uint32_t)data[3] << 8 | data[4])))
        return false;
    if (!is_kept(marker, data, length))
        return true;
    buffer_add_u8(clean, 0xff);
    buffer_add_u8(clean, marker);
    buffer_add_u16(clean, length);
    buffer_add(clean, data, length - 2u);
    return true;
}

static bool clean_jpeg(struct reader *reader, struct buffer *clean)
{
    bool has_frame = false, has_scan = false;

    buffer_add_u16(clean, read_u16(reader)); /* SOI */
    for (;;) {
        uint8_t marker = read_marker(reader);

        if (marker == MARKER_EOI) {
            buffer_add_u16(clean, 0xff00 | MARKER_EOI);
            return has_frame && has_scan;
        }
        if (marker < MARKER_SOF0 || (marker >= MARKER_RST0 && marker < MARKER_EOI))
            return false;
        if (!copy_segment(reader, marker, clean))
            return false;
        has_frame |= is_frame(marker);
        if (marker == MARKER_SOS && (!has_frame || !copy_scan(reader, clean)))
            return false;
        has_scan |= marker == MARKER_SOS;
    }
}

/* --- PNG ------------------------------------------------------------------------------------- */

#define PNG_SIGNATURE "\x89PNG\r\n\x1a\n"
#define IHDR_LENGTH   13

/* Not eXIf, tEXt, zTXt, iTXt, tIME, iCCP (which has a name), nor what nobody knows. */
static bool is_picture_chunk(const uint8_t type[4])
{
    static const char kept[][5] = {"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA",
                                   "cHRM", "sRGB", "pHYs", "sBIT", "bKGD"};

    for (size_t i = 0; i < ARRAY_LENGTH(kept); i++)
        if (memcmp(type, kept[i], 4) == 0)
            return true;
    return false;
}

static uint32_t u32_at(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool clean_png(struct reader *reader, struct buffer *clean)
{
    bool has_header = false, has_data = false;

    buffer_add(clean, read_bytes(reader, 8), 8);
    for (;;) {
        uint32_t length = read_u32(reader);
        const uint8_t *type = read_bytes(reader, 4);
        const uint8_t *data = read_bytes(reader, (size_t)length + 4); /* with its CRC */

        if (reader->failed || type == NULL || data == NULL)
            return false;
        if (!has_header && (memcmp(type, "IHDR", 4) != 0 || length != IHDR_LENGTH ||
                            !side_fits(u32_at(data)) || !side_fits(u32_at(data + 4))))
            return false;
        has_header = true;
        has_data |= memcmp(type, "IDAT", 4) == 0;
        if (is_picture_chunk(type)) {
            buffer_add_u32(clean, length);
            buffer_add(clean, type, 4);
            buffer_add(clean, data, (size_t)length + 4);
        }
        if (memcmp(type, "IEND", 4) == 0)
            return has_data;
    }
}

const char *photo_clean(struct text photo, struct buffer *clean)
{
    struct reader reader = reader_of(photo.data, photo.length);

    ASSERT(clean->length == 0);
    if (photo.length > 8 && memcmp(photo.data, PNG_SIGNATURE, 8) == 0 && clean_png(&reader, clean))
        return "image/png";
    if (photo.length > 3 && memcmp(photo.data, "\xff\xd8\xff", 3) == 0 &&
        clean_jpeg(&reader, clean))
        return "image/jpeg";
    buffer_clear(clean);
    return NULL;
}
