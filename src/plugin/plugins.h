/*
 * Plugins as the rest of the server sees them: the set in force, and desks where questions are
 * asked. Plugin code runs in host processes only (plugin/host.h); whatever it does there costs the
 * one decision that it was asked for, never more: an answer always comes, in time.
 *
 * A set is immutable: which plugins, which versions, settings, order, modes. Changing it starts
 * hosts for what is new, checks that they answer, and swaps desk by desk; questions under way
 * finish with the set that they were asked of, and their faults are that set's. Hosts of what did
 * not change go on in the new set. When a new host does not come up the old set stays, and the
 * error says why.
 */
#ifndef LINLI_PLUGINS_H
#define LINLI_PLUGINS_H

#include <linli/plugin.h>

#include "base/arena.h"
#include "base/base.h"
#include "base/buffer.h"
#include "base/config.h"
#include "base/metrics.h"
#include "plugin/facts.h"
#include "plugin/manifest.h"
#include "store/db.h"

/* Stored: do not renumber. */
enum plugin_mode {
    PLUGIN_OFF = 1, /* uploaded and checked, or disabled */
    PLUGIN_SHADOW,  /* decides; recorded, not obeyed */
    PLUGIN_ENFORCED,
    PLUGIN_QUARANTINED, /* three faults in ten minutes; an administrator releases it */
};
/* What a flag does, and what stands for an answer that did not come. */
enum plugin_effect {
    EFFECT_PASS = 1, /* it goes through */
    EFFECT_MARK,     /* it goes through and into the review queue */
    EFFECT_HOLD,     /* it waits for a person: points held, nothing awarded, no voucher yet */
    EFFECT_DENY,
};

/* One plugin of a set. */
struct plugin {
    uint64_t plugin_id;  /* the row of this name */
    uint64_t version_id; /* the row of this file */
    uint64_t policy_id;  /* the row of these settings: recorded with each decision */
    const struct manifest *manifest;
    enum plugin_mode mode;
    int rank; /* rules are asked, and their reasons shown, in this order */
    bool built_in;
    bool is_signed; /* as below. Where the kernel lacks Landlock, an uploaded plugin that is not is
                       not run */
    uint8_t signer[32], signature[64]; /* checked whenever its hosts start: who can write the
                                          database cannot sign */
    enum plugin_effect on_flag;        /* audit: MARK or HOLD; a confirm is marked in any case */
    enum plugin_effect on_fault; /* as configured; 0: the default of the event (ledger/judge.h) */
    int64_t hold_from;    /* hundredths: a redemption at or above it is held where on_fault is MARK
                             below it; INT64_MAX: none is */
    uint8_t sha256[32];   /* of the file */
    const char *settings; /* JSON, secrets included: for the host only */
    struct text image;    /* the file's bytes; empty: built in, a file of the installation */
};

struct plugin_set {
    uint64_t revision;            /* of the row that it was read at */
    const struct plugin *plugins; /* by rank */
    size_t count;
};

/* --- Asking ----------------------------------------------------------------------------------- */

/* Why there is no answer. Stored and shown: do not renumber. */
enum plugin_fault {
    FAULT_NONE = 0,
    FAULT_CRASHED,   /* a signal: `detail` is its number */
    FAULT_EXITED,    /* ended by itself */
    FAULT_OVERRAN,   /* its deadline */
    FAULT_FORBIDDEN, /* a system call that the sandbox does not allow */
    FAULT_NONSENSE,  /* an answer that its table refuses */
    FAULT_MEMORY,    /* more than it may have */
    FAULT_NOT_THERE, /* its host could not be started */
    FAULT_NO_FACTS,  /* the facts that it asks for could not be loaded: no fault of its own */
};
const char *plugin_fault_name(enum plugin_fault fault);    /* "crashed" */
const char *plugin_kind_name(enum linli_kind kind);        /* "audit" */
const char *plugin_mode_name(enum plugin_mode mode);       /* "shadow" */
const char *plugin_effect_name(enum plugin_effect effect); /* "hold" */

enum plugin_operation { PLUGIN_CHECK = 1, PLUGIN_AWARD, PLUGIN_RATE, PLUGIN_STEP };

