/*
 * A paper as PDF: laid out by Pango, written by cairo, which embeds of each font what is used. It
 * is laid out twice, first without drawing, to count the pages. Sizes are points.
 */
#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <string.h>

#include "api/paper.h"
#include "api/qr.h"
#include "base/buffer.h"
#include "base/utf8.h"

#define PAGE_WIDTH   595.276 /* A4 */
#define PAGE_HEIGHT  841.89
#define MARGIN       54.0
#define WIDTH        (PAGE_WIDTH - 2 * MARGIN)
#define BOTTOM       (PAGE_HEIGHT - 62.0)
#define QR_SIDE      118.0
#define CELL_PADDING 5.0

/* What is there is taken, the best first; the last lets fontconfig choose. */
static const char families[] = "Noto Sans CJK SC, Source Han Sans SC, WenQuanYi Micro Hei,"
                               " Droid Sans Fallback, sans-serif";

struct colour {
    double red, green, blue;
};
static const struct colour ink = {0.10, 0.10, 0.10}, grey = {0.35, 0.35, 0.35},
                           accent = {0.64, 0.13, 0.11}, tint = {0.965, 0.933, 0.933},
                           line_grey = {0.85, 0.85, 0.85};

struct sheet {
    const struct paper *paper;
    struct arena *arena;
    cairo_t *cairo; /* NULL: only to count the pages */
    PangoContext *context;
    PangoFontDescription *font; /* its size is set for each words */
    double y;                   /* where the next thing goes */
    int page, page_count;       /* count 0: not known yet */
};

/* --- Words ------------------------------------------------------------------------------------ */

struct words {
    const char *text;
    double size, width; /* width 0: on one line */
    struct colour colour;
    PangoAlignment align;
};

