#include "api/letters.h"

#include <pango/pangocairo.h>

#include "base/utf8.h"

#define FONT        "monospace bold"
#define SIZE_PIXELS 14
#define BELOW       16 /* rows of white under the last line */

static PangoLayout *lay_out(PangoContext *context, struct arena *arena, const char *text, int width)
{
    PangoFontDescription *font = pango_font_description_from_string(FONT);
    PangoLayout *layout = pango_layout_new(context);

    pango_font_description_set_absolute_size(font, SIZE_PIXELS * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_layout_set_text(layout, utf8_drawable(arena, text), -1);
    pango_layout_set_width(layout, width * PANGO_SCALE);
    pango_layout_set_wrap(layout, PANGO_WRAP_CHAR);
    pango_layout_set_alignment(layout, PANGO_ALIGN_CENTER);
    pango_font_description_free(font);
    return layout;
}

/* What the ink covers is dark. */
static uint8_t *draw(struct arena *arena, PangoLayout *layout, int width, int height)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, width, height);
    cairo_t *cairo = cairo_create(surface);
    uint8_t *grey = arena_take(arena, (size_t)width * (size_t)height), *to = grey;
    const uint8_t *ink;
    int stride;

    pango_cairo_show_layout(cairo, layout);
    cairo_destroy(cairo);
    cairo_surface_flush(surface);
    ink = cairo_image_surface_get_data(surface);
    stride = cairo_image_surface_get_stride(surface);
    ASSERT(ink != NULL);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            *to++ = (uint8_t)(255 - ink[y * stride + x]);
    cairo_surface_destroy(surface);
    return grey;
}

const uint8_t *letters_paint(struct arena *arena, const char *text, int width, int *height)
{
    PangoFontMap *map = pango_cairo_font_map_new(); /* of its own: threads share none */
    PangoContext *context = pango_font_map_create_context(map);
    PangoLayout *layout = lay_out(context, arena, text, width);
    uint8_t *grey;

    pango_layout_get_pixel_size(layout, NULL, height);
    *height += BELOW;
    grey = draw(arena, layout, width, *height);
    g_object_unref(layout);
    g_object_unref(context);
    g_object_unref(map);
    return grey;
}
