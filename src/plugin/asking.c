#include "plugin/asking.h"

#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "plugin/plugin_figures.h"

#define FAULTS_MOST  3           /* of a plugin in a batch */
#define DEADLINES    4           /* that a host's part of a batch may take in all */
#define EXCUSED_MOST 2           /* deaths in a batch that nobody is to blame for */
#define MEMORY_EVERY 16          /* messages between two looks at a host's memory */
#define MESSAGE_MOST 2048        /* questions of a message */
#define MESSAGE_SIZE (4 << 20)   /* bytes after which it takes no more of them */
#define KEPT_MOST    (256 << 10) /* bytes of a message's room that a host keeps for the next */

/* One host's part of a batch. */
struct asking {
    enum { ASK_NOW, ASK_WAITING, ASK_DONE } state;
    const struct asking_terms *terms;
    struct seat *seat;
    struct arena *arena;
    struct plugin_call **calls; /* those without an answer or a fault, in order */
    uint32_t *guests;           /* whose they are */
    const char **why;           /* an answer cannot be meant */
    size_t count;
    size_t asked;    /* how many of them are in the message: all, or the first */
    bool one_by_one; /* after a broken message, to find who breaks it */
    uint8_t faults[WIRE_PLUGINS_MOST];
    unsigned excused;
    size_t sent; /* of the message: seat->host->out */
    uint64_t nonce;
    int64_t sent_us, deadline_us;
    int64_t worked_us; /* what the host had worked by then */
    int64_t end_us;    /* what has no answer by then is not asked again */
};

/* --- Faults --- */

static void set_fault(struct plugin_call *call, enum plugin_fault fault, int detail)
{
    call->fault = fault;
    call->fault_detail = detail;
    memset(&call->answer, 0, sizeof call->answer);
    figures_fault(fault);
}

/* A plugin that has had its three is not asked the rest. */
static void count_fault(struct asking *asking, uint32_t guest, struct plugin_call *call,
                        const char *why)
{
    asking->terms->note(asking->terms->context, call, why);
    if (asking->faults[guest] < FAULTS_MOST)
        asking->faults[guest]++;
}

static void remove_at(struct asking *asking, size_t index)
{
    size_t behind = --asking->count - index;

    memmove(&asking->calls[index], &asking->calls[index + 1], behind * sizeof *asking->calls);
    memmove(&asking->guests[index], &asking->guests[index + 1], behind * sizeof *asking->guests);
}

static void remove_all_of(struct asking *asking, uint32_t guest, enum plugin_fault fault,
                          int detail)
{
    size_t kept = 0;

    for (size_t i = 0; i < asking->count; i++) {
        if (asking->guests[i] == guest) {
            set_fault(asking->calls[i], fault, detail);
            continue;
        }
        asking->calls[kept] = asking->calls[i];
        asking->guests[kept++] = asking->guests[i];
    }
    asking->count = kept;
}

static void give_up(struct asking *asking, enum plugin_fault fault)
{
    for (size_t i = 0; i < asking->count; i++)
        set_fault(asking->calls[i], fault, 0);
    asking->count = 0;
    asking->state = ASK_DONE;
}

/* The question that the host was at, if it says so and can be believed. */
static bool find_blamed(const struct asking *asking, const struct host_end *end, size_t *index)
{
    *index = end->blame.call;
    return end->blame.stage == BLAME_ASKED && *index < asking->asked &&
           asking->guests[*index] == end->blame.plugin;
}

/*
 * Nobody is blamed for what comes before the first question, nor, once in a batch, for a death that
 * no plugin can have caused, or for a host that was late because it had no processor.
 */
static bool is_excused(struct asking *asking, const struct host_end *end, bool blamed, bool starved)
{
    if (blamed && !((end->from_outside || starved) && asking->excused == 0))
        return false;
    LOG(WARN, "plugin.host_lost", LOG_STR("fault", plugin_fault_name(end->fault)),
        LOG_INT("detail", end->detail), LOG_STR("effect", "a spare one is asked"));
    if (asking->excused++ >= EXCUSED_MOST)
        give_up(asking, FAULT_NOT_THERE);
    return true;
}

