#include "plugin/host_main.h"

#include <dlfcn.h>
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "plugin/sandbox.h"
#include "plugin/wire.h"

/* Statuses that the server sees when there is no other way to tell it. */
enum { ENDED = 0, NO_CHANNEL = 70, BROKEN_MESSAGE = 71 };

#define ALT_STACK   (64 * 1024)
#define PAGE_SIZE_4 4096

/* One plugin of this process. */
struct guest {
    struct linli_plugin plugin; /* as this build knows it */
    bool is_loaded, is_started;
    void *state;
};

struct host_process {
    struct wire_order order;
    struct guest guests[WIRE_PLUGINS_MOST];
    struct sandbox *sandbox;
    struct arena *arena;
    struct wire_rooms *rooms;
    struct buffer out;
    /* The question at hand: mapped, so that it can be made read-only while plugins look at it. */
    char *in;
    size_t in_size;
    struct linli_value *values; /* of the settings, for start */
};

static volatile struct blame *page;
static size_t last_memory; /* a piece of memory that must be there, or there is none left */

/* --- The channel --- */

static void read_all(void *out, size_t length)
{
    for (char *at = out; length > 0;) {
        ssize_t got = read(WIRE_CHANNEL_FD, at, length);

        if (got == 0)
            _exit(ENDED); /* the server hung up, or is no more */
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            _exit(NO_CHANNEL);
        at += got;
        length -= (size_t)got;
    }
}

static void write_all(const char *data, size_t length)
{
    while (length > 0) {
        ssize_t put = write(WIRE_CHANNEL_FD, data, length);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            _exit(NO_CHANNEL);
        data += put;
        length -= (size_t)put;
    }
}

/* The server counts: bytes that come and are not told here are somebody else's. */
static void send_out(struct host_process *host)
{
    wire_end(&host->out);
    write_all(host->out.data, host->out.length);
    __atomic_store_n(&page->written, page->written + host->out.length, __ATOMIC_RELEASE);
}

static void tell(struct host_process *host, enum wire_kind kind, size_t about, enum wire_told told,
                 const char *text)
{
    wire_begin(&host->out, kind, 0, (uint32_t)about);
    buffer_add_char(&host->out, (char)told);
    buffer_add_text(&host->out, text);
    send_out(host);
}

/* Room for a message, kept for the next. */
static void make_room(struct host_process *host, size_t length)
{
    size_t size = (length | (PAGE_SIZE_4 - 1)) + 1;

    if (size <= host->in_size)
        return;
    if (host->in)
        munmap(host->in, host->in_size);
    host->in = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (host->in == MAP_FAILED)
        _exit(NO_CHANNEL);
    host->in_size = size;
}

static struct wire_head read_message(struct host_process *host)
{
    struct wire_head head;

    read_all(&head, sizeof head);
    if (head.magic != WIRE_MAGIC || head.length > WIRE_FRAME_MOST)
        _exit(BROKEN_MESSAGE);
    make_room(host, head.length);
    read_all(host->in, head.length);
    return head;
}

static void blame(enum blame_stage stage, size_t plugin, size_t call)
{
    page->plugin = (uint32_t)plugin;
    page->call = (uint32_t)call;
    page->stage = (uint32_t)stage;
}

/* --- Before any plugin --- */

/*
 * On the way to its end: could it have had more memory? Then the signal comes again, as it was.
 * The server tells a crash from a plugin that took more than it may by this.
 */
static void on_signal(int number)
{
    void *piece =
        mmap(NULL, last_memory, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)number; /* SA_RESETHAND: what faulted faults again, abort goes on */
    if (piece == MAP_FAILED)
        page->memory = 1;
    else
        munmap(piece, last_memory);
}

static void watch_signals(void)
{
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE};
    const stack_t stack = {.ss_sp = memory_new(ALT_STACK), .ss_size = ALT_STACK};
    struct sigaction action = {.sa_handler = on_signal,
                               .sa_flags = (int)(SA_RESETHAND | SA_ONSTACK | SA_NODEFER)};

    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(deadly); i++)
        sigaction(deadly[i], &action, NULL);
}

