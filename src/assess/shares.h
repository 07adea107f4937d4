/*
 * Which numbers of people may be told of a run, beside what other runs have told already.
 *
 * Runs of one question (the same policy, affiliation and days) rate mostly the same people: a unit
 * and one below it, or a run and its next revision. Who subtracts one from the other must not learn
 * of fewer than ten. So each run, in the order in which they are shown, is taken for what it adds:
 * those whom it rates first are a table of their own, under the rule of service/participation.h. A
 * run's number of a unit is the sum of such tables, and is told where each of them may be. Where
 * people have left a unit, or come from another, since an earlier run told of it, a later one tells
 * nothing, there and above: what was told cannot be taken back.
 */
#ifndef LINLI_SHARES_H
#define LINLI_SHARES_H

#include "assess/runs.h"
#include "service/participation.h"

struct shares {
    /* Of every run, the one that is asked about last: one tree of units, the same for all, with
     * those whom no earlier run has rated. As participation_hide wants them. */
    struct participation **firsts;
    size_t runs;
    bool *changed; /* of whom an earlier run rated in that unit itself, somebody is not in the last
                      one, or elsewhere; or of the last one's somebody was elsewhere */
    size_t units;
};
/* Pure. hidden[i]: the last run's numbers of that unit, with all below, are not to be told. */
void shares_hide(const struct shares *shares, int64_t least, bool *hidden);

#endif
