/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What bench/ measures in C: candidates for LOCK, or for LOCK-0 to LOCK-(N-1) in one process.
 *
 *     candidate LOCK [N [OPTION=VALUE...]]
 *
 * It says `standby`, `leader` and `ended`, and `ready` or `unready` when that changes, each with CLOCK_MONOTONIC in
 * milliseconds (of many locks only when the last one does). SIGTERM makes it give back.
 */
#include <leaderlife/leaderlife.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct candidate {
    leaderlife_election *election;
    int state;
    bool ready;
};

static volatile sig_atomic_t told_to_end;

static void on_signal(int number)
{
    (void)number;
    told_to_end = 1;
}

static void say(const char *word)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    printf("%s %.3f\n", word, (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6);
    fflush(stdout);
}

static void look(struct candidate *candidates, int count, struct candidate *changed)
{
    int state = leaderlife_election_state(changed->election);
    bool ready = leaderlife_election_is_ready(changed->election) != 0;

    if (state == changed->state && ready == changed->ready)
        return;
    bool news = state != changed->state && (state != LEADERLIFE_STATE_STANDBY || ready);
    if (state == LEADERLIFE_STATE_STANDBY && ready != changed->ready) {
        news = changed->state != LEADERLIFE_STATE_STANDBY || !changed->ready;
        if (count == 1)
            say(ready ? "ready" : "unready");
    }
    changed->state = state;
    changed->ready = ready;
    for (int i = 0; i < count; i++)
        news = news && candidates[i].state == state && candidates[i].ready == ready;
    if (news && state == LEADERLIFE_STATE_LEADER)
        say("leader");
    else if (news && state == LEADERLIFE_STATE_STANDBY && ready)
        say("standby");
    else if (news && state >= LEADERLIFE_STATE_RESIGNED)
        say("ended");
}

static void process(struct candidate *candidates, int count, struct candidate *due)
{
    leaderlife_event *event;

    leaderlife_election_process(due->election);
    while ((event = leaderlife_election_pop_event(due->election)) != NULL) {
        if (leaderlife_event_kind(event) == LEADERLIFE_EVENT_NOTICE)
            fprintf(stderr, "%s\n", leaderlife_event_text(event));
        leaderlife_event_free(event);
    }
    look(candidates, count, due);
}

static bool start(struct candidate *candidate, const char *lock, char **options)
{
    int status = leaderlife_election_new(lock, &candidate->election);

    for (; status == LEADERLIFE_OK && *options != NULL; options++) {
        char *name = strdup(*options);
        char *value = name != NULL ? strchr(name, '=') : NULL;

        if (value != NULL)
            *value++ = '\0';
        status = name != NULL ? leaderlife_election_set(candidate->election, name, value) : LEADERLIFE_ENOMEM;
        free(name);
    }
    if (status == LEADERLIFE_OK)
        status = leaderlife_election_start(candidate->election);
    if (status != LEADERLIFE_OK)
        fprintf(stderr, "%s\n", leaderlife_election_error_text(candidate->election));
    return status == LEADERLIFE_OK;
}

/* The shortest of all, -1: no limit. */
static int shortest(const struct candidate *candidates, int count)
{
    int least = -1;

    for (int i = 0; i < count; i++) {
        int ms = leaderlife_election_timeout_ms(candidates[i].election);

        if (ms >= 0 && (least < 0 || ms < least))
            least = ms;
    }
    return least;
}

static bool all_ended(const struct candidate *candidates, int count)
{
    for (int i = 0; i < count; i++)
        if (candidates[i].state < LEADERLIFE_STATE_RESIGNED)
            return false;
    return true;
}

static void loop(struct candidate *candidates, struct pollfd *fds, int count)
{
    bool resigned = false;
    sigset_t term, usual;

    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, &usual); /* it is taken in ppoll() alone, so none comes just before it */
    while (!all_ended(candidates, count)) {
        if (told_to_end && !resigned) {
            for (int i = 0; i < count; i++)
                leaderlife_election_resign(candidates[i].election);
            resigned = true;
        }
        int ms = shortest(candidates, count);
        struct timespec limit = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

        if (ppoll(fds, (nfds_t)count, ms >= 0 ? &limit : NULL, &usual) < 0)
            continue;
        for (int i = 0; i < count; i++)
            if (fds[i].revents != 0 || leaderlife_election_timeout_ms(candidates[i].election) == 0)
                process(candidates, count, &candidates[i]);
    }
}

int main(int argc, char **argv)
{
    int count = argc > 2 ? atoi(argv[2]) : 1;

    if (argc < 2 || count < 1) {
        fprintf(stderr, "usage: candidate LOCK [N [OPTION=VALUE...]]\n");
        return 2;
    }
    struct candidate *candidates = calloc((size_t)count, sizeof *candidates);
    struct pollfd *fds = calloc((size_t)count, sizeof *fds);
    struct sigaction action = {.sa_handler = on_signal};

    if (candidates == NULL || fds == NULL)
        return 1;
    sigaction(SIGTERM, &action, NULL);
    for (int i = 0; i < count; i++) {
        char lock[256];

        snprintf(lock, sizeof lock, "%s-%d", argv[1], i);
        if (!start(&candidates[i], count > 1 ? lock : argv[1], argc > 3 ? argv + 3 : argv + argc))
            return 1;
        fds[i] = (struct pollfd){.fd = leaderlife_election_fd(candidates[i].election), .events = POLLIN};
    }
    loop(candidates, fds, count);
    for (int i = 0; i < count; i++)
        leaderlife_election_free(candidates[i].election);
    free(candidates);
    free(fds);
    return 0;
}
