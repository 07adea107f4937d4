#include "api/voucher_print.h"

#include <stdio.h>

#include "api/qr.h"
#include "base/clock.h"
#include "base/html.h"
#include "base/json_fields.h"

static const char head[] =
    "<!doctype html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>兑换券</title>\n<style>\n"
    "body { font: 14pt/1.6 'Noto Serif CJK SC', 'Source Han Serif SC', SimSun, serif;"
    " color: #000; margin: 0; }\n"
    "main { width: 120mm; margin: 10mm auto; padding: 8mm; border: 1pt dashed #000; }\n"
    "h1 { font-size: 22pt; margin: 0 0 4mm; }\n"
    "dl { display: grid; grid-template-columns: max-content 1fr; gap: 1mm 5mm; margin: 0; }\n"
    "dt { color: #333; } dd { margin: 0; }\n"
    "svg { display: block; width: 50mm; height: 50mm; margin: 5mm auto 2mm; }\n"
    ".code { font: bold 18pt monospace; text-align: center; white-space: pre-wrap;"
    " overflow-wrap: anywhere; }\n"
    "h2 { font-size: 12pt; text-align: center; margin: 8mm 0 0; }\n"
    ".note { font-size: 11pt; margin: 4mm 0 0; }\n"
    "@media print { @page { margin: 10mm; } main { break-inside: avoid; margin: 0 auto; } }\n"
    "</style>\n</head>\n<body>\n<main>\n";

static void add_entry(struct buffer *page, const char *name, const char *value)
{
    buffer_printf(page, "<dt>%s</dt><dd>", name);
    html_text(page, value);
    buffer_add_text(page, "</dd>\n");
}

/* The last day on which it is good: one that ends at midnight is good until the day before. */
static void add_last_day(struct buffer *page, int64_t expires_us, int offset_minutes)
{
    char day[11];

    calendar_format_day(calendar_day(expires_us - 1, offset_minutes), day);
    add_entry(page, "有效期至", day);
}

static void add_facts(struct buffer *page, const struct redemption_view *view, int offset_minutes)
{
    char points[24], number[24];

    points_format(view->points, points);
    snprintf(number, sizeof number, "%llu", (unsigned long long)view->id);
    buffer_add_text(page, "<h1>");
    html_text(page, view->reward_title);
    buffer_add_text(page, "</h1>\n<dl>\n");
    add_entry(page, "商家", view->merchant_name);
    if (view->reward_shop_name != NULL)
        add_entry(page, "限门店", view->reward_shop_name);
    add_entry(page, "积分", points);
    add_last_day(page, view->expires_us, offset_minutes);
    add_entry(page, "编号", number);
    if (view->redeemer_id != 0) {
        snprintf(number, sizeof number, "%llu", (unsigned long long)view->redeemer_id);
        add_entry(page, "代办工作人员", number);
    }
    buffer_add_text(page, "</dl>\n");
}

/* `scanned` as an image, and `typed` below it. */
static void add_code(struct buffer *page, struct arena *arena, const char *scanned,
                     const char *typed)
{
    struct text image = qr_svg(arena, scanned);

    buffer_add(page, image.data, image.length);
    buffer_add_text(page, "<p class=\"code\">");
    html_text(page, typed);
    buffer_add_text(page, "</p>\n");
}

/* Far enough from each other that a camera sees one. */
static void add_codes(struct buffer *page, struct arena *arena, const struct paper_code *code,
                      const char *merchant_code)
{
    if (merchant_code != NULL) {
        buffer_add_text(page, "<h2>商家券码</h2>\n");
        add_code(page, arena, merchant_code, merchant_code);
        buffer_add_text(page, "<h2>邻里券码</h2>\n");
    }
    add_code(page, arena, code->text, paper_code_for_people(arena, code));
}

struct text voucher_page(struct arena *arena, const struct redemption_view *view,
                         const struct paper_code *code, const char *merchant_code,
                         int offset_minutes)
{
    struct text result;
    struct buffer page = {0};

    buffer_add_text(&page, head);
    add_facts(&page, view, offset_minutes);
    add_codes(&page, arena, code, merchant_code);
    buffer_add_text(&page, "<p class=\"note\">到店出示本券，由店员扫码或输入券码核销。"
                           "一券一次，先到先用，请像现金一样保管。</p>\n"
                           "</main>\n</body>\n</html>\n");
    result = (struct text){arena_copy(arena, page.data, page.length), page.length};
    buffer_free(&page);
    return result;
}
