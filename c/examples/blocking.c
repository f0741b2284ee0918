/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The short form: waits until this process leads, and leads until it is told to end (SIGTERM, SIGINT) or has lost.
 *
 *     blocking LOCK
 */
#include <leaderlife/leaderlife.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static leaderlife_election *election;
static volatile sig_atomic_t told_to_end;

static void on_signal(int number)
{
    (void)number;
    told_to_end = 1;
    leaderlife_election_wakeup(election);
}

/* Waits until something has happened. A program that wants to know what looks at the events. */
static void step(void)
{
    leaderlife_event *event;

    leaderlife_election_wait(election, 15000);
    leaderlife_election_process(election);
    while ((event = leaderlife_election_pop_event(election)) != NULL)
        leaderlife_event_free(event);
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_signal};

    if (argc != 2) {
        fprintf(stderr, "usage: blocking LOCK\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("%d: waiting\n", (int)getpid());
    /* A signal may simply end a process that still waits: it holds nothing. */
    if (leaderlife_become(argv[1], &election) != LEADERLIFE_OK) {
        fprintf(stderr, "%d: %s\n", (int)getpid(), leaderlife_election_error_text(election));
        leaderlife_election_free(election);
        return 1;
    }
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    printf("%d: became leader, token %s\n", (int)getpid(), leaderlife_election_token(election));

    /* Here, or in another thread, a program would do its work, for as long as it leads. */
    while (leaderlife_election_is_leader(election) && !told_to_end)
        step();

    /* Gives the lock back, so that the next leader need not wait for the end of this process or pod. */
    leaderlife_election_close(election);
    while (leaderlife_election_state(election) != LEADERLIFE_STATE_CLOSED)
        step();
    leaderlife_election_free(election);
    printf("%d: no longer leader\n", (int)getpid());
    return told_to_end ? 0 : 1;
}