/*
 * One question to one plugin. The ABI's own structs carry it and its answer; ids in them are the
 * server's, which the desk turns into the plugin's pseudonyms on the way. `values` are the
 * plugin's facts. The answer's rooms are set up by the desk, in the arena that it is given.
 */
struct plugin_call {
    const struct plugin *plugin;
    enum plugin_operation operation;
    enum plugin_fault fault; /* FAULT_NONE: `answer` is whole and within bounds */
    int fault_detail;
    int64_t took_us;            /* about: its share of the batch */
    struct linli_value *values; /* manifest->fact_count of them */
    union {
        struct linli_event event;
        struct linli_award_question award;
        struct linli_rate_question rate;
        struct linli_step_question step;
    } question;
    union { /* the large ones lie in the arena: a batch of opinions shall fit into a cache */
        struct linli_opinion opinion;
        struct linli_award award;
        const struct linli_rating *rating;
        const struct linli_step *step;
    } answer;
};

struct plugins;
struct plugin_desk;

#define PLUGIN_TOOK 20 /* 2^18 µs and beyond: no message may take longer than a few of those */

/* Whose desk. A desk serves one thread at a time. */
enum plugin_desk_use {
    DESK_TELLER, /* the teller's own: never waits for anybody */
    DESK_ROOM,   /* query threads, keeper, dispatch: replays, assessments, merchants' steps; a few
                    of them, taken in turn */
};

/* The desk with the newest set; waits until one is free. Given back by plugins_return, soon. Never
 * NULL: with no plugins its set is empty. */
struct plugin_desk *plugins_borrow(struct plugins *plugins, enum plugin_desk_use use);
void plugins_return(struct plugin_desk *desk);
/* Valid until the desk is returned. */
const struct plugin_set *plugin_desk_set(const struct plugin_desk *desk);

/*
 * Asks all of them, each plugin's in one message, all hosts at the same time; returns when each
 * call has its answer or its fault. At most `deadline_us` a message and host (0: the setting
 * plugins.deadline), so a batch takes no longer than a few of them whatever plugins do. Faults are
 * counted and written to the fault log by the desk's own thread, not by the caller.
 */
void plugin_desk_ask(struct plugin_desk *desk, struct plugin_call *calls, size_t count,
                     struct arena *arena, int64_t deadline_us);

/* --- Life ------------------------------------------------------------------------------------- */

struct plugin_options {
    char *directory;      /* of the built-in plugins' files; empty: beside the program */
    char *trusted_keys;   /* Ed25519 public keys in hex, separated by spaces or commas */
    bool allow_unsigned;  /* for authors at work; never where the kernel lacks Landlock */
    int64_t deadline_us;  /* of a message to a host */
    int64_t start_us;     /* of a host, from its start until it is ready */
    int64_t memory;       /* bytes that a host may have */
    int64_t recycle;      /* calls after which a host is replaced */
    bool image_is_signed; /* no setting. For plugin_try: the file's signature was checked, so that
                             it may be tried where the kernel lacks Landlock */
    const uint8_t *pseudonym_key; /* no setting. For plugin_try: 32 bytes, so that it sees the
                                     pseudonyms that it sees in force; NULL: a key of zeros */
};
extern const struct config_entry plugin_config[];
extern struct metric plugin_metrics[];
extern const size_t plugin_metrics_count;

/*
 * What the keeper of the set (plugin/registry.h) provides: reads the set in force. All memory from
 * `arena`. Called at the start, when a change is announced, and every second to see what other
 * servers have changed (`revision` alone is compared first).
 */
struct plugin_source {
    bool (*revision)(struct db *db, uint64_t *revision, struct error *error);
    bool (*read)(struct db *db, struct arena *arena, struct plugin_set *set, struct error *error);
    /* A fault: logged, and the plugin quarantined when it was the third in ten minutes: then the
     * set changes. */
    bool (*note_fault)(struct db *db, const struct plugin *plugin, enum plugin_fault fault,
                       int detail, const char *question, struct error *error);
    /* 32 bytes, the same on every server of the database and for ever: what the pseudonyms that
     * plugins see are made with. NULL: a key of zeros, for tests. */
    bool (*pseudonym_key)(struct db *db, uint8_t key[32], struct error *error);
};