/* What libc would open later, when nothing can be opened any more. */
static void prepare_libc(void)
{
    clearenv();
    setenv("TZ", "UTC0", 1);
    tzset();
    setlocale(LC_CTYPE, "C.UTF-8");
    dlopen("libgcc_s.so.1", RTLD_NOW | RTLD_GLOBAL); /* for exceptions; not there: none */
}

static bool map_page(void)
{
    page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, WIRE_PAGE_FD, 0);
    return page != MAP_FAILED;
}

static bool enter(struct host_process *host, struct error *error)
{
    const struct sandbox_wishes wishes = {
        .memory = host->order.memory,
        .channel = WIRE_CHANNEL_FD,
        .first_image = WIRE_IMAGE_FD,
        .images = host->order.plugins,
        .landlock_needed = host->order.landlock != 0,
        .server = (int)host->order.server,
    };

    last_memory = (size_t)host->order.memory / 8;
    watch_signals();
    return sandbox_enter(&wishes, &host->sandbox, error);
}

/* --- Loading --- */

static bool open_image(size_t index, const struct linli_plugin **plugin, struct error *error)
{
    char path[40];
    void *library;

    snprintf(path, sizeof path, "/proc/self/fd/%d", WIRE_IMAGE_FD + (int)index);
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return error_set(error, "plugin.load", "it cannot be loaded: %s", dlerror());
    *plugin = dlsym(library, "linli_plugin");
    return *plugin || error_set(error, "plugin.symbol",
                                "it exports no `linli_plugin`: declare it with LINLI_EXPORT");
}

static void load(struct host_process *host, size_t index)
{
    struct guest *guest = &host->guests[index];
    const struct linli_plugin *plugin = NULL;
    struct error error = {0};
    struct manifest manifest = {0};
    char *json = NULL;

    blame(BLAME_LOADING, index, 0);
    guest->is_loaded = open_image(index, &plugin, &error) &&
                       describe_plugin(plugin, &guest->plugin, host->arena, &manifest, &error);
    if (guest->is_loaded && (host->order.described & UINT64_C(1) << index)) {
        json_t *object = manifest_to_json(&manifest);
        json = json_dumps(object, JSON_COMPACT);
        json_decref(object);
    }
    if (guest->is_loaded)
        tell(host, WIRE_LOADED, index, WIRE_FINE, json ? json : "");
    else
        tell(host, WIRE_LOADED, index, WIRE_REFUSED, error.detail);
    free(json);
    blame(BLAME_NOBODY, 0, 0);
}

/* --- Starting --- */

/* Settings live as long as the process: a plugin may keep what it was given. */
static const struct linli_value *keep(struct host_process *host, const struct wire_question *given)
{
    struct linli_value *kept =
        arena_take(host->arena, (given->value_count + 1) * sizeof(struct linli_value));

    for (size_t i = 0; i < given->value_count; i++) {
        struct linli_text text = given->values[i].text;

        kept[i] = given->values[i];
        kept[i].text.bytes = arena_copy(host->arena, text.bytes, text.length);
    }
    return kept;
}

static void start(struct host_process *host, const struct wire_question *given)
{
    struct guest *guest = &host->guests[given->plugin];
    char bytes[WIRE_WHY_MOST + 1] = "";
    struct linli_room why = {bytes, WIRE_WHY_MOST, 0};
    const struct linli_setup setup = {sizeof setup, given->value_count, keep(host, given), &why};

    if (!guest->is_loaded)
        return;
    blame(BLAME_STARTING, given->plugin, 0);
    guest->is_started = !guest->plugin.start || guest->plugin.start(&setup, &guest->state);
    blame(BLAME_NOBODY, 0, 0);
    bytes[why.length <= WIRE_WHY_MOST ? why.length : 0] = '\0';
    if (guest->is_started)
        tell(host, WIRE_STARTED, given->plugin, WIRE_FINE, "");
    else
        tell(host, WIRE_STARTED, given->plugin, WIRE_REFUSED,
             bytes[0] ? bytes : "its start said no, without a reason");
}

static void start_all(struct host_process *host)
{
    struct wire_head head = read_message(host);
    struct wire_question given;
    char *at = host->in;

    if (head.kind != WIRE_START)
        _exit(BROKEN_MESSAGE);
    for (uint32_t i = 0; i < head.count; i++) {
        if (!wire_take_question(&at, host->in + head.length, &given) ||
            given.plugin >= host->order.plugins)
            _exit(BROKEN_MESSAGE);
        start(host, &given);
    }
}

