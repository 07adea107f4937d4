/* What the judge remembers of one command until its batch is written: made on the usher's thread,
 * written on the teller's. */
#ifndef LINLI_JUDGE_NOTES_H
#define LINLI_JUDGE_NOTES_H

#include "base/ids.h"
#include "ledger/batch.h"
#include "plugin/plugins.h"

/* What a plugin said that was no allowance: a row of `decisions`. */
struct said {
    uint64_t id;
    uint64_t plugin_id, version_id, policy_id;
    enum plugin_mode mode;
    unsigned verdict; /* enum linli_verdict */
    enum plugin_effect effect;
    unsigned fault; /* enum plugin_fault */
    const char *code;
    struct text zh, en;
};

struct judge_note {
    uint64_t judgement_id; /* for that of its set and batch, if it is the first that counts */
    struct command_event about;
    size_t first_call, call_count;
    uint64_t revision; /* of the set */
    uint64_t check_id; /* 0: none opens */
    uint64_t denied_by;
    struct said *said;
    size_t said_count;
};

/* Takes down what was said in `calls` (call_count of them), and what it comes to. */
enum plugin_effect note_combine(struct judge_note *note, const struct plugin_call *calls,
                                struct id_maker *ids, struct arena *arena);
/* struct judge's write: `context` is not used. */
void notes_write(void *context, const struct batch *batch, struct sql *sql);

#endif