/* Whether the host had less than half of its time on a processor. */
static bool is_starved(const struct asking *asking, enum plugin_fault why)
{
    int64_t worked_us = host_worked_us(asking->seat->host) - asking->worked_us;

    return why == FAULT_OVERRAN && worked_us < asking->terms->deadline_us / 2;
}

static void blame_one(struct asking *asking, size_t index, enum plugin_fault fault, int detail,
                      const char *why)
{
    uint32_t guest = asking->guests[index];

    set_fault(asking->calls[index], fault, detail);
    count_fault(asking, guest, asking->calls[index], why);
    remove_at(asking, index);
    if (asking->faults[guest] >= FAULTS_MOST)
        remove_all_of(asking, guest, fault, detail);
}

/* A message that is broken does not say who broke it: each question is asked by itself. */
static bool is_searched(struct asking *asking, enum plugin_fault why)
{
    if (why != FAULT_NONSENSE || asking->asked == 1)
        return false;
    LOG(WARN, "plugin.broken_message", LOG_STR("first", asking->calls[0]->plugin->manifest->name),
        LOG_STR("effect", "its questions are asked one by one"));
    asking->one_by_one = true;
    return true;
}

/* The host is lost: by itself (FAULT_NONE), or because nothing more is wanted of it. */
static void lose_host(struct asking *asking, enum plugin_fault why)
{
    bool starved = is_starved(asking, why);
    struct host_end end = host_end(asking->seat->host, why);
    struct error text = {0};
    size_t index;

    asking->seat->host = NULL;
    asking->state = ASK_NOW;
    if (is_searched(asking, why))
        return;
    bool blamed = find_blamed(asking, &end, &index);
    if (!blamed && why == FAULT_NONSENSE) {
        index = 0; /* the only one */
        blamed = true;
    }
    if (is_excused(asking, &end, blamed, starved))
        return;
    if (why == FAULT_NONSENSE)
        error_set(&text, "plugin.nonsense", "it wrote to the host's channel");
    else
        host_end_describe(&end, &text);
    blame_one(asking, index, end.fault, end.detail, text.detail);
}

/* --- Sending --- */

/* As many questions as a message may have. */
static void encode(struct asking *asking)
{
    struct buffer *out = &asking->seat->host->out;
    size_t most = asking->one_by_one ? 1 : MESSAGE_MOST;

    most = asking->count < most ? asking->count : most;
    crypto_random(&asking->nonce, sizeof asking->nonce);
    wire_begin(out, WIRE_ASK, asking->nonce, 0);
    for (asking->asked = 0; asking->asked < most && out->length < MESSAGE_SIZE; asking->asked++) {
        uint32_t guest = asking->guests[asking->asked];
        wire_put_question(out, guest, asking->calls[asking->asked],
                          &asking->seat->crew->members[guest].pseudonyms);
    }
    wire_set_count(out, (uint32_t)asking->asked);
    wire_end(out);
    asking->sent = 0;
}

/* The host at the seat, or a spare, which may still come up. */
static bool bring_up(struct asking *asking, int64_t deadline_us)
{
    struct seat *seat = asking->seat;
    struct host_report report = {0};
    struct error error = {0};

    if (!seat->host)
        seat->host = crew_take(seat->crew, deadline_us);
    if (!seat->host)
        return false;
    if (seat->host->ready || host_await(seat->host, &seat->crew->plan, WIRE_READY, deadline_us,
                                        asking->arena, &report, &error))
        return true;
    LOG(WARN, "plugin.host_not_up", LOG_STR("detail", error.detail));
    host_end(seat->host, FAULT_NOT_THERE);
    seat->host = NULL;
    return false;
}

static bool have_host(struct asking *asking)
{
    int64_t deadline_us = clock_monotonic_us() + asking->terms->start_us;

    while (!bring_up(asking, deadline_us)) {
        if (asking->excused++ >= EXCUSED_MOST || clock_monotonic_us() >= deadline_us)
            return false;
    }
    return true;
}

/* What one host takes too long over altogether is not asked again: the first that waits is named.
 */
