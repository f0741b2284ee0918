/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An election inside a poll() loop that also reads standard input: each line is "done" by the leader and refused by
 * the others. The end of the input ends the program.
 *
 *     poll LOCK
 */
#include <leaderlife/leaderlife.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static void show_events(leaderlife_election *election)
{
    leaderlife_event *event;

    while ((event = leaderlife_election_pop_event(election)) != NULL) {
        if (leaderlife_event_kind(event) == LEADERLIFE_EVENT_STATE)
            printf("%d: %s\n", (int)getpid(), leaderlife_state_name(leaderlife_event_state(event)));
        else if (leaderlife_event_kind(event) == LEADERLIFE_EVENT_NOTICE)
            printf("%d: notice: %s\n", (int)getpid(), leaderlife_event_text(event));
        leaderlife_event_free(event);
    }
}

/* False at the end of the input. */
static bool work(const leaderlife_election *election)
{
    char bytes[4096];
    ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);

    for (ssize_t i = 0; i < count; i++)
        if (bytes[i] == '\n')
            printf("%d: %s\n", (int)getpid(), leaderlife_election_is_leader(election) ? "done" : "refused");
    return count > 0;
}

static bool is_ended(const leaderlife_election *election)
{
    return leaderlife_election_state(election) >= LEADERLIFE_STATE_RESIGNED;
}

int main(int argc, char **argv)
{
    leaderlife_election *election = NULL;

    if (argc != 2) {
        fprintf(stderr, "usage: poll LOCK\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (leaderlife_election_new(argv[1], &election) != LEADERLIFE_OK ||
        leaderlife_election_start(election) != LEADERLIFE_OK) {
        fprintf(stderr, "%s\n", leaderlife_election_error_text(election));
        leaderlife_election_free(election);
        return 1;
    }
    struct pollfd fds[2] = {{.fd = leaderlife_election_fd(election), .events = POLLIN},
                            {.fd = STDIN_FILENO, .events = POLLIN}};
    while (!is_ended(election)) {
        if (poll(fds, 2, leaderlife_election_timeout_ms(election)) > 0 && fds[1].revents && !work(election)) {
            leaderlife_election_resign(election);
            fds[1].fd = -1;
        }
        leaderlife_election_process(election);
        show_events(election);
    }
    if (leaderlife_election_state(election) != LEADERLIFE_STATE_RESIGNED)
        fprintf(stderr, "%d: %s\n", (int)getpid(), leaderlife_election_error_text(election));
    int status = leaderlife_election_state(election) == LEADERLIFE_STATE_RESIGNED ? 0 : 1;
    leaderlife_election_free(election);
    return status;
}
