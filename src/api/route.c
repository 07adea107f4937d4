#include "api/route.h"

#include <string.h>

#include "api/input.h"
#include "base/ids.h"
#include "people/who.h"

#define SEGMENTS_MOST 8
#define IDS_MOST      2
#define METHODS       (HTTP_OPTIONS + 1)

/* A place in the tree of paths: what may follow, and what is served here. Immutable once compiled.
 */
struct node {
    struct text segment; /* a literal's text */
    struct node *next;   /* its sibling */
    struct node *literals;
    struct node *id, *word; /* the captures */
    const struct route *routes[METHODS];
};

static struct node *root;

/* What a walk through the tree has in its hands. */
struct walk {
    struct text segments[SEGMENTS_MOST];
    size_t count;
    uint64_t ids[IDS_MOST];
    struct text word;
};

/* --- compiling --- */

/* The segment before the next '/', taken off `path`, which begins with one. False at the end. */
static bool next_segment(struct text *path, struct text *segment)
{
    const char *end;

    if (path->length == 0 || path->data[0] != '/')
        return false;
    *segment = (struct text){path->data + 1, path->length - 1};
    end = segment->length ? memchr(segment->data, '/', segment->length) : NULL;
    if (end)
        segment->length = (size_t)(end - segment->data);
    path->data += segment->length + 1;
    path->length -= segment->length + 1;
    return true;
}

static bool text_equal(struct text a, struct text b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static struct node *find_literal(const struct node *node, struct text segment)
{
    struct node *child = node->literals;

    while (child && !text_equal(child->segment, segment))
        child = child->next;
    return child;
}

static struct node *grow(struct node **child)
{
    if (!*child)
        *child = memory_new(sizeof **child);
    return *child;
}

static struct node *grow_literal(struct node *node, struct text segment)
{
    struct node *child = find_literal(node, segment);

    if (child)
        return child;
    child = memory_new(sizeof *child);
    child->segment = segment;
    child->next = node->literals;
    node->literals = child;
    return child;
}

static void compile(const struct route *route)
{
    struct text path = {route->path, strlen(route->path)}, segment;
    struct node *node = root;

    while (next_segment(&path, &segment)) {
        if (text_equal(segment, TEXT("{id}")))
            node = grow(&node->id);
        else if (text_equal(segment, TEXT("{word}")))
            node = grow(&node->word);
        else
            node = grow_literal(node, segment);
    }
    ASSERT(path.length == 0);
    ASSERT(!node->routes[route->method]);
    ASSERT(!route->idempotent || route->who != ANYONE); /* a key belongs to somebody */
    node->routes[route->method] = route;
}

void routes_compile(const struct route *const *tables)
{
    root = memory_new(sizeof *root);
    for (; *tables; tables++) {
        for (const struct route *route = *tables; route->path; route++)
            compile(route);
    }
}

/* --- finding --- */

/* An id as we write them: digits without a leading zero, 1 .. 2^53 - 1. */
static bool id_parse(struct text segment, uint64_t *id)
{
    *id = 0;
    if (segment.length == 0 || segment.length > 16 || segment.data[0] == '0')
        return false;
    for (size_t i = 0; i < segment.length; i++) {
        char c = segment.data[i];

        if (c < '0' || c > '9')
            return false;
        *id = *id * 10 + (uint64_t)(c - '0');
    }
    return *id <= ID_MOST;
}

/* The node that the segments from `at` lead to: literals are preferred to ids, ids to words. */
static const struct node *descend(const struct node *node, struct walk *walk, size_t at, size_t ids)
{
    const struct node *child, *found;
    uint64_t id;

    if (at == walk->count)
        return node;
    child = find_literal(node, walk->segments[at]);
    if (child && (found = descend(child, walk, at + 1, ids)))
        return found;
    if (node->id && ids < IDS_MOST && id_parse(walk->segments[at], &id) &&
        (found = descend(node->id, walk, at + 1, ids + 1))) {
        walk->ids[ids] = id;
        return found;
    }
    if (!node->word || walk->segments[at].length == 0)
        return NULL;
    walk->word = walk->segments[at];
    return descend(node->word, walk, at + 1, ids);
}

/* Segments are decoded after the path was split, so that %2F is no way around a route. */
static bool split(struct walk *walk, struct text path, struct arena *arena)
{
    struct text segment;

    while (next_segment(&path, &segment)) {
        if (walk->count == SEGMENTS_MOST ||
            !percent_decode(segment, false, arena, &walk->segments[walk->count++]))
            return false;
    }
    return path.length == 0;
}

static unsigned methods_of(const struct node *node)
{
    unsigned methods = 0;

    for (unsigned method = 0; method < METHODS; method++) {
        if (node->routes[method])
            methods |= 1U << method;
    }
    if (methods & 1U << HTTP_GET)
        methods |= 1U << HTTP_HEAD;
    return methods;
}

const struct route *route_find(enum http_method method, struct text path, struct arena *arena,
                               uint64_t ids[2], struct text *word, unsigned *allowed)
{
    struct walk walk = {0};
    const struct node *node;

    *allowed = 0;
    if (!split(&walk, path, arena))
        return NULL;
    node = descend(root, &walk, 0, 0);
    if (!node)
        return NULL;
    memcpy(ids, walk.ids, sizeof walk.ids);
    *word = walk.word;
    if (method == HTTP_HEAD && !node->routes[HTTP_HEAD])
        method = HTTP_GET;
    if (!node->routes[method])
        *allowed = methods_of(node);
    return node->routes[method];
}