static bool is_out_of_time(struct asking *asking)
{
    struct plugin_call *first = asking->calls[0];

    if (asking->end_us == 0 || clock_monotonic_us() <= asking->end_us)
        return false;
    give_up(asking, FAULT_OVERRAN);
    asking->terms->note(asking->terms->context, first, "its batch took too long");
    return true;
}

static void send_questions(struct asking *asking)
{
    if (asking->count == 0) {
        asking->state = ASK_DONE;
        return;
    }
    if (is_out_of_time(asking))
        return;
    if (!have_host(asking)) {
        give_up(asking, FAULT_NOT_THERE);
        return;
    }
    encode(asking);
    asking->worked_us = host_worked_us(asking->seat->host);
    asking->sent_us = clock_monotonic_us();
    if (asking->end_us == 0)
        asking->end_us = asking->sent_us + DEADLINES * asking->terms->deadline_us;
    asking->deadline_us = asking->sent_us + asking->terms->deadline_us;
    asking->state = ASK_WAITING;
    if (!host_send(asking->seat->host, &asking->seat->host->out, &asking->sent))
        lose_host(asking, FAULT_NONE);
}

/* --- Receiving --- */

/* False: the message is broken as a whole, and nothing in it counts. */
static bool read_answers(struct asking *asking, int64_t took_us, bool *sense)
{
    const struct host *host = asking->seat->host;
    struct text body = host_body(host);
    struct reader reader = reader_of(body.data, body.length);
    struct error why = {0};

    if (host->head.kind != WIRE_ANSWERS || host->head.nonce != asking->nonce ||
        host->head.count != asking->asked)
        return false;
    *sense = true;
    for (size_t i = 0; i < asking->asked; i++) {
        struct plugin_call *call = asking->calls[i];

        if (!wire_take_answer(&reader, call, asking->arena, &why))
            return false;
        call->took_us = took_us / (int64_t)asking->asked;
        if (call->fault == FAULT_NONE)
            continue;
        asking->why[i] = arena_printf(asking->arena, "%s", why.detail);
        *sense = false;
    }
    return reader.at == reader.end && host_said_it(host, asking->deadline_us);
}

/* Once the message is known to be whole: each answer in it that cannot be meant. */
static void note_nonsense(struct asking *asking)
{
    for (size_t i = 0; i < asking->asked; i++) {
        if (asking->calls[i]->fault == FAULT_NONE)
            continue;
        set_fault(asking->calls[i], FAULT_NONSENSE, 0);
        count_fault(asking, asking->guests[i], asking->calls[i], asking->why[i]);
    }
}

/* A host that has served long, or has grown, makes place for a fresh one. */
static bool is_worn(const struct asking *asking, const struct host *host)
{
    return host->calls >= (uint64_t)asking->terms->recycle ||
           (host->messages % MEMORY_EVERY == 0 && host_memory(host) > asking->terms->memory);
}

static void take_message(struct asking *asking)
{
    struct host *host = asking->seat->host;
    int64_t took_us = clock_monotonic_us() - asking->sent_us;
    bool sense;

    if (!read_answers(asking, took_us, &sense)) {
        lose_host(asking, host_has_hung_up(host) ? FAULT_NONE : FAULT_NONSENSE);
        return;
    }
    figures_message(took_us);
    if (!sense)
        note_nonsense(asking);
    host_next(host);
    if (host->out.capacity > KEPT_MOST)
        buffer_free(&host->out);
    host->calls += asking->asked;
    host->messages++;
    if (is_worn(asking, host)) {
        spawner_retire(asking->seat->crew->spawner, host);
        asking->seat->host = NULL;
    }
    asking->count -= asking->asked;
    asking->calls += asking->asked;
    asking->guests += asking->asked;
    if (!asking->one_by_one)
        asking->end_us = 0;  /* each message has its time */
    asking->state = ASK_NOW; /* the next, or the end */
}

