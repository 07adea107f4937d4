/*
 * Finds the answer that the host has begun to write, somewhere in its heap, and sends one of its
 * own with the same head before it: everything is allowed. What the host says behind it gives it
 * away.
 */
#define HOSTILE_NAME "forges"
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

#include "../hostile.h"

#define MAGIC   0x4c4e5746
#define ANSWERS 8

struct head {
    uint32_t magic, kind;
    uint64_t nonce;
    uint32_t count, length;
};

static sigjmp_buf beyond;

static void on_end_of_heap(int number)
{
    siglongjmp(beyond, number);
}

static void forge(const struct head *found)
{
    struct head head = {found->magic, found->kind, found->nonce, found->count, found->count * 5};
    char message[8192] = {0};

    memcpy(message, &head, sizeof head);
    for (size_t i = 0; i < found->count; i++)
        message[sizeof head + 5 * i] = 1;
    write(3, message, sizeof head + head.length);
}

/* Downwards, until there is no more heap. */
static const struct head *find(const char *at)
{
    if (sigsetjmp(beyond, 1) != 0)
        return NULL;
    for (;; at -= 8) {
        const struct head *head = (const struct head *)(const void *)at;
        if (head->magic == MAGIC && head->kind == ANSWERS && head->nonce && head->count > 0 &&
            head->count < 1000 && head->length == 0)
            return head;
    }
}

static void misbehave(const struct linli_event *event, struct linli_opinion *opinion)
{
    const char *end = (const char *)sbrk(0) - sizeof(struct head);
    const struct head *head;

    (void)event, (void)opinion;
    signal(SIGSEGV, on_end_of_heap);
    head = find(end - (uintptr_t)end % 8);
    signal(SIGSEGV, SIG_DFL);
    if (head)
        forge(head);
}
