/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What follows from a signal that was sent to `run`: in most phases it is forwarded to the program.
 */
#include "cli/run/supervisor.h"

#include <signal.h>
#include <unistd.h>

static bool ends_us(int signal)
{
    return signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGQUIT;
}

/* The first signal is forwarded; the second ends the time before KILL. */
static void urge(struct run *run, int signal)
{
    if (run->urges++ == 0)
        children_signal(&run->children, signal);
    else if (!run->killed)
        run->phase_at = clock_ms();
}

/* True if the program has the signal already, because the kernel sends it to the whole foreground of a terminal. */
static bool has_got(pid_t target, int signal, bool from_kernel)
{
    bool hangup = signal == SIGHUP && getsid(0) != getpid(); /* if we lead the session, we alone get it */

    return from_kernel && (hangup || signal == SIGINT || signal == SIGQUIT || signal == SIGWINCH) &&
           getpgid(target) == getpgrp();
}

static void signal_waiting(struct run *run, int signal, bool from_kernel)
{
    if (!ends_us(signal)) {
        if (run->standby > 0 && !has_got(run->standby, signal, from_kernel))
            kill(run->standby, signal);
        return;
    }
    if (run->ending)
        urge(run, signal);
    else
        supervisor_end(run, CLI_SIGNALED + signal);
}

void signals_act(struct run *run, int signal, bool from_kernel)
{
    switch (run->phase) {
    case RUNNING:
    case STOPPING:
        run->told_to_end = run->told_to_end || ends_us(signal);
        if (!has_got(run->program, signal, from_kernel))
            kill(run->program, signal);
        break;
    case WAITING:
    case YIELDING: signal_waiting(run, signal, from_kernel); break;
    case RELEASING:
        if (ends_us(signal)) {
            log_say(TONE_WARNING, "the lock may not have been given back; it is free when the pod ends");
            run->phase = DONE;
        }
        break;
    case CLEARING:
        if (ends_us(signal))
            urge(run, signal);
        break;
    case DONE: break;
    }
}
