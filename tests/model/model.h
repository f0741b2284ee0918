/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated world for the machine: an API server with lock, record, pods and a garbage collector, and candidates
 * that carry out the machine's commands as the Kubernetes backend would. Everything is drawn from one seed, so every
 * history can be played again. An oracle watches for two leaders, silence, haste and tokens that do not grow.
 */
#ifndef LEADERLIFE_TESTS_MODEL_H
#define LEADERLIFE_TESTS_MODEL_H

#include "machine.h"

#include <stdbool.h>
#include <stdint.h>

/* A rule that the harness itself breaks, to show that the oracle sees it. */
enum sabotage {
    SABOTAGE_NONE,
    SABOTAGE_VERDICTS, /* every holder is said to be dead */
    SABOTAGE_CAS,      /* the server ignores preconditions */
    SABOTAGE_CREATE,   /* the server lets a create overwrite what is there */
    SABOTAGE_MEMORY,   /* the lock is removed under a living leader that new candidates have not seen (P8) */
    SABOTAGE_RIGHTS,   /* the right to keep a record goes for long while hands remove locks (P8) */
    SABOTAGE_SILENCE   /* no answer ever comes back once the faults have ended */
};

struct model_setup {
    uint64_t seed;
    bool records;
    bool seen_removal; /* level memory: remove the lock once every candidate has seen the holder, and restart nobody */
    enum node_policy node_policy; /* of all candidates; nodes are lost unless it is strict (P16) */
    bool rights_change; /* level record: the rights to the record come and go; no hand removes anything meanwhile */
    enum sabotage sabotage;
    bool trace; /* tell the history on standard error */
};

struct model_result {
    bool failed;
    bool two_leaders;
    char fault[256];
    unsigned terms; /* how often belief began */
    unsigned commands;
    unsigned losses; /* ends as LOST */
    unsigned most;   /* commands of one process in one second */
    int64_t settled; /* ms until somebody led when all faults and their consequences were over */
};

void model_run(const struct model_setup *setup, struct model_result *ret);

#endif
