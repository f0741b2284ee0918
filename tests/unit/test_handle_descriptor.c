/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host program that closes one descriptor which it did not open, by a mistake such as a second close: whichever it
 * hits, and whoever has its number then.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/descriptors_fixture.h"

/* Closed, or taken by a pipe. */
static void each_alone(void **state)
{
    const char *lock = fresh_lock_name();

    (void)state;
    for (int i = 0; i < 2 * 5; i++) {
        struct int_set before = open_numbers(NULL);
        leaderlife_election *leader = leader_of(lock);
        struct int_set ours = open_numbers(&before);
        struct int_set one = {.of = {ours.of[i / 2]}, .count = 1};
        struct takers takers;

        assert_int_equal(ours.count, 5); /* epoll, timer, a socket pair, and the lock */
        if (i % 2 == 0)
            close_numbers(&one);
        else
            take(&takers, &one);
        pop_all(leader);
        assert_lost(leader, one.of[0] > 700 ? "the lock's descriptor" : "a descriptor of this election");
        assert_another_process_leads(lock);
        assert_int_equal(leaderlife_election_wakeup(leader), LEADERLIFE_OK);
        leaderlife_election_free(leader);
        if (i % 2 == 1)
            assert_untouched_and_close(&takers);
        struct int_set left = open_numbers(&before); /* what cannot be told from others' stays open */
        assert_true(left.count <= 2 && !has(&left, one.of[0]));
        close_numbers(&left);
    }
}

/* The same by its own kind: live sockets, epolls and timers of another election. */
static void each_by_its_like(void **state)
{
    const char *lock = fresh_lock_name();
    char others_lock[80];

    (void)state;
    snprintf(others_lock, sizeof others_lock, "%s-other", lock);
    for (int i = 0; i < 5; i++) {
        struct int_set before = open_numbers(NULL);
        leaderlife_election *leader = leader_of(lock);
        struct int_set ours = open_numbers(&before);
        leaderlife_election *other = leader_of(others_lock);
        struct int_set both = open_numbers(&before);
        struct int_set theirs = {.count = 0};

        for (int j = 0; j < both.count; j++)
            if (!has(&ours, both.of[j]))
                theirs.of[theirs.count++] = both.of[j];
        assert_int_equal(theirs.count, ours.count);
        pop_all(leader);
        assert_int_equal(dup2(theirs.of[i], ours.of[i]), ours.of[i]);
        assert_lost(leader, ours.of[i] > 700 ? "the lock's descriptor" : "a descriptor of this election");
        leaderlife_election_free(leader);
        assert_true(fcntl(ours.of[i], F_GETFD) >= 0);
        close(ours.of[i]);
        settle(other);
        assert_true(leaderlife_election_is_leader(other));
        leaderlife_election_free(other);
    }
}

/* All numbers go to another election that is made after: the worst likeness that there is. */
static void all_by_the_next_election(void **state)
{
    const char *lock = fresh_lock_name();
    struct int_set before = open_numbers(NULL);
    leaderlife_election *leader = leader_of(lock);
    struct int_set ours = open_numbers(&before);

    (void)state;
    pop_all(leader);
    close_numbers(&ours);
    leaderlife_election *next = leader_of(lock);
    struct int_set theirs = open_numbers(&before);
    for (int i = 0; i < ours.count; i++)
        assert_true(has(&theirs, ours.of[i]));
    assert_lost(leader, "the lock's descriptor");
    assert_int_equal(leaderlife_election_close(leader), LEADERLIFE_OK);
    leaderlife_election_free(leader);
    settle(next);
    assert_true(leaderlife_election_is_leader(next));
    assert_int_equal(leaderlife_election_resign(next), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_state(next), LEADERLIFE_STATE_RESIGNED);
    leaderlife_election_free(next);
}

/* What leads to the holder can be had anew. */
static void the_connection_to_the_holder(void **state)
{
    const char *lock = fresh_lock_name();
    leaderlife_election *leader = leader_of(lock);
    leaderlife_election *standby = started_election(lock);
    struct int_set others = open_numbers(NULL);
    struct int_set more;
    struct takers takers;

    (void)state;
    drive_until_asleep(standby);
    more = open_numbers(&others);
    assert_int_equal(more.count, 1);
    take(&takers, &more);
    assert_int_equal(leaderlife_election_become(standby, 0), LEADERLIFE_ETIMEDOUT);
    assert_int_equal(leaderlife_election_state(standby), LEADERLIFE_STATE_STANDBY);
    leaderlife_election_free(leader);
    assert_int_equal(leaderlife_election_become(standby, HANG_MS), LEADERLIFE_OK);
    assert_untouched_and_close(&takers);
    leaderlife_election_free(standby);
}

/* A connection, and (since Linux 5.3; valgrind knows none) a pidfd of the holder's process: each alone, and both. */
static void what_tells_of_the_holder(void **state)
{
    (void)state;
    for (int i = 1; i <= 3; i++) {
        const char *lock = fresh_lock_name();
        struct kernel_lock_name name;
        struct takers takers;

        char user[24];

        snprintf(user, sizeof user, "%ld", (long)geteuid());
        kernel_lock_make_name(&name, "leaderlife", user, lock);
        pid_t holder = start_holder(&name, geteuid());
        leaderlife_election *standby = started_election(lock);
        struct int_set before = open_numbers(NULL);
        drive_until_asleep(standby);
        struct int_set both = open_numbers(&before);
        assert_in_range(both.count, 1, 2);
        struct int_set taken = {.count = 0};
        for (int j = 0; j < both.count; j++)
            if ((i & 1 << j) != 0)
                taken.of[taken.count++] = both.of[j];
        take(&takers, &taken);
        assert_int_equal(leaderlife_election_become(standby, 0), LEADERLIFE_ETIMEDOUT);
        kill_child(holder);
        assert_int_equal(leaderlife_election_become(standby, HANG_MS), LEADERLIFE_OK);
        leaderlife_election_free(standby);
        assert_untouched_and_close(&takers);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_alone),
        cmocka_unit_test(each_by_its_like),
        cmocka_unit_test(all_by_the_next_election),
        cmocka_unit_test(the_connection_to_the_holder),
        cmocka_unit_test(what_tells_of_the_holder),
    };

    return cmocka_run_group_tests_name("unit_handle_descriptor", tests, set_up, NULL);
}
