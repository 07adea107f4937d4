#include "api/qr.h"

#include <qrencode.h>

#include "base/buffer.h"

#define QUIET_ZONE 4 /* modules, ISO/IEC 18004 */

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
