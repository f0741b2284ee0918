/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests share in which a host program closes descriptors that it did not open: which these are, who has their
 * numbers afterwards, and what an election says then. Include after cmocka.h.
 */
#ifndef TESTS_UNIT_DESCRIPTORS_FIXTURE_H
#define TESTS_UNIT_DESCRIPTORS_FIXTURE_H

#include "unit/handle_fixture.h"

#include <dirent.h>
#include <fcntl.h>

enum { NUMBERS_MAX = 64, LAST = 1023 };

static inline int set_up(void **state)
{
    (void)state;
    clear_environment();
    return 0;
}

/* ---- The numbers of this process ---- */

struct int_set {
    int of[NUMBERS_MAX];
    int count;
};

static inline bool has(const struct int_set *numbers, int fd)
{
    for (int i = 0; i < numbers->count; i++)
        if (numbers->of[i] == fd)
            return true;
    return false;
}

/* Those that are open, but for these. */
static inline struct int_set open_numbers(const struct int_set *but)
{
    struct int_set found = {.count = 0};
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;

    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        int fd = atoi(entry->d_name);

        if (entry->d_name[0] == '.' || fd == dirfd(folder) || (but != NULL && has(but, fd)))
            continue;
        assert_true(found.count < NUMBERS_MAX);
        found.of[found.count++] = fd;
    }
    closedir(folder);
    return found;
}

static inline void close_numbers(const struct int_set *numbers)
{
    for (int i = 0; i < numbers->count; i++)
        close(numbers->of[i]);
}

/* What has the numbers afterwards: one end of a pipe, whose other end tells whether anything was written. */
struct takers {
    struct int_set numbers;
    int reader;
};

static inline void take(struct takers *takers, const struct int_set *numbers)
{
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    takers->reader = fcntl(ends[0], F_DUPFD_CLOEXEC, LAST + 1);
    int writer = fcntl(ends[1], F_DUPFD_CLOEXEC, LAST + 1);
    assert_true(takers->reader >= 0 && writer >= 0);
    close(ends[0]);
    close(ends[1]);
    takers->numbers = *numbers;
    for (int i = 0; i < numbers->count; i++)
        assert_int_equal(dup2(writer, numbers->of[i]), numbers->of[i]);
    close(writer);
}

/* All are open, and nothing was written: then the end of the pipe comes when they are closed. */
static inline void assert_untouched_and_close(const struct takers *takers)
{
    char byte;

    for (int i = 0; i < takers->numbers.count; i++) {
        assert_int_equal(read(takers->reader, &byte, 1), -1);
        assert_int_equal(errno, EAGAIN);
        assert_int_equal(close(takers->numbers.of[i]), 0);
    }
    assert_int_equal(read(takers->reader, &byte, 1), 0);
    close(takers->reader);
}

/* ---- What is said ---- */

/* The end is told once, by an event of state with status and text. */
static inline void assert_end_event(leaderlife_election *election, int state, int status, const char *part)
{
    leaderlife_event *event;
    int told = 0;

    while ((event = leaderlife_election_pop_event(election)) != NULL) {
        if (leaderlife_event_kind(event) == LEADERLIFE_EVENT_STATE && leaderlife_event_state(event) == state) {
            told++;
            assert_int_equal(leaderlife_event_status(event), status);
            assert_text(leaderlife_event_text(event), part);
        }
        leaderlife_event_free(event);
    }
    assert_int_equal(told, 1);
}

/* No hang, no spin, no descriptor. */
static inline void assert_at_rest(leaderlife_election *election)
{
    pop_all(election);
    assert_int_equal(leaderlife_election_process(election), LEADERLIFE_OK);
    assert_null(leaderlife_election_pop_event(election));
    assert_int_equal(leaderlife_election_fd(election), -1);
    assert_int_equal(leaderlife_election_timeout_ms(election), -1);
    assert_int_equal(leaderlife_election_wait(election, -1), LEADERLIFE_ESTATE);
    assert_int_equal(leaderlife_election_wakeup(election), LEADERLIFE_OK);
    assert_null(leaderlife_election_holder(election));
}

static inline void assert_lost(leaderlife_election *leader, const char *what)
{
    char text[100];

    assert_int_equal(leaderlife_election_process(leader), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_is_leader(leader), 0);
    assert_int_equal(leaderlife_election_is_ready(leader), 0);
    assert_null(leaderlife_election_token(leader));
    assert_int_equal(leaderlife_election_state(leader), LEADERLIFE_STATE_LOST);
    snprintf(text, sizeof text, "the program has closed %s", what);
    assert_error(leader, text);
    assert_error(leader, "start the election after that"); /* the cure */
    assert_end_event(leader, LEADERLIFE_STATE_LOST, LEADERLIFE_ELOST, text);
}

/* Another process becomes the leader of that lock, while ours says what it says. */
static inline void assert_another_process_leads(const char *lock)
{
    int ends[2];
    pid_t child;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    child = fork_child();
    if (child == 0) {
        leaderlife_election *own = NULL;

        report_and_wait(ends[1], leaderlife_election_new(lock, &own) == LEADERLIFE_OK &&
                                     leaderlife_election_become(own, HANG_MS) == LEADERLIFE_OK);
    }
    close(ends[1]);
    wait_for_report(ends[0]);
    close(ends[0]);
    kill_child(child);
}

#endif