/* Where a program at this path keeps its built-in plugins, for an empty plugins.directory: plugins/
 * beside it in a build tree, or as installed. The caller frees it. */
char *plugin_files_beside(const char *program);

/* Whether this kernel can keep a plugin from files while it is loaded. Without it only built-in and
 * signed plugins run. */
bool plugin_walls_are_whole(void);

/* Starts a thread of its own that spawns and watches hosts (processes that a thread forks die with
 * nobody but the process), reads the set, brings hosts up. `program` is the path of this binary,
 * beside which built-in plugins are; hosts are this process's own file, run as `linli plugin-host`.
 * An enforced plugin that does not come up does not stop the start: its verdict is on_fault, and it
 * is named in the log. */
struct plugins *plugins_start(const struct plugin_options *options, const struct db_options *db,
                              const struct plugin_source *source, const char *program,
                              struct error *error) MUST_CHECK;
void plugins_stop(struct plugins *plugins);

/* What a plugin did on this server since it started. Any thread. */
struct plugin_figures {
    int64_t questions, faults;
    int64_t mean_us; /* of a question: its share of its batch */
    /* How many questions took at most 1, 2, 4 … microseconds; the last: all that took longer. */
    int64_t took[PLUGIN_TOOK];
};
struct plugin_figures plugins_figures(struct plugins *plugins, uint64_t plugin_id);
/* The same of all plugins of the set in force here, as metrics with a label plugin="name": behind
 * what metrics_write has written. Any thread. */
void plugins_write_metrics(struct plugins *plugins, struct buffer *out);

/* What of a plugin runs on this server. Any thread. */
struct plugin_here {
    bool runs;
    uint64_t version_id, policy_id; /* 0: it does not run */
    enum plugin_mode mode;
    /* It does not come up, or what was last wished for did not, so that the set before it stays;
     * empty: all is well. */
    char why[256];
};
struct plugin_here plugins_look(struct plugins *plugins, uint64_t plugin_id);
/* After a change was committed: brings the new set up and returns when it is in force on this
 * server, or with why it is not. Not for loop threads or the teller. */
bool plugins_reload(struct plugins *plugins, struct error *error) MUST_CHECK;

/*
 * A throw-away host: opens the file, describes it, starts it with these settings (NULL: the
 * defaults), asks `calls` if there are any. For uploads, `linli plugin check` and trying a new
 * configuration before it is applied. Needs no struct plugins. The description is in `arena`.
 * With settings NULL, a plugin that needs some which have no default is described, not started, and
 * may not be asked. A call's `plugin` may be NULL: it is this one.
 */
bool plugin_try(const struct plugin_options *options, const char *program, struct text image,
                const json_t *settings, struct arena *arena, struct manifest *manifest,
                struct plugin_call *calls, size_t count, struct error *error) MUST_CHECK;

/*
 * The same host kept, for questions that come in turn: a replay's. Trial and manifest live in
 * `arena`, and calls that were asked point to them; answers are in the arena of the asking. NULL:
 * `error` says why not. With settings NULL of a plugin that needs some nothing may be asked.
 */
struct plugin_trial;
struct plugin_trial *plugin_trial_start(const struct plugin_options *options, struct text image,
                                        const json_t *settings, struct arena *arena,
                                        struct manifest *manifest, struct error *error) MUST_CHECK;
void plugin_trial_ask(struct plugin_trial *trial, struct plugin_call *calls, size_t count,
                      struct arena *arena);
void plugin_trial_end(struct plugin_trial *trial); /* NULL is none */

/*
 * Describes files that are trusted, all in one throw-away host; nothing is started. Where why[i] is
 * not NULL, manifests[i] is not set, and that is the reason. All of it lives in the arena.
 */
#define PLUGIN_DESCRIBE_MOST 64
void plugin_describe(const struct plugin_options *options, const struct text *images, size_t count,
                     struct arena *arena, struct manifest *manifests, const char **why);

#endif
