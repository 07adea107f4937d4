/*
 * The wire between the server and a plugin host: frames over one stream socket, and a page that
 * both have mapped. Server and host are the same program on the same machine, so numbers travel as
 * they lie in memory on the way out. On the way back nothing is believed: the host's process is the
 * plugin's, which may write there what it likes. Every answer is read bounds-checked and held
 * against what its kind may say.
 */
#ifndef LINLI_WIRE_H
#define LINLI_WIRE_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buffer.h"
#include "plugin/plugins.h"
#include "plugin/pseudonyms.h"

/* Where a fresh host finds what it needs. Images follow, in the order of its plugins. */
#define WIRE_CHANNEL_FD   3
#define WIRE_PAGE_FD      4
#define WIRE_IMAGE_FD     5

#define WIRE_PLUGINS_MOST 64 /* of one host */
#define WIRE_FRAME_MOST   (INT64_C(32) << 20)
#define WIRE_RECORD_MOST  (INT64_C(1) << 20) /* one question */

enum wire_kind {
    /* to the host */
    WIRE_ORDER = 1, /* struct wire_order: what to become */
    WIRE_START,     /* settings of each plugin, as records */
    WIRE_ASK,       /* `count` questions */
    /* to the server */
    WIRE_SANDBOXED, /* or why not, as text */
    WIRE_LOADED,    /* of plugin `count`: its description, or why not: struct wire_told, text */
    WIRE_STARTED,   /* of plugin `count`: or why not */
    WIRE_READY,     /* it waits for questions */
    WIRE_ANSWERS,   /* `count` of them */
};

struct wire_head {
    uint32_t magic;
    uint32_t kind;  /* enum wire_kind */
    uint64_t nonce; /* of the question; the answers repeat it */
    uint32_t count;
    uint32_t length; /* of what follows */
};
#define WIRE_MAGIC UINT32_C(0x4c4e5746)

/* The first message to a host. */
struct wire_order {
    uint32_t
        version; /* sizes of the structs that travel, hashed: a host of another build refuses */
    uint32_t plugins;
    int64_t memory;     /* bytes beyond what the program itself takes */
    uint64_t described; /* a bit per plugin: describe it */
    uint64_t left_out;  /* a bit per plugin: do not load it */
    uint32_t server;    /* process id: a host whose parent is another one is an orphan */
    uint32_t landlock;  /* 1: no Landlock, no plugin */
};
uint32_t wire_version(void);

/* First byte of WIRE_SANDBOXED, WIRE_LOADED and WIRE_STARTED; text follows. */
enum wire_told { WIRE_FINE = 'F', WIRE_REFUSED = 'R' };

/*
 * The blame page: the host writes where it is before it goes there; when it dies, the server
 * reads it. A plugin may write there as well: it can only blame what shares its host.
 */
enum blame_stage { BLAME_NOBODY, BLAME_LOADING, BLAME_STARTING, BLAME_ASKED };
struct blame {
    uint32_t stage;   /* enum blame_stage */
    uint32_t plugin;  /* index within the host */
    uint32_t call;    /* index within the message */
    uint32_t memory;  /* 1: it died when it could have no more memory */
    uint64_t written; /* bytes that the host itself has put into the channel */
};

/* --- Questions --- */

/* How a question lies in a message, 8-byte aligned: this, the ABI's struct, the facts, a merchant's
 * settings, texts. Pointers in it are offsets from its beginning until wire_take_question. */
struct wire_record {
    uint32_t length; /* whole, a multiple of 8 */
    uint32_t plugin;
    uint32_t operation; /* enum plugin_operation */
    uint32_t value_count;
};

/* Begins and ends a frame in `out`, which is cleared. */
void wire_begin(struct buffer *out, enum wire_kind kind, uint64_t nonce, uint32_t count);
void wire_end(struct buffer *out);
/* Another count than the frame began with. */
void wire_set_count(struct buffer *out, uint32_t count);

/* Server: adds a question for the host's plugin `index`. */
void wire_put_question(struct buffer *out, uint32_t index, const struct plugin_call *call,
                       const struct pseudonyms *pseudonyms);
/* Server: adds the values with which a plugin is to start. */
void wire_put_values(struct buffer *out, uint32_t index, const struct linli_value *values,
                     size_t count);

struct wire_question {
    uint32_t plugin;
    enum plugin_operation operation;
    const void *question; /* the ABI's struct; NULL of values */
    const struct linli_value *values;
    uint32_t value_count;
};
/* Host: the record at *at, whose pointers it sets, and steps behind it. False: it is none. */
bool wire_take_question(char **at, const char *end, struct wire_question *question) MUST_CHECK;

/* --- Answers --- */

/* Rooms of what a plugin answers; what is longer is cut off by linli_say. */
#define WIRE_REASON_MOST     600 /* bytes of a sentence */
#define WIRE_STATE_MOST      2048
#define WIRE_VOUCHER_MOST    128
#define WIRE_METHOD_MOST     16
#define WIRE_URL_MOST        2048
#define WIRE_BODY_MOST       65536
#define WIRE_TYPE_MOST       100
#define WIRE_CREDENTIAL_MOST 40
#define WIRE_WHY_MOST        240

/* No single answer moves more: a million points. */
#define WIRE_POINTS_MOST  INT64_C(100000000)
#define WIRE_MISSING_MOST INT64_C(1000000000000)
#define WIRE_TIME_MOST    INT64_C(7258118400000000) /* the year 2200 */

union wire_answer {
    struct linli_opinion opinion;
    struct linli_award award;
    struct linli_rating rating;
    struct linli_step step;
};
/* Host: the rooms of every answer, in turn. One for the life of the process. */
struct wire_rooms;
struct wire_rooms *wire_rooms_new(void);
/* Host: an empty answer of the operation. */
void wire_rooms_clear(struct wire_rooms *rooms, enum plugin_operation operation,
                      union wire_answer *answer);
/* Host: adds what the plugin has written there. What cannot be read is told as such. */
void wire_put_answer(struct buffer *out, enum plugin_operation operation,
                     const union wire_answer *answer, const struct wire_rooms *rooms);

/*
 * Server: reads one answer into call->answer; its texts are copied into `arena`. False: the message
 * is broken, nothing behind it can be read. An answer that can be read but not be meant sets
 * call->fault to FAULT_NONSENSE, and `why` says what about it.
 */
bool wire_take_answer(struct reader *reader, struct plugin_call *call, struct arena *arena,
                      struct error *why) MUST_CHECK;
/* What the answer's kind may say: the second half of wire_take_answer. */
bool answer_check(const struct plugin_call *call, struct error *why) MUST_CHECK;

#endif
