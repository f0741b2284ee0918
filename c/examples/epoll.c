/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An election inside an epoll loop that also takes signals (signalfd): SIGTERM and SIGINT give the lock back and end
 * the program. The election's descriptor is an epoll itself, and becomes readable by itself when something is due:
 * the loop needs no timer for it.
 *
 *     epoll LOCK
 */
#include <leaderlife/leaderlife.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void show_events(leaderlife_election *election)
{
    leaderlife_event *event;

    while ((event = leaderlife_election_pop_event(election)) != NULL) {
        if (leaderlife_event_kind(event) == LEADERLIFE_EVENT_STATE)
            printf("%d: %s\n", (int)getpid(), leaderlife_state_name(leaderlife_event_state(event)));
        leaderlife_event_free(event);
    }
}

static int signals_open(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

static void watch(int loop, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) != 0)
        perror("epoll_ctl");
}

int main(int argc, char **argv)
{
    leaderlife_election *election = NULL;
    struct signalfd_siginfo taken;
    struct epoll_event ready;
    int loop = epoll_create1(EPOLL_CLOEXEC), signals = signals_open();

    if (argc != 2 || loop < 0 || signals < 0) {
        fprintf(stderr, "usage: epoll LOCK\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (leaderlife_election_new(argv[1], &election) != LEADERLIFE_OK ||
        leaderlife_election_start(election) != LEADERLIFE_OK) {
        fprintf(stderr, "%s\n", leaderlife_election_error_text(election));
        leaderlife_election_free(election);
        return 1;
    }
    watch(loop, leaderlife_election_fd(election));
    watch(loop, signals);
    while (leaderlife_election_state(election) < LEADERLIFE_STATE_RESIGNED) {
        if (epoll_wait(loop, &ready, 1, -1) == 1 && ready.data.fd == signals)
            if (read(signals, &taken, sizeof taken) == (ssize_t)sizeof taken)
                leaderlife_election_close(election);
        leaderlife_election_process(election);
        show_events(election);
    }
    int closed = leaderlife_election_state(election) == LEADERLIFE_STATE_CLOSED;
    if (!closed)
        fprintf(stderr, "%s\n", leaderlife_election_error_text(election));
    leaderlife_election_free(election);
    return closed ? 0 : 1;
}
