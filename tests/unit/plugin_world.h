/*
 * Plugins of tests/plugins, hosted by this very program: main hands over to plugin_host_main when
 * it is started as a host. In sanitized builds hosts are a program without sanitizers.
 */
#ifndef LINLI_PLUGIN_WORLD_H
#define LINLI_PLUGIN_WORLD_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "plugin/facts.h"
#include "plugin/host_main.h"
#include "plugin/plugins.h"
#include "unit.h"

#define PROGRAM "/proc/self/exe"

static inline struct text read_plugin(struct arena *arena, const char *name)
{
    char path[512];
    struct buffer content = {0};
    char piece[65536];
    size_t length;

    snprintf(path, sizeof path, LINLI_TEST_PLUGINS "/%s.so", name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s is not there", path);
    while ((length = fread(piece, 1, sizeof piece, file)) > 0)
        buffer_add(&content, piece, length);
    fclose(file);
    struct text image = {arena_copy(arena, content.data, content.length), content.length};
    buffer_free(&content);
    return image;
}

#ifdef LINLI_SANITIZED
#define DEADLINE_US (2 * SECOND_US)
#else
#define DEADLINE_US (SECOND_US / 5)
#endif

static inline struct plugin_options test_options(void)
{
    return (struct plugin_options){.allow_unsigned = true,
                                   .trusted_keys = "",
                                   .deadline_us = DEADLINE_US,
                                   .start_us = 3 * SECOND_US,
                                   .memory = 32 << 20,
                                   .recycle = 1000000};
}

static inline struct plugin_call event_of(uint64_t event, int64_t points)
{
    return (struct plugin_call){
        .operation = PLUGIN_CHECK,
        .question.event = {.kind = LINLI_REDEEM, .event = event, .member = 77, .points = points},
    };
}

static const struct fact test_facts[] = {
    {"member.redemptions_24h", FACT_NUMBER, "", FACT_OF_MEMBER, 1U << LINLI_AUDIT, true, "兑换",
     "redemptions in 24 hours"},
    {"member.hours", FACT_NUMBER, "hours", FACT_OF_MEMBER_PERIOD, 1U << LINLI_ASSESSMENT, false,
     "时数", "hours of service"},
    {0},
};
static const struct fact_loader test_loader = {"test", test_facts, NULL, NULL};
static const struct fact_loader *const test_loaders[] = {&test_loader, NULL};

/* Hosts: children of this process, whichever of its threads made them. Fills up to `most`. */
static inline int hosts_of_all(pid_t pids[], int most)
{
    DIR *threads = opendir("/proc/self/task");
    struct dirent *thread;
    int count = 0, pid;

    while ((thread = readdir(threads))) {
        char path[300];
        FILE *file;

        snprintf(path, sizeof path, "/proc/self/task/%s/children", thread->d_name);
        file = thread->d_name[0] == '.' ? NULL : fopen(path, "r");
        while (file && fscanf(file, "%d", &pid) == 1) {
            if (count < most)
                pids[count] = pid;
            count++;
        }
        if (file)
            fclose(file);
    }
    closedir(threads);
    return count;
}

static inline int children(void)
{
    pid_t pids[1];

    return hosts_of_all(pids, 1);
}

/* The host's side of this program; what else main does follows it. */
static inline void be_a_host_if_asked(int argc, char **argv)
{
    crypto_start();
    if (argc > 1 && strcmp(argv[1], "plugin-host") == 0)
        exit(plugin_host_main());
    facts_register(test_loaders);
}

#endif
