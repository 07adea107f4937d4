#include "cli/erased_list.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define HEAD "# as of "

bool erased_list_print(struct db *db, struct error *error)
{
    struct arena *arena = arena_new();
    int64_t now_us = clock_now_us(); /* before: what is erased meanwhile is on the next list */
    char at[CLOCK_RFC3339_SIZE];
    struct erased *list;
    size_t count;
    bool read = erasure_list(db, 0, arena, &list, &count, error);

    if (read) {
        clock_format(now_us, 0, at);
        printf(HEAD "%s\n", at);
    }
    for (size_t i = 0; read && i < count; i++) {
        clock_format(list[i].at_us, 0, at);
        printf("%" PRIu64 " %s\n", list[i].member_id, at);
    }
    arena_free(arena);
    return read;
}

static void add(struct erased_list *list, size_t *capacity, struct arena *arena, uint64_t member)
{
    if (list->count == *capacity) {
        uint64_t *more = arena_take(arena, 2 * (*capacity + 32) * sizeof(*more));
        for (size_t i = 0; i < list->count; i++)
            more[i] = list->members[i];
        list->members = more;
        *capacity = 2 * (*capacity + 32);
    }
    list->members[list->count++] = member;
}

static bool read_line(struct erased_list *list, size_t *capacity, struct arena *arena,
                      const char *line, struct error *error)
{
    struct text time = {line + strlen(HEAD), strcspn(line + strlen(HEAD), "\r\n")};
    char *end;

    if (strncmp(line, HEAD, strlen(HEAD)) == 0)
        return clock_parse(time, &list->as_of_us) ||
               error_set(error, "erase.list", "no time: %.60s", line);
    if (*line == '#' || *line == '\n')
        return true;
    uint64_t member = strtoull(line, &end, 10);
    if (end == line || member == 0)
        return error_set(error, "erase.list", "no member's id: %.60s", line);
    add(list, capacity, arena, member);
    return true;
}

bool erased_list_read(const char *path, struct arena *arena, struct erased_list *list,
                      struct error *error)
{
    char line[128] = "";
    FILE *file = fopen(path, "r");
    size_t capacity = 0;
    bool good = true;

    *list = (struct erased_list){0};
    if (!file)
        return error_set(error, "erase.list", "%s: %s", path, strerror(errno));
    while (good && fgets(line, sizeof line, file))
        good = read_line(list, &capacity, arena, line, error);
    good = good && (!ferror(file) || error_set(error, "erase.list", "%s cannot be read", path));
    fclose(file);
    return good;
}

bool erased_list_replay(struct db *db, const struct erased_list *list, size_t *erased,
                        struct error *error)
{
    *erased = 0;
    for (size_t i = 0; i < list->count; i++) {
        switch (member_erase_again(db, list->members[i], clock_now_us(), error)) {
        case PEOPLE_DONE: ++*erased; break;
        case PEOPLE_NOT_FOUND: break;
        default: return false;
        }
    }
    return true;
}