static PangoLayout *layout_of(const struct sheet *sheet, const struct words *words)
{
    PangoLayout *layout = pango_layout_new(sheet->context);

    pango_font_description_set_absolute_size(sheet->font, words->size * PANGO_SCALE);
    pango_layout_set_font_description(layout, sheet->font);
    pango_layout_set_text(layout, utf8_drawable(sheet->arena, words->text), -1);
    if (words->width > 0)
        pango_layout_set_width(layout, (int)(words->width * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_alignment(layout, words->align);
    pango_layout_set_line_spacing(layout, 1.25F);
    return layout;
}

struct extent {
    double width, height;
};

static struct extent extent_of(PangoLayout *layout)
{
    int width, height;

    pango_layout_get_size(layout, &width, &height);
    return (struct extent){(double)width / PANGO_SCALE, (double)height / PANGO_SCALE};
}

static double height_of(const struct sheet *sheet, const struct words *words)
{
    PangoLayout *layout = layout_of(sheet, words);
    double height = extent_of(layout).height;

    g_object_unref(layout);
    return height;
}

static void set_colour(const struct sheet *sheet, struct colour colour)
{
    cairo_set_source_rgb(sheet->cairo, colour.red, colour.green, colour.blue);
}

/* Draws and drops it. Returns what it took. */
static struct extent put_layout(const struct sheet *sheet, double x, double y, PangoLayout *layout,
                                struct colour colour)
{
    struct extent extent = extent_of(layout);

    if (sheet->cairo != NULL) {
        set_colour(sheet, colour);
        cairo_move_to(sheet->cairo, x, y);
        pango_cairo_show_layout(sheet->cairo, layout);
    }
    g_object_unref(layout);
    return extent;
}

static struct extent put_words(const struct sheet *sheet, double x, double y,
                               const struct words *words)
{
    return put_layout(sheet, x, y, layout_of(sheet, words), words->colour);
}

static void fill_box(const struct sheet *sheet, double x, double y, double width, double height,
                     struct colour colour)
{
    if (sheet->cairo == NULL)
        return;
    set_colour(sheet, colour);
    cairo_rectangle(sheet->cairo, x, y, width, height);
    cairo_fill(sheet->cairo);
}

/* Below what is there, over the whole width. */
static void add_words(struct sheet *sheet, const struct words *words)
{
    if (words->text == NULL)
        return;
    sheet->y += put_words(sheet, MARGIN, sheet->y, words).height;
}

/* --- Pages ------------------------------------------------------------------------------------ */

static void add_footer(const struct sheet *sheet)
{
    const struct paper *paper = sheet->paper;
    struct words code = {paper->code, 8.5, 0, grey, PANGO_ALIGN_LEFT};
    struct words number = {arena_printf(sheet->arena, "第 %d 页，共 %d 页  Page %d of %d",
                                        sheet->page, sheet->page_count, sheet->page,
                                        sheet->page_count),
                           8.5, WIDTH, grey, PANGO_ALIGN_RIGHT};

    fill_box(sheet, MARGIN, PAGE_HEIGHT - 48, WIDTH, 0.6, line_grey);
    if (paper->code != NULL)
        put_words(sheet, MARGIN, PAGE_HEIGHT - 42, &code);
    put_words(sheet, MARGIN, PAGE_HEIGHT - 42, &number);
}

static void begin_page(struct sheet *sheet)
{
    sheet->page++;
    fill_box(sheet, 0, 0, PAGE_WIDTH, 5, accent);
    add_footer(sheet);
    sheet->y = MARGIN;
}

static void end_page(const struct sheet *sheet)
{
    if (sheet->cairo != NULL)
        cairo_show_page(sheet->cairo);
}

static void need_room(struct sheet *sheet, double height)
{
    if (sheet->y + height <= BOTTOM)
        return;
    end_page(sheet);
    begin_page(sheet);
}

/* --- The top ---------------------------------------------------------------------------------- */

static void add_title(struct sheet *sheet)
{
    const struct paper *paper = sheet->paper;

    sheet->y += 6;
    add_words(sheet, &(struct words){paper->title.zh, 30, WIDTH, accent, PANGO_ALIGN_CENTER});
    add_words(sheet, &(struct words){paper->title.en, 12, WIDTH, grey, PANGO_ALIGN_CENTER});
    sheet->y += 12;
    fill_box(sheet, MARGIN, sheet->y, WIDTH, 1.2, accent);
    sheet->y += 16;
    add_words(sheet, &(struct words){paper->lead.zh, 14.5, WIDTH, ink, PANGO_ALIGN_LEFT});
    sheet->y += 4;
    add_words(sheet, &(struct words){paper->lead.en, 10.5, WIDTH, grey, PANGO_ALIGN_LEFT});
    sheet->y += 18;
}

static void draw_qr(const struct sheet *sheet, double left, double top)
{
    struct qr_modules modules = qr_modules(sheet->arena, sheet->paper->qr);
    double size = QR_SIDE / modules.side;

    if (sheet->cairo == NULL)
        return;
    cairo_set_source_rgb(sheet->cairo, 0, 0, 0);
    for (int y = 0; y < modules.side; y++)
        for (int x = 0; x < modules.side; x++)
            if (modules.dark[y * modules.side + x])
                cairo_rectangle(sheet->cairo, left + x * size, top + y * size, size, size);
    cairo_fill(sheet->cairo);
}

static double add_fact(struct sheet *sheet, const struct paper_fact *fact, double width)
{
    double left = MARGIN + 132;
    struct words value = {fact->value, 12, width - 132, ink, PANGO_ALIGN_LEFT};
    double taken = put_words(sheet, MARGIN, sheet->y,
                             &(struct words){fact->name.zh, 12, 0, grey, PANGO_ALIGN_LEFT})
                       .width;

    put_words(sheet, MARGIN + taken + 5, sheet->y + 3,
              &(struct words){fact->name.en, 8.5, 0, grey, PANGO_ALIGN_LEFT});
    return put_words(sheet, left, sheet->y, &value).height;
}

/* Facts on the left, QR and code on the right. */
static void add_facts(struct sheet *sheet)
{
    const struct paper *paper = sheet->paper;
    double top = sheet->y, below = top, qr_left = MARGIN + WIDTH - QR_SIDE - 14;
    double width = paper->qr != NULL ? qr_left - MARGIN - 24 : WIDTH;

    if (paper->qr != NULL) {
        draw_qr(sheet, qr_left, top + 2);
        put_words(sheet, qr_left - 14, top + QR_SIDE + 8,
                  &(struct words){paper->code, 11, QR_SIDE + 28, ink, PANGO_ALIGN_CENTER});
        below = top + QR_SIDE + 30;
    }
    for (size_t i = 0; i < paper->fact_count; i++)
        sheet->y += add_fact(sheet, &paper->facts[i], width) + 5;
    sheet->y = sheet->y > below ? sheet->y : below;
}

/* --- Tables ----------------------------------------------------------------------------------- */

#define HEAD_HEIGHT 32.0

static void add_table_head(struct sheet *sheet, const struct paper_table *table)
{
    double x = MARGIN;

    fill_box(sheet, MARGIN, sheet->y, WIDTH, HEAD_HEIGHT, tint);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct paper_column *column = &table->columns[i];
        double width = column->share * WIDTH - 2 * CELL_PADDING;
        PangoAlignment align = column->is_number ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT;

        put_words(sheet, x + CELL_PADDING, sheet->y + 4,
                  &(struct words){column->name.zh, 11, width, ink, align});
        put_words(sheet, x + CELL_PADDING, sheet->y + 18,
                  &(struct words){column->name.en, 8, width, grey, align});
        x += column->share * WIDTH;
    }
    sheet->y += HEAD_HEIGHT;
}

static struct words cell_words(const struct sheet *sheet, const struct paper_table *table,
                               size_t row, size_t i)
{
    const struct paper_text *cell = &table->cells[row * table->column_count + i];
    const struct paper_column *column = &table->columns[i];

    return (struct words){
        .text =
            cell->en != NULL ? arena_printf(sheet->arena, "%s  %s", cell->zh, cell->en) : cell->zh,
        .size = 11,
        .width = column->share * WIDTH - 2 * CELL_PADDING,
        .colour = ink,
        .align = column->is_number ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT,
    };
}

static void add_row(struct sheet *sheet, const struct paper_table *table, size_t row)
{
    PangoLayout *cells[PAPER_COLUMNS_MOST];
    double height = 0, x = MARGIN;

    for (size_t i = 0; i < table->column_count; i++) {
        struct words words = cell_words(sheet, table, row, i);
        double cell_height;

        cells[i] = layout_of(sheet, &words);
        cell_height = extent_of(cells[i]).height;
        height = cell_height > height ? cell_height : height;
    }
    height += 2 * 3.5;
    if (sheet->y + height > BOTTOM) {
        need_room(sheet, height);
        add_table_head(sheet, table);
    }
    for (size_t i = 0; i < table->column_count; i++) {
        put_layout(sheet, x + CELL_PADDING, sheet->y + 3.5, cells[i], ink);
        x += table->columns[i].share * WIDTH;
    }
    sheet->y += height;
    fill_box(sheet, MARGIN, sheet->y, WIDTH, 0.5, line_grey);
}

static void add_note(struct sheet *sheet, struct paper_text note)
{
    struct words zh = {note.zh, 10.5, WIDTH, ink, PANGO_ALIGN_LEFT};
    struct words en = {note.en, 9, WIDTH, grey, PANGO_ALIGN_LEFT};

    if (note.zh == NULL)
        return;
    sheet->y += 10;
    need_room(sheet, height_of(sheet, &zh) + height_of(sheet, &en));
    add_words(sheet, &zh);
    add_words(sheet, &en);
}

static void add_table(struct sheet *sheet, const struct paper_table *table)
{
    double taken;

    ASSERT(table->column_count <= PAPER_COLUMNS_MOST);
    sheet->y += 20;
    need_room(sheet, 24 + HEAD_HEIGHT + 2 * 22); /* no title alone at a page's end */
    taken = put_words(sheet, MARGIN, sheet->y,
                      &(struct words){table->title.zh, 14, 0, accent, PANGO_ALIGN_LEFT})
                .width;
    put_words(sheet, MARGIN + taken + 8, sheet->y + 4,
              &(struct words){table->title.en, 10, 0, grey, PANGO_ALIGN_LEFT});
    sheet->y += 24;
    add_table_head(sheet, table);
    for (size_t row = 0; row < table->row_count; row++)
        add_row(sheet, table, row);
    add_note(sheet, table->note);
}

/* --- The whole -------------------------------------------------------------------------------- */

/* Whether somebody who reads Chinese will find characters, not boxes. */
static bool has_chinese(PangoFontMap *map, PangoContext *context)
{
    const gunichar zhi = 0x5FD7; /* 志 */
    PangoFontDescription *wanted = pango_font_description_from_string(families);
    PangoFontset *fonts =
        pango_font_map_load_fontset(map, context, wanted, pango_language_from_string("zh-cn"));
    PangoFont *font = fonts != NULL ? pango_fontset_get_font(fonts, zhi) : NULL;
    bool has = font != NULL && pango_font_has_char(font, zhi);

    g_clear_object(&font);
    g_clear_object(&fonts);
    pango_font_description_free(wanted);
    return has;
}

static cairo_status_t add_bytes(void *closure, const unsigned char *data, unsigned length)
{
    buffer_add(closure, data, length);
    return CAIRO_STATUS_SUCCESS;
}

static void draw(struct sheet *sheet)
{
    const struct paper *paper = sheet->paper;

    begin_page(sheet);
    add_title(sheet);
    add_facts(sheet);
    add_note(sheet, paper->note);
    for (size_t i = 0; i < paper->table_count; i++)
        add_table(sheet, &paper->tables[i]);
    end_page(sheet);
}

/* `sheet` knows the number of pages. */
static bool write_pdf(struct sheet *sheet, struct buffer *pdf, struct error *error)
{
    cairo_surface_t *surface =
        cairo_pdf_surface_create_for_stream(add_bytes, pdf, PAGE_WIDTH, PAGE_HEIGHT);
    cairo_status_t status;

    sheet->cairo = cairo_create(surface);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, sheet->paper->title.zh);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, sheet->paper->made_at);
    draw(sheet);
    status = cairo_status(sheet->cairo);
    cairo_destroy(sheet->cairo);
    cairo_surface_finish(surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    return status == CAIRO_STATUS_SUCCESS ||
           error_set(error, "paper.pdf", "%s", cairo_status_to_string(status));
}

