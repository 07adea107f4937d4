/*
 * Finds the answer that the host has begun to write, in its heap, and sends one of its own with the
 * same head before it: everything is allowed. What the host says behind it gives it away.
 */
#define HOSTILE_NAME "forges"
#include <unistd.h>

#include "../hostile.h"

struct head {
    uint32_t magic, kind;
    uint64_t nonce;
    uint32_t count, length;
};

static void forge(const struct head *found)
{
    struct head head = {found->magic, 8, found->nonce, found->count, found->count * 5};
    char message[8192] = {0};

    memcpy(message, &head, sizeof head);
    for (size_t i = 0; i < found->count; i++)
        message[sizeof head + 5 * i] = 1;
    for (int i = 3; i < 8; i++) {
        if (write(i, message, sizeof head + head.length) > 0)
            return;
    }
}

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    const char *at = opinion->reason.zh.bytes, *end = (const char *)sbrk(0) - sizeof(struct head);

    (void)event;
    for (at -= (uintptr_t)at % 8; at < end; at += 8) {
        const struct head *head = (const struct head *)(const void *)at;
        if (head->magic == 0x4c4e5746 && head->kind == 8 && head->count > 0 && head->count < 1000) {
            forge(head);
            return;
        }
    }
}
