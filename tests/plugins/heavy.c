/*
 * What a script interpreter does to its host: much memory in small pieces, long jumps, sorting,
 * numbers and times as text, signals of its own. All of it is allowed.
 */
#include <linli/plugin.h>

#include <locale.h>
#include <setjmp.h>
#include <stdlib.h>
#include <time.h>

static jmp_buf way_out;

static int by_value(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static size_t build(size_t count)
{
    struct node {
        struct node *next;
        char text[40];
    } *list = NULL;
    size_t length = 0;

    for (size_t i = 0; i < count; i++) {
        struct node *node = malloc(sizeof *node + i % 512);
        if (!node)
            return 0;
        snprintf(node->text, sizeof node->text, "%.17g %zu", (double)i / 3, i);
        node->next = list;
        list = node;
    }
    while (list) {
        struct node *next = list->next;
        length += strlen(list->text);
        free(list);
        list = next;
    }
    return length;
}

static void check(const void *state, const struct linli_event *event,
                  const struct linli_facts *facts, struct linli_opinion *opinion)
{
    int numbers[3000];
    char text[80];
    time_t at = (time_t)(event->at_us / 1000000);
    struct tm parts;

    (void)state, (void)facts;
    for (int i = 0; i < 3000; i++)
        numbers[i] = i * 7919 % 3000;
    qsort(numbers, 3000, sizeof *numbers, by_value);
    if (setjmp(way_out) == 0)
        longjmp(way_out, 1);
    printf("to nobody %d\n", numbers[7]);
    fflush(stdout);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M %Z", localtime_r(&at, &parts));
    if (build(20000) == 0 || !setlocale(LC_NUMERIC, "C") || strtod("2.5", NULL) < 2)
        return;
    linli_decide(opinion, LINLI_FLAG, "done");
    linli_say(&opinion->reason.zh, "%s", text);
    linli_say(&opinion->reason.en, "%s", text);
}

static const struct linli_audit audit = {sizeof audit, LINLI_REDEEM, check};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_AUDIT),
    .name = LINLI_TEXT("heavy"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("重"),
    .title_en = LINLI_TEXT("A heavy rule"),
    .audit = &audit,
};