static bool write_counted(struct arena *arena, const struct paper *paper, PangoContext *context,
                          struct text *pdf, struct error *error)
{
    PangoFontDescription *font = pango_font_description_from_string(families);
    struct sheet counted = {.paper = paper, .arena = arena, .context = context, .font = font};
    struct sheet sheet = counted;
    struct buffer bytes = {0};
    bool written;

    draw(&counted);
    sheet.page_count = counted.page;
    written = write_pdf(&sheet, &bytes, error);
    if (written)
        *pdf = (struct text){arena_copy(arena, bytes.data, bytes.length), bytes.length};
    buffer_free(&bytes);
    pango_font_description_free(font);
    return written;
}

/* A font map of its own: what it caches goes with the document. */
bool paper_pdf(struct arena *arena, const struct paper *paper, struct text *pdf,
               struct error *error)
{
    PangoFontMap *map = pango_cairo_font_map_new();
    PangoContext *context = pango_font_map_create_context(map);
    bool made;

    pango_cairo_context_set_resolution(context, 72);
    pango_context_set_language(context, pango_language_from_string("zh-cn"));
    made = has_chinese(map, context)
               ? write_counted(arena, paper, context, pdf, error)
               : error_set(error, "paper.no_font",
                           "no font with Chinese characters: install fonts-wqy-microhei or "
                           "fonts-noto-cjk");
    g_object_unref(context);
    g_object_unref(map);
    return made;
}

bool paper_has_font(void)
{
    PangoFontMap *map = pango_cairo_font_map_new();
    PangoContext *context = pango_font_map_create_context(map);
    bool has = has_chinese(map, context);

    g_object_unref(context);
    g_object_unref(map);
    return has;
}
