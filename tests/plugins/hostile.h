/*
 * A rule that decides as it should until it is asked about HOSTILE_POINTS; then it misbehaves. Each
 * file in hostile/ defines HOSTILE_NAME and how.
 */
#ifndef LINLI_HOSTILE_H
#define LINLI_HOSTILE_H

#include <linli/plugin.h>

#define HOSTILE_POINTS 666

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion);

static void check(const void *state, const struct linli_event *event,
                  const struct linli_facts *facts, struct linli_opinion *opinion)
{
    (void)state, (void)facts;
    if (event->points == HOSTILE_POINTS) {
        misbehave(event, opinion);
        return;
    }
    if (event->points < 1000)
        return;
    linli_decide(opinion, LINLI_FLAG, "many");
    linli_say(&opinion->reason.zh, "多");
    linli_say(&opinion->reason.en, "many");
}

static const struct linli_audit audit = {
    .size = sizeof audit, .events = LINLI_REDEEM, .check = check};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_AUDIT),
    .name = LINLI_TEXT(HOSTILE_NAME),
    .version = LINLI_TEXT("6.6.6"),
    .title_zh = LINLI_TEXT("坏"),
    .title_en = LINLI_TEXT("A hostile rule"),
    .audit = &audit,
};

#endif