/* --- Asking --- */

static void ask(const struct guest *guest, const struct wire_question *question,
                union wire_answer *answer)
{
    const struct linli_facts facts = {question->values, question->value_count};
    const struct linli_plugin *plugin = &guest->plugin;

    switch (question->operation) {
    case PLUGIN_CHECK:
        plugin->audit->check(guest->state, question->question, &facts, &answer->opinion);
        return;
    case PLUGIN_AWARD:
        plugin->assessment->award(guest->state, question->question, &facts, &answer->award);
        return;
    case PLUGIN_RATE:
        plugin->assessment->rate(guest->state, question->question, &facts, &answer->rating);
        return;
    case PLUGIN_STEP:
        plugin->merchant->step(guest->state, question->question, &facts, &answer->step);
        return;
    }
}

/* The pointers of all questions are set first: plugins find the whole message read-only. */
static struct wire_question *take_questions(struct host_process *host, const struct wire_head *head)
{
    static struct wire_question *questions;
    static size_t capacity;
    char *at = host->in;

    if (head->count > capacity) {
        questions = memory_resize(questions, head->count, sizeof *questions);
        capacity = head->count;
    }
    for (uint32_t i = 0; i < head->count; i++) {
        if (!wire_take_question(&at, host->in + head->length, &questions[i]) ||
            questions[i].plugin >= host->order.plugins || !questions[i].operation)
            _exit(BROKEN_MESSAGE);
    }
    return questions;
}

static void answer_all(struct host_process *host, const struct wire_head *head)
{
    struct wire_question *questions = take_questions(host, head);
    union wire_answer answer;

    mprotect(host->in, host->in_size, PROT_READ);
    wire_begin(&host->out, WIRE_ANSWERS, head->nonce, head->count);
    for (uint32_t i = 0; i < head->count; i++) {
        wire_rooms_clear(host->rooms, questions[i].operation, &answer);
        blame(BLAME_ASKED, questions[i].plugin, i);
        ask(&host->guests[questions[i].plugin], &questions[i], &answer);
        wire_put_answer(&host->out, questions[i].operation, &answer, host->rooms);
    }
    blame(BLAME_NOBODY, 0, 0);
    send_out(host);
    mprotect(host->in, host->in_size, PROT_READ | PROT_WRITE);
}

static void serve(struct host_process *host)
{
    for (;;) {
        struct wire_head head = read_message(host);

        if (head.kind != WIRE_ASK)
            _exit(BROKEN_MESSAGE);
        answer_all(host, &head);
    }
}

/* --- The process --- */

static bool read_order(struct host_process *host, struct error *error)
{
    struct wire_head head = read_message(host);

    if (head.kind != WIRE_ORDER || head.length != sizeof host->order)
        _exit(BROKEN_MESSAGE);
    memcpy(&host->order, host->in, sizeof host->order);
    if (host->order.version != wire_version())
        return error_set(error, "plugin.version",
                         "the program was replaced while the server ran: restart the server");
    return host->order.plugins <= WIRE_PLUGINS_MOST && host->order.memory > 0;
}

int plugin_host_main(void)
{
    struct host_process *host = memory_new(sizeof *host);
    struct error error = {0};

    host->arena = arena_new();
    host->rooms = wire_rooms_new();
    prepare_libc();
    if (!map_page()) {
        fputs("linli plugin-host: the server starts it, with what it needs\n", stderr);
        return NO_CHANNEL;
    }
    if (!read_order(host, &error) || !enter(host, &error)) {
        tell(host, WIRE_SANDBOXED, 0, WIRE_REFUSED, error.detail);
        return NO_CHANNEL;
    }
    tell(host, WIRE_SANDBOXED, 0, WIRE_FINE, "");
    for (size_t i = 0; i < host->order.plugins; i++) {
        if (!(host->order.left_out & UINT64_C(1) << i))
            load(host, i);
    }
    start_all(host);
    if (!sandbox_close(host->sandbox, &error)) {
        tell(host, WIRE_READY, 0, WIRE_REFUSED, error.detail);
        return NO_CHANNEL;
    }
    tell(host, WIRE_READY, 0, WIRE_FINE, "");
    serve(host);
    return ENDED;
}
