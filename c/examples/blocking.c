/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The short form: waits until this process leads, and leads until it is told to end (SIGTERM, SIGINT) or has lost.
 *
 *     blocking LOCK [NAME=VALUE]...        with those options
 */
#include <leaderlife/leaderlife.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
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

/* As leaderlife_become(lock, &election), with the options that the words set. */
static int become(const char *lock, char **words)
{
    int status = leaderlife_election_new(lock, &election);

    for (; *words && status == LEADERLIFE_OK; words++) {
        char *equals = strchr(*words, '=');
        if (equals)
            *equals = '\0';
        status = leaderlife_election_set(election, *words, equals ? equals + 1 : "");
    }
    return status == LEADERLIFE_OK ? leaderlife_election_become(election, -1) : status;
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_signal};

    if (argc < 2) {
        fprintf(stderr, "usage: blocking LOCK [NAME=VALUE]...\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("%d: waiting\n", (int)getpid());
    /* A signal may simply end a process that still waits: it holds nothing. */
    if (become(argv[1], argv + 2) != LEADERLIFE_OK) {
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
