#include "api/paper.h"
#include "api/qr.h"
#include "base/html.h"

static const char style[] =
    "body { font: 18px/1.6 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei',"
    " 'WenQuanYi Micro Hei', sans-serif; color: #1a1a1a; background: #fff; margin: 0; }\n"
    "main { max-width: 180mm; margin: 0 auto; padding: 10mm 6mm; }\n"
    "h1 { font-size: 36px; letter-spacing: .2em; text-align: center; color: #a3221c;"
    " margin: 0; font-weight: 600; }\n"
    "h1 small { display: block; font-size: 17px; letter-spacing: .05em; color: #595959;"
    " font-weight: 400; }\n"
    "h2 { font-size: 22px; margin: 10mm 0 2mm; color: #a3221c; break-after: avoid; }\n"
    "[lang=en] { font-size: 85%; color: #595959; }\n"
    "h2 [lang=en] { font-weight: 400; }\n"
    ".lead { font-size: 21px; border-top: 2px solid #a3221c; padding-top: 5mm; margin: 5mm 0; }\n"
    ".lead [lang=en], .note [lang=en] { display: block; }\n"
    ".verdict { font-size: 24px; text-align: center; padding: 4mm; border-radius: 3mm;"
    " background: #fbe9e7; color: #8a1c16; margin: 6mm 0; }\n"
    ".verdict.good { background: #e6f4ea; color: #14532d; }\n"
    ".verdict [lang=en] { display: block; color: inherit; }\n"
    ".top { display: flex; flex-wrap: wrap; gap: 6mm; align-items: flex-start; }\n"
    "dl { flex: 1 1 90mm; display: grid; grid-template-columns: max-content 1fr;"
    " gap: 2mm 6mm; margin: 0; }\n"
    "dd { margin: 0; font-weight: 600; }\n"
    "figure { margin: 0 auto; text-align: center; break-inside: avoid; }\n"
    "svg { width: 42mm; height: 42mm; }\n"
    "figcaption { font: 600 18px monospace; white-space: nowrap; }\n"
    "table { width: 100%; border-collapse: collapse; }\n"
    "th { text-align: left; background: #f6eeee; font-weight: 600; }\n"
    "th [lang=en] { display: block; font-weight: 400; }\n"
    "th, td { padding: 2mm; border-bottom: 1px solid #ddd; vertical-align: top; }\n"
    ".number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }\n"
    "thead { display: table-header-group; } tr { break-inside: avoid; }\n"
    ".note { font-size: 16px; color: #404040; margin-top: 8mm; }\n"
    "@page { size: A4; margin: 15mm; }\n"
    "@media print { body { font-size: 12pt; } main { max-width: none; padding: 0; }"
    " h1 { font-size: 24pt; } .lead { font-size: 14pt; } .note { font-size: 11pt; }"
    " th, .verdict { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }\n";

static void add_text(struct buffer *page, struct paper_text text)
{
    html_text(page, text.zh);
    if (text.en == NULL)
        return;
    buffer_add_text(page, " <span lang=\"en\">");
    html_text(page, text.en);
    buffer_add_text(page, "</span>");
}

/* An element with both languages, or nothing where there is no text. */
static void add_block(struct buffer *page, const char *begin, struct paper_text text,
                      const char *end)
{
    if (text.zh == NULL)
        return;
    buffer_add_text(page, begin);
    add_text(page, text);
    buffer_add_text(page, end);
}

static void add_head(struct buffer *page, const struct paper *paper)
{
    buffer_add_text(page,
                    "<!doctype html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n"
                    "<meta name=\"viewport\" content=\"width=device-width,"
                    " initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n"
                    "<title>");
    html_text(page, paper->title.zh);
    buffer_printf(page, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<h1>", style);
    html_text(page, paper->title.zh);
    buffer_add_text(page, "<small lang=\"en\">");
    html_text(page, paper->title.en);
    buffer_add_text(page, "</small></h1>\n");
}

static void add_top(struct buffer *page, struct arena *arena, const struct paper *paper)
{
    buffer_add_text(page, "<div class=\"top\">\n<dl>\n");
    for (size_t i = 0; i < paper->fact_count; i++) {
        add_block(page, "<dt>", paper->facts[i].name, "</dt><dd>");
        html_text(page, paper->facts[i].value);
        buffer_add_text(page, "</dd>\n");
    }
    buffer_add_text(page, "</dl>\n");
    if (paper->qr != NULL) {
        struct text image = qr_svg(arena, paper->qr);

        buffer_add_text(page, "<figure>\n");
        buffer_add(page, image.data, image.length);
        buffer_add_text(page, "<figcaption>");
        html_text(page, paper->code);
        buffer_add_text(page, "</figcaption>\n</figure>\n");
    }
    buffer_add_text(page, "</div>\n");
}

static const char *class_of(const struct paper_column *column)
{
    return column->is_number ? " class=\"number\"" : "";
}

static void add_table(struct buffer *page, const struct paper_table *table)
{
    add_block(page, "<h2>", table->title, "</h2>\n<table>\n<thead><tr>");
    for (size_t i = 0; i < table->column_count; i++) {
        buffer_printf(page, "<th%s>", class_of(&table->columns[i]));
        add_text(page, table->columns[i].name);
        buffer_add_text(page, "</th>");
    }
    buffer_add_text(page, "</tr></thead>\n<tbody>\n");
    for (size_t row = 0; row < table->row_count; row++) {
        buffer_add_text(page, "<tr>");
        for (size_t i = 0; i < table->column_count; i++) {
            buffer_printf(page, "<td%s>", class_of(&table->columns[i]));
            add_text(page, table->cells[row * table->column_count + i]);
            buffer_add_text(page, "</td>");
        }
        buffer_add_text(page, "</tr>\n");
    }
    buffer_add_text(page, "</tbody>\n</table>\n");
    add_block(page, "<p class=\"note\">", table->note, "</p>\n");
}

struct text paper_html(struct arena *arena, const struct paper *paper)
{
    struct buffer page = {0};
    struct text result;

    add_head(&page, paper);
    add_block(&page, paper->is_good ? "<p class=\"verdict good\">" : "<p class=\"verdict\">",
              paper->verdict, "</p>\n");
    add_block(&page, "<p class=\"lead\">", paper->lead, "</p>\n");
    add_top(&page, arena, paper);
    add_block(&page, "<p class=\"note\">", paper->note, "</p>\n");
    for (size_t i = 0; i < paper->table_count; i++)
        add_table(&page, &paper->tables[i]);
    buffer_add_text(&page, "</main>\n</body>\n</html>\n");
    result = (struct text){arena_copy(arena, page.data, page.length), page.length};
    buffer_free(&page);
    return result;
}
