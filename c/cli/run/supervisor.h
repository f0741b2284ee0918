/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of `leaderlife run`, as its files share it: run.c reads the arguments and loops, supervisor.c says what
 * follows from what happens, signals.c what follows from a signal.
 */
#ifndef LEADERLIFE_CLI_RUN_SUPERVISOR_H
#define LEADERLIFE_CLI_RUN_SUPERVISOR_H

#include "cli/cli.h"
#include "cli/run/children.h"
#include "cli/run/event_log.h"
#include "cli/run/health.h"
#include "cli/run/program.h"
#include "cli/run/watchdog.h"

#include <sys/types.h>

/* In the order in which one goes through them. */
enum phase {
    WAITING,   /* for leadership */
    YIELDING,  /* elected, or told to end: the program of --on-standby is being stopped */
    RUNNING,   /* the program runs */
    STOPPING,  /* it is being stopped */
    CLEARING,  /* it has ended: what it left behind is being stopped */
    RELEASING, /* the lock is being released */
    DONE
};

struct run {
    const struct arguments *arguments;
    char *path;         /* of the program */
    bool in_place;      /* --exec: this process becomes the program */
    int64_t stop_ms;    /* from TERM to KILL */
    int64_t give_up_at; /* not elected until then; NEVER: no limit */
    int64_t standby_at; /* when the program of --on-standby is due; NEVER: not */
    const char *ready_file;
    bool shown_ready;
    struct health *health;
    struct health_view view;
    struct event_log event_log;
    leaderlife_election *election;
    struct process_state process_state;
    struct children children;
    struct watchdog watchdog; /* of the program, or of that of --on-standby */
    int signals;              /* -1: not taken */
    enum phase phase;
    bool ending;      /* in YIELDING: the program will not be started */
    bool killed;      /* this phase's KILL was sent */
    bool told_blind;  /* people know that children cannot be seen */
    unsigned urges;   /* signals in this phase that want an end */
    int64_t phase_at; /* when this phase's patience ends */
    pid_t standby;    /* of --on-standby; 0: none */
    bool had_standby;
    pid_t program;
    int64_t begun_at; /* when that was started */
    bool told_to_end; /* a signal that wants its end was forwarded */
    int result;       /* exit status */
};

/* What is due now in this phase. */
void supervisor_step(struct run *run);
/* No program will be started, and that is the exit status; before one was. */
void supervisor_end(struct run *run, int result);
/* A signal that was sent to this process, and by whom: the kernel (a terminal) or somebody else (signals.c). */
void signals_act(struct run *run, int signal, bool from_kernel);
/* A child has ended. */
void supervisor_child_ended(struct run *run, pid_t pid, int status);
/* When supervisor_step() is due by itself; NEVER: never. */
int64_t supervisor_deadline(const struct run *run);

#endif