static void go_on(struct asking *asking)
{
    switch (host_receive(asking->seat->host)) {
    case HOST_MESSAGE: take_message(asking); return;
    case HOST_GONE: lose_host(asking, FAULT_NONE); return;
    case HOST_BABBLES: lose_host(asking, FAULT_NONSENSE); return;
    case HOST_QUIET: break;
    }
    if (clock_monotonic_us() >= asking->deadline_us)
        lose_host(asking, FAULT_OVERRAN);
    else if (!host_send(asking->seat->host, &asking->seat->host->out, &asking->sent))
        lose_host(asking, FAULT_NONE);
}

/* --- All of them --- */

/* Waits until one of those that wait has news or is out of time, and goes on with each such. */
static void go_on_with_any(struct asking *askings, size_t count, struct pollfd *polls)
{
    int64_t deadline_us = INT64_MAX;
    bool late;

    for (size_t i = 0; i < count; i++) {
        const struct asking *asking = &askings[i];

        polls[i] = (struct pollfd){.fd = -1}; /* passed over */
        if (asking->state != ASK_WAITING)
            continue;
        bool all_sent = asking->sent == asking->seat->host->out.length;
        polls[i].fd = asking->seat->host->channel;
        polls[i].events = all_sent ? POLLIN : POLLIN | POLLOUT;
        deadline_us = asking->deadline_us < deadline_us ? asking->deadline_us : deadline_us;
    }
    if (deadline_us == INT64_MAX)
        return;
    int64_t left_us = deadline_us - clock_monotonic_us();
    poll(polls, count, left_us > 0 ? (int)((left_us + 999) / 1000) : 0);
    late = clock_monotonic_us() >= deadline_us;
    for (size_t i = 0; i < count; i++) {
        if (polls[i].fd >= 0 && (polls[i].revents || late))
            go_on(&askings[i]);
    }
}

static bool is_anything_left(const struct asking *askings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (askings[i].state != ASK_DONE)
            return true;
    }
    return false;
}

/* Each host's part has room for what it is asked. */
static struct asking *askings_new(struct seat *seats, size_t seat_count,
                                  const struct asking_terms *terms, const struct place *places,
                                  size_t count, struct arena *arena)
{
    struct asking *askings = arena_take(arena, (seat_count + 1) * sizeof *askings);

    for (size_t i = 0; i < count; i++) {
        if (places[i].seat)
            askings[places[i].seat - seats].count++;
    }
    for (size_t i = 0; i < seat_count; i++) {
        size_t most = askings[i].count;
        askings[i] = (struct asking){.terms = terms,
                                     .seat = &seats[i],
                                     .arena = arena,
                                     .calls = arena_take(arena, most * sizeof(void *)),
                                     .guests = arena_take(arena, most * sizeof(uint32_t)),
                                     .why = arena_take(arena, most * sizeof(char *))};
    }
    return askings;
}

static void deal_out(struct asking *askings, struct seat *seats, struct plugin_call *calls,
                     const struct place *places, size_t count)
{
    size_t of_operation[PLUGIN_STEP + 1] = {0};

    for (size_t i = 0; i < count; i++) {
        if (!places[i].seat) {
            set_fault(&calls[i], FAULT_NOT_THERE, 0);
            continue;
        }
        struct asking *asking = &askings[places[i].seat - seats];
        calls[i].fault = FAULT_NONE;
        calls[i].fault_detail = 0;
        asking->calls[asking->count] = &calls[i];
        asking->guests[asking->count++] = places[i].guest;
        of_operation[calls[i].operation]++;
    }
    for (int operation = PLUGIN_CHECK; operation <= PLUGIN_STEP; operation++)
        figures_questions((enum plugin_operation)operation, of_operation[operation]);
}

void seats_ask(struct seat *seats, size_t seat_count, const struct asking_terms *terms,
               struct plugin_call *calls, const struct place *places, size_t count,
               struct arena *arena)
{
    struct asking *askings = askings_new(seats, seat_count, terms, places, count, arena);
    struct pollfd *polls = arena_take(arena, (seat_count + 1) * sizeof *polls);

    deal_out(askings, seats, calls, places, count);
    while (is_anything_left(askings, seat_count)) {
        for (size_t i = 0; i < seat_count; i++) {
            if (askings[i].state == ASK_NOW)
                send_questions(&askings[i]);
        }
        go_on_with_any(askings, seat_count, polls);
    }
}
