/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of `leaderlife run` share: run.c (what it was told, beginning and end), phases.c (what follows from what
 * happens).
 */
#ifndef LEADERLIFE_CLI_RUN_H
#define LEADERLIFE_CLI_RUN_H

#include "cli.h"
#include "family.h"
#include "guard.h"
#include "health.h"
#include "program.h"
#include "tell.h"

#include <sys/types.h>

/* In the order in which one goes through them. */
enum phase {
    WAITING,   /* for leadership */
    YIELDING,  /* elected, or told to end: the program of --on-standby is being stopped */
    RUNNING,   /* the program runs (--watch) */
    STOPPING,  /* it is being stopped */
    CLEARING,  /* it has ended: what it left behind is being stopped */
    RETURNING, /* the lock is being given back */
    DONE
};

struct run {
    const struct arguments *arguments;
    char *path; /* of the program */
    bool watch;
    int64_t stop_ms;    /* from TERM to KILL */
    int64_t give_up_at; /* not elected until then; INT64_MAX: no limit */
    int64_t standby_at; /* when the program of --on-standby is due; INT64_MAX: not */
    const char *ready_file;
    bool shown_ready;
    struct health *health;
    struct health_view view;
    struct told told;
    leaderlife_election *election;
    struct inherited inherited;
    struct family family;
    struct guard guard; /* of the program, or of that of --on-standby */
    int signals;        /* -1: not taken */
    enum phase phase;
    bool ending;      /* in YIELDING: the program will not be started */
    bool killed;      /* this phase's KILL was sent */
    bool told_blind;  /* people know that children cannot be seen */
    unsigned urges;   /* signals in this phase that want an end */
    int64_t phase_at; /* when this phase's patience ends */
    pid_t standby;    /* of --on-standby; 0: none */
    bool had_standby;
    pid_t program;
    int result; /* exit status */
};

/* What is due now in this phase. */
void phase_step(struct run *run);
/* A signal that was sent to this process, and by whom: the kernel (a terminal) or somebody else. */
void phase_signal(struct run *run, int signal, bool from_kernel);
/* A child has ended. */
void phase_child(struct run *run, pid_t pid, int status);
/* When phase_step() is due by itself; INT64_MAX: never. */
int64_t phase_deadline(const struct run *run);

#endif
