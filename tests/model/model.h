/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated world for the machine: an API server with lock, record, pods and a garbage collector, and candidates
 * that carry out the machine's commands as the Kubernetes backend would. Everything is drawn from one seed, so every
 * history can be played again. An oracle watches for two leaders, silence, haste and tokens that do not grow.
 */
#ifndef LEADERLIFE_TESTS_MODEL_H
#define LEADERLIFE_TESTS_MODEL_H

#include "machine/knowledge.h"

#include "history.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A rule that the harness itself breaks, to show that the oracle sees it. */
enum sabotage {
    SABOTAGE_NONE,
    SABOTAGE_VERDICTS,  /* every holder is said to be dead */
    SABOTAGE_CAS,       /* the server ignores preconditions */
    SABOTAGE_CREATE,    /* the server lets a create overwrite what is there */
    SABOTAGE_MEMORY,    /* the lock is removed under a living leader that new candidates have not seen (P8) */
    SABOTAGE_REHEARSAL, /* a rehearsed loss gives back at once, as a real one does */
    SABOTAGE_RIGHTS,    /* the right to keep a record goes for long while hands remove locks (P8) */
    SABOTAGE_SILENCE,   /* no answer ever comes back once the faults have ended */
    SABOTAGE_GAPS,      /* none; but what docs/assurance.md leaves open happens, too */
    /* Rules that every machine lacks. */
    SABOTAGE_NETWORK,        /* P2: that the pod's network namespace is another one does not matter */
    SABOTAGE_LOOK,           /* P1: belief does not wait for the look at the own pod */
    SABOTAGE_ORPHAN_FOREIGN, /* P14: a lock without owner is foreign, whatever its annotations say */
    SABOTAGE_ORPHAN_DEAD,    /* P14: whose lock has lost its owner counts as dead */
    SABOTAGE_QUIET,          /* P10: resigning waits for no late write */
    SABOTAGE_LAST,           /* P8: no holder is remembered */
    SABOTAGE_DEAD_RECORD,    /* P3: whoever the record names may be overwritten */
    SABOTAGE_OLDER_RECORD    /* P8: older candidates keep no record beside those that do */
};

/* What happens often in it, beside everything else. */
enum world_kind {
    WORLD_ORDINARY,
    WORLD_NAMESPACES, /* two processes of one pod in two network namespaces (P2) */
    WORLD_ORPHANS,    /* locks whose owner is taken away (P14) */
    WORLD_GHOSTS,     /* pods removed by force while their processes live on (P1) */
    WORLD_CLOSED,     /* handles closed or freed in a program that goes on, with a new one at once or with none (P10) */
    WORLD_MIXED       /* pods with an older version, which knows nothing of P1's look, P2's network and P14's orphans */
};

struct model_setup {
    uint64_t seed;
    bool records;
    enum world_kind world;
    bool seen_removal; /* level memory: remove the lock once every candidate has seen the holder, and restart nobody */
    enum node_policy node_policy; /* of all candidates; nodes are lost unless it is strict (P16) */
    bool rights_change; /* level record: the rights to the record come and go; no hand removes anything meanwhile */
    bool rehearsals;    /* many candidates have the option rehearse-loss */
    enum sabotage sabotage;
    const struct history *replay; /* instead of dice; NULL */
    struct history *record;       /* what was chosen; NULL */
    FILE *facts; /* where each process's facts, commands and beliefs go, for a checker (facts.c); NULL */
    bool trace;  /* tell the history on standard error */
};

struct model_result {
    bool failed;
    bool two_leaders;
    char fault[256];
    const char *rule; /* the same for all faults of one kind */
    unsigned terms;   /* how often belief began */
    unsigned commands;
    unsigned losses;     /* ends as LOST */
    unsigned rehearsals; /* of them */
    unsigned most;       /* commands of one process in one second */
    int64_t settled;     /* ms until somebody led when all faults and their consequences were over */
};

void model_run(const struct model_setup *setup, struct model_result *ret);

#endif
