/*
 * The judge that asks audit plugins: for the commands of each look one round trip for facts and the
 * versions of the wallets they are about, one message to each host, before any row is locked. What
 * they say becomes one effect a command:
 *
 *   deny > hold > mark > pass, of the enforced rules; shadow rules are only written down
 *
 *   a confirm or a cancellation is never held nor denied, only marked: nobody waits at a counter,
 * and points may always come home; a refund and an adjustment may be denied, not held. A rule that
 * gives no answer (it faulted, or its facts could not be loaded) has its on_fault: by default an
 * earning is held for review, a redemption marked, or held from `hold_from` points on, anything
 * else marked. A quarantined rule is not asked and has no effect: administrators are told of it.
 *
 * What was said is written in the batch's own transaction (sql/0015_checks.sql): a row in
 * `decisions` for everything but an allowance, and one in `judgements` for the batch and each set
 * of plugins that was asked.
 */
#ifndef LINLI_JUDGE_H
#define LINLI_JUDGE_H

#include "base/config.h"
#include "base/ids.h"
#include "ledger/teller.h"
#include "plugin/plugins.h"

struct review_options {
    int64_t answer_days; /* after the day on which a check opens */
};
extern const struct config_entry review_config[];

struct judge_tools {
    struct plugins *plugins;
    struct id_maker *ids;
    const struct review_options *options;
    const int64_t *utc_offset_minutes; /* the programme's */
};

/* The judge for teller_start; freed after the teller has stopped. */
struct judge *judge_new(const struct judge_tools *tools);
void judge_free(struct judge *judge);

/* What a rule's answer does to an event of this kind and size; pure. For replays as well. */
enum plugin_effect judge_effect(const struct plugin *plugin, const struct plugin_call *call);

#endif
