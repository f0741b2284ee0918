/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel lock and children of its holder: with a copy of the descriptor they keep it, by exec they let go of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "local/kernel_lock_fixture.h"

#include <fcntl.h>

static void a_child_without_exec_keeps_it(void **state)
{
    int holder;
    int waiter;
    int fd;
    pid_t child;

    (void)state;
    assert_int_equal(kernel_lock_acquire(&name, &holder), 0);
    waiter = connect_to_holder();
    child = start_child_without_exec();
    assert_int_equal(kernel_lock_release(&name, holder), 1);
    assert_false(kernel_lock_has_hung_up(waiter));
    assert_int_equal(kernel_lock_acquire(&name, &fd), EADDRINUSE);
    kill_child(child);
    close(waiter); /* the child had a copy of this one too, and so it is no proof */
    assert_int_equal(kernel_lock_acquire(&name, &fd), 0);
    assert_int_equal(kernel_lock_release(&name, fd), 0);
}

static void a_child_that_keeps_it_is_seen_with_a_full_queue(void **state)
{
    int holder = bind_raw(&name, 0);
    pid_t child;

    (void)state;
    close(connect_to_holder());
    child = start_child_without_exec();
    assert_int_equal(kernel_lock_release(&name, holder), 1);
    kill_child(child);
    assert_refused();
}

static void a_child_that_execs_does_not(void **state)
{
    int ends[2];
    int holder;
    pid_t child;
    char byte;

    (void)state;
    assert_int_equal(kernel_lock_acquire(&name, &holder), 0);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    child = fork_child();
    if (child == 0) {
        execlp("sleep", "sleep", "1000", (char *)NULL);
        _exit(1);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 0); /* closed by exec, as the lock's descriptor is */
    close(ends[0]);
    assert_int_equal(waitpid(child, NULL, WNOHANG), 0); /* it lives: exec succeeded */
    assert_int_equal(kernel_lock_release(&name, holder), 0);
    kill_child(child);
}

static void a_descriptor_that_survives_exec_keeps_it(void **state)
{
    int ends[2];
    int holder;
    pid_t child;
    char byte;

    (void)state;
    assert_int_equal(kernel_lock_acquire(&name, &holder), 0);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    child = fork_child();
    if (child == 0) {
        if (kernel_lock_keep_on_exec(holder) == 0)
            execlp("sleep", "sleep", "1000", (char *)NULL);
        _exit(1);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 0);
    close(ends[0]);
    assert_true(fcntl(holder, F_GETFD) & FD_CLOEXEC); /* the parent's own is untouched */
    assert_int_equal(kernel_lock_release(&name, holder), 1);
    kill_child(child);
    assert_refused();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_child_without_exec_keeps_it, set_up),
        cmocka_unit_test_setup(a_child_that_keeps_it_is_seen_with_a_full_queue, set_up),
        cmocka_unit_test_setup(a_child_that_execs_does_not, set_up),
        cmocka_unit_test_setup(a_descriptor_that_survives_exec_keeps_it, set_up),
    };

    return cmocka_run_group_tests_name("local_kernel_lock_children", tests, NULL, NULL);
}
