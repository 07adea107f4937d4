#include "api/qr.h"

#include <png.h>
#include <qrencode.h>
#include <string.h>

#include "api/letters.h"
#include "base/buffer.h"

#define QUIET_ZONE    4 /* modules, ISO/IEC 18004 */
#define MODULE_PIXELS 8

struct text qr_svg(struct arena *arena, const char *text)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    struct buffer svg = {0};
    struct text result;
    int side;

    ASSERT(code != NULL); /* our codes are far below what a QR code holds */
    side = code->width + 2 * QUIET_ZONE;
    buffer_printf(&svg,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
                  "shape-rendering=\"crispEdges\"><rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>"
                  "<path fill=\"#000\" d=\"",
                  side, side, side, side);
    for (int y = 0; y < code->width; y++)
        for (int x = 0; x < code->width; x++)
            if (code->data[y * code->width + x] & 1)
                buffer_printf(&svg, "M%d %dh1v1h-1z", x + QUIET_ZONE, y + QUIET_ZONE);
    buffer_add_text(&svg, "\"/></svg>\n");
    QRcode_free(code);
    result = (struct text){arena_copy(arena, svg.data, svg.length), svg.length};
    buffer_free(&svg);
    return result;
}

/* --- PNG -------------------------------------------------------------------------------------- */

static bool is_dark(const QRcode *code, int x, int y)
{
    return x >= 0 && y >= 0 && x < code->width && y < code->width &&
           (code->data[y * code->width + x] & 1);
}

static void paint(const QRcode *code, int side, uint8_t *to)
{
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++)
            *to++ = is_dark(code, x / MODULE_PIXELS - QUIET_ZONE, y / MODULE_PIXELS - QUIET_ZONE)
                        ? 0
                        : 255;
}

/* A byte of grey a pixel, `side` a row; the symbol takes as many rows, the letters *below. */
static uint8_t *paint_all(struct arena *arena, const QRcode *code, const char *letters, int side,
                          int *below)
{
    const uint8_t *written = letters ? letters_paint(arena, letters, side, below) : NULL;
    size_t symbol = (size_t)side * (size_t)side, lines = (size_t)side * (size_t)*below;
    uint8_t *pixels = arena_take(arena, symbol + lines);

    paint(code, side, pixels);
    if (written)
        memcpy(pixels + symbol, written, lines);
    return pixels;
}

struct text qr_png(struct arena *arena, const char *text, const char *letters)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    png_image image = {.version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_GRAY};
    png_alloc_size_t size = 0;
    int side, below = 0;
    uint8_t *pixels;
    char *png;

    ASSERT(code != NULL);
    side = (code->width + 2 * QUIET_ZONE) * MODULE_PIXELS;
    pixels = paint_all(arena, code, letters, side, &below);
    image.width = (png_uint_32)side;
    image.height = (png_uint_32)(side + below);
    QRcode_free(code);
    ASSERT(png_image_write_get_memory_size(image, size, 0, pixels, 0, NULL));
    png = arena_take(arena, size);
    ASSERT(png_image_write_to_memory(&image, png, &size, 0, pixels, 0, NULL));
    png_image_free(&image);
    return (struct text){png, size};
}

struct qr_modules qr_modules(struct arena *arena, const char *text)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    size_t count;
    bool *dark;

    ASSERT(code != NULL);
    count = (size_t)code->width * (size_t)code->width;
    dark = arena_take(arena, count * sizeof *dark);
    for (size_t i = 0; i < count; i++)
        dark[i] = code->data[i] & 1;
    struct qr_modules modules = {code->width, dark};
    QRcode_free(code);
    return modules;
}
