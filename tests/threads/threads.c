/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threads CASE [WORD...]: what the header promises about threads, signal handlers and forks, for ThreadSanitizer to
 * watch. Each case is a process of its own, so that what is done at the first use is raced, too. 'misuse' does what the
 * header forbids, and must be reported.
 */
#include "threads.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIVES = 6, ROUNDS = 200, FORKS = 20 };

_Noreturn void threads_fail(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, condition);
    _exit(1);
}

/* ---- Elections ---- */

void threads_lock_init(struct threads_lock *lock)
{
    static int count;

    snprintf(lock->name, sizeof lock->name, "threads-%ld-%d", (long)getpid(), count++);
}

void threads_set(leaderlife_election *election, const char *name, const char *value)
{
    CHECK(leaderlife_election_set(election, name, value) == LEADERLIFE_OK);
}

leaderlife_election *threads_new(const char *lock)
{
    leaderlife_election *election = NULL;

    CHECK(leaderlife_election_new(lock, &election) == LEADERLIFE_OK);
    return election;
}

static leaderlife_election *local_new(const struct threads_lock *lock)
{
    leaderlife_election *election = threads_new(lock->name);

    threads_set(election, "backend", "local");
    return election;
}

static leaderlife_election *leader_of(const struct threads_lock *lock)
{
    leaderlife_election *election = local_new(lock);

    threads_become(election);
    threads_pop_all(election);
    return election;
}

void threads_pop_all(leaderlife_election *election)
{
    leaderlife_event *event;

    while ((event = leaderlife_election_pop_event(election)) != NULL) {
        CHECK(leaderlife_event_text(event) != NULL);
        leaderlife_event_free(event);
    }
}

void threads_become(leaderlife_election *election)
{
    int status;

    do
        status = leaderlife_election_become(election, -1);
    while (status == LEADERLIFE_EINTR);
    if (status != LEADERLIFE_OK)
        fprintf(stderr, "%s: %s\n", leaderlife_status_name(status), leaderlife_election_error_text(election));
    CHECK(status == LEADERLIFE_OK);
}

/* By the descriptor, as a program with an event loop does. */
static void drive_until(leaderlife_election *election, int state)
{
    while (leaderlife_election_state(election) != state) {
        struct pollfd look = {.fd = leaderlife_election_fd(election), .events = POLLIN};

        CHECK(poll(&look, 1, leaderlife_election_timeout_ms(election)) >= 0 || errno == EINTR);
        CHECK(leaderlife_election_process(election) == LEADERLIFE_OK);
        threads_pop_all(election);
    }
}

static void ask_all(const leaderlife_election *election)
{
    CHECK(leaderlife_election_is_ready(election) == 1);
    CHECK(leaderlife_election_token(election) != NULL);
    CHECK(leaderlife_election_backend(election) != NULL);
    CHECK(leaderlife_election_error_text(election) != NULL);
    CHECK(leaderlife_election_counter(election, "wakeups") > 0);
    CHECK(leaderlife_election_detail(election, "settled") != NULL);
    CHECK(leaderlife_election_get(election, "mode") != NULL);
    (void)leaderlife_election_holder(election);
    (void)leaderlife_election_term(election);
    (void)leaderlife_election_guard(election);
}

void threads_lead(struct threads_lock *lock, leaderlife_election *election, int how)
{
    CHECK(leaderlife_election_is_leader(election) == 1);
    CHECK(atomic_fetch_add_explicit(&lock->leaders, 1, memory_order_relaxed) == 0);
    atomic_fetch_add_explicit(&lock->terms, 1, memory_order_relaxed);
    ask_all(election);
    threads_pop_all(election);
    CHECK(atomic_fetch_sub_explicit(&lock->leaders, 1, memory_order_relaxed) == 1);
    if (how == 0) {
        CHECK(leaderlife_election_resign(election) == LEADERLIFE_OK);
        drive_until(election, LEADERLIFE_STATE_RESIGNED);
    } else if (how == 1) {
        CHECK(leaderlife_election_close(election) == LEADERLIFE_OK);
        drive_until(election, LEADERLIFE_STATE_CLOSED);
    }
    leaderlife_election_free(election);
}

/* ---- Threads ---- */

static pthread_barrier_t all_are_here;

void threads_begin(void)
{
    int waited = pthread_barrier_wait(&all_are_here);

    CHECK(waited == 0 || waited == PTHREAD_BARRIER_SERIAL_THREAD);
}

void threads_run(void *(*begin)(void *), void *const *arguments, int count)
{
    pthread_t threads[THREADS];

    CHECK(count <= THREADS && pthread_barrier_init(&all_are_here, NULL, (unsigned)count) == 0);
    for (int i = 0; i < count; i++)
        CHECK(pthread_create(&threads[i], NULL, begin, arguments[i]) == 0);
    for (int i = 0; i < count; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

static void run_all_with(void *(*begin)(void *), void *argument)
{
    void *arguments[THREADS];

    for (int i = 0; i < THREADS; i++)
        arguments[i] = argument;
    threads_run(begin, arguments, THREADS);
}

/* ---- Handles of their own ---- */

static void *live(void *argument)
{
    struct threads_lock *lock = argument;

    threads_begin();
    for (int i = 0; i < LIVES; i++) {
        leaderlife_election *election = local_new(lock);

        if (i % 2 == 0) {
            threads_become(election);
        } else {
            CHECK(leaderlife_election_start(election) == LEADERLIFE_OK);
            drive_until(election, LEADERLIFE_STATE_LEADER);
        }
        threads_lead(lock, election, i % 3);
    }
    return NULL;
}

static void lives(void)
{
    struct threads_lock locks[2] = {0};
    void *arguments[THREADS];

    for (int i = 0; i < 2; i++)
        threads_lock_init(&locks[i]);
    for (int i = 0; i < THREADS; i++)
        arguments[i] = &locks[i % 2];
    threads_run(live, arguments, THREADS);
    for (int i = 0; i < 2; i++)
        CHECK(locks[i].terms == LIVES * THREADS / 2);
}

/* ---- Without a handle ---- */

static void *ask_words(void *unused)
{
    threads_begin();
    for (int i = 0; i < ROUNDS; i++) {
        for (size_t option = 0; option < leaderlife_option_count(); option++)
            CHECK(leaderlife_option_name(option) != NULL && leaderlife_option_type(option) != NULL &&
                  leaderlife_option_default(option) != NULL && leaderlife_option_help(option) != NULL);
        for (int status = -40; status <= 1; status++)
            CHECK(leaderlife_strerror(status) != NULL &&
                  (leaderlife_status_name(status) != NULL || status < -24 || status > 0));
        CHECK(leaderlife_state_name(i % 9) != NULL);
        CHECK(leaderlife_version_number() >= 100 && leaderlife_version() != NULL);
        CHECK(leaderlife_token_compare("1", "2") < 0);
    }
    return unused;
}

static void words(void)
{
    run_all_with(ask_words, NULL);
}

/* ---- Wake-ups ---- */

static leaderlife_election *woken; /* made before anybody wakes it */
static atomic_bool done;
static pthread_t waiter;

static void *wake(void *unused)
{
    while (!atomic_load_explicit(&done, memory_order_relaxed)) {
        CHECK(leaderlife_election_wakeup(woken) == LEADERLIFE_OK);
        poll(NULL, 0, 1);
    }
    return unused;
}

/* While others wake it by `begin`: each wait ends for that, and the campaign goes on. */
static void wait_woken_by(void *(*begin)(void *), struct threads_lock *lock)
{
    leaderlife_election *leader = leader_of(lock);
    pthread_t wakers[2];

    waiter = pthread_self();
    for (int i = 0; i < 2; i++)
        CHECK(pthread_create(&wakers[i], NULL, begin, NULL) == 0);
    for (int i = 0; i < ROUNDS; i++) {
        int status = i % 2 == 0 || leaderlife_election_state(woken) != LEADERLIFE_STATE_STANDBY
                         ? leaderlife_election_become(woken, -1)
                         : leaderlife_election_wait(woken, -1);

        CHECK(status == LEADERLIFE_EINTR || status == LEADERLIFE_OK); /* OK: events are queued */
        CHECK(leaderlife_election_is_leader(woken) == 0);
        CHECK(leaderlife_election_process(woken) == LEADERLIFE_OK);
        threads_pop_all(woken);
    }
    atomic_store_explicit(&done, true, memory_order_relaxed);
    for (int i = 0; i < 2; i++)
        CHECK(pthread_join(wakers[i], NULL) == 0);
    leaderlife_election_free(leader);
    threads_become(woken);
    CHECK(leaderlife_election_is_leader(woken) == 1);
}

static void wakeups(void)
{
    struct threads_lock lock = {0};

    threads_lock_init(&lock);
    woken = local_new(&lock);
    wait_woken_by(wake, &lock);
    threads_lead(&lock, woken, 1);
}

/* ---- Signal handlers ---- */

static atomic_int handled;

static void on_signal(int number)
{
    int saved = errno;

    (void)number;
    errno = 4711;
    if (leaderlife_election_wakeup(woken) != LEADERLIFE_OK || errno != 4711)
        _exit(2);
    errno = saved;
    atomic_fetch_add_explicit(&handled, 1, memory_order_relaxed);
}

static void *send_signals(void *unused)
{
    while (!atomic_load_explicit(&done, memory_order_relaxed)) {
        CHECK(pthread_kill(waiter, SIGUSR1) == 0);
        CHECK(kill(getpid(), SIGUSR1) == 0); /* in whichever thread: they live lives of their own */
        poll(NULL, 0, 1);
    }
    return unused;
}

static void *live_under_signals(void *argument)
{
    while (!atomic_load_explicit(&done, memory_order_relaxed))
        threads_lead(argument, leader_of(argument), 1);
    return NULL;
}

static void handlers(void)
{
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct threads_lock locks[2] = {0};
    pthread_t other;

    threads_lock_init(&locks[0]);
    threads_lock_init(&locks[1]);
    woken = local_new(&locks[0]);
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    CHECK(pthread_create(&other, NULL, live_under_signals, &locks[1]) == 0);
    wait_woken_by(send_signals, &locks[0]);
    CHECK(pthread_join(other, NULL) == 0);
    CHECK(handled > 0 && signal(SIGUSR1, SIG_IGN) != SIG_ERR);
    threads_lead(&locks[0], woken, 1);
}

/* ---- One handle ---- */

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static void *use_in_turn(void *argument)
{
    leaderlife_election *election = argument;

    threads_begin();
    for (int i = 0; i < ROUNDS; i++) {
        CHECK(pthread_mutex_lock(&turn) == 0);
        CHECK(leaderlife_election_process(election) == LEADERLIFE_OK);
        ask_all(election);
        threads_pop_all(election);
        CHECK(pthread_mutex_unlock(&turn) == 0);
    }
    return NULL;
}

static void in_turn(void)
{
    struct threads_lock lock = {0};

    threads_lock_init(&lock);
    leaderlife_election *election = leader_of(&lock);
    run_all_with(use_in_turn, election);
    threads_lead(&lock, election, 1);
}

static bool is_or_busy(int status, int expected)
{
    return status == expected || status == LEADERLIFE_EBUSY;
}

/* Who finds another thread inside is told, and does nothing. Getters are not for this. */
static void *use_at_once(void *argument)
{
    leaderlife_election *election = argument;

    threads_begin();
    for (int i = 0; i < ROUNDS; i++) {
        int waited = leaderlife_election_wait(election, i % 2);

        CHECK(is_or_busy(waited, LEADERLIFE_ETIMEDOUT) || waited == LEADERLIFE_OK);
        CHECK(is_or_busy(leaderlife_election_process(election), LEADERLIFE_OK));
        CHECK(is_or_busy(leaderlife_election_become(election, 0), LEADERLIFE_OK));
        CHECK(is_or_busy(leaderlife_election_set(election, "mode", "observe"), LEADERLIFE_ESTATE));
        CHECK(is_or_busy(leaderlife_election_start(election), LEADERLIFE_ESTATE));
        CHECK(is_or_busy(leaderlife_election_diagnose(election, 0), LEADERLIFE_ESTATE));
        leaderlife_event_free(leaderlife_election_pop_event(election));
    }
    return NULL;
}

static void at_once(void)
{
    struct threads_lock lock = {0};

    threads_lock_init(&lock);
    leaderlife_election *election = leader_of(&lock);
    run_all_with(use_at_once, election);
    threads_lead(&lock, election, 0);
}

/* A getter beside another thread: what the header forbids. */
static void *ask_beside(void *argument)
{
    threads_begin();
    for (int i = 0; i < ROUNDS; i++)
        (void)leaderlife_election_timeout_ms(argument);
    return NULL;
}

static void *process_beside(void *argument)
{
    threads_begin();
    for (int i = 0; i < ROUNDS; i++)
        CHECK(leaderlife_election_process(argument) == LEADERLIFE_OK);
    return NULL;
}

static void *ask_or_process(void *argument)
{
    static atomic_int count;

    return atomic_fetch_add_explicit(&count, 1, memory_order_relaxed) == 0 ? process_beside(argument)
                                                                           : ask_beside(argument);
}

static void misuse(void)
{
    struct threads_lock lock = {0};

    threads_lock_init(&lock);
    leaderlife_election *election = leader_of(&lock);
    run_all_with(ask_or_process, election);
    leaderlife_election_free(election);
}

/* ---- Fork ---- */

static void *live_beside_forks(void *argument)
{
    while (!atomic_load_explicit(&done, memory_order_relaxed))
        threads_lead(argument, leader_of(argument), 0);
    return NULL;
}

/* In the child nothing but this thread is left. */
static void be_child(leaderlife_election *election)
{
    CHECK(leaderlife_election_process(election) == LEADERLIFE_EFORKED);
    CHECK(leaderlife_election_become(election, 0) == LEADERLIFE_EFORKED);
    CHECK(leaderlife_election_close(election) == LEADERLIFE_EFORKED);
    CHECK(leaderlife_election_wakeup(election) == LEADERLIFE_EFORKED);
    CHECK(leaderlife_election_is_leader(election) == 0 && leaderlife_election_fd(election) == -1);
    leaderlife_election_free(election);
    _exit(0);
}

static void forks(void)
{
    struct threads_lock locks[3] = {0};
    pthread_t threads[2];

    for (int i = 0; i < 3; i++)
        threads_lock_init(&locks[i]);
    leaderlife_election *election = leader_of(&locks[2]);
    for (int i = 0; i < 2; i++)
        CHECK(pthread_create(&threads[i], NULL, live_beside_forks, &locks[i]) == 0);
    for (int i = 0; i < FORKS; i++) {
        int status = -1;
        pid_t child = fork();

        if (child == 0)
            be_child(election);
        CHECK(child > 0 && waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        CHECK(leaderlife_election_process(election) == LEADERLIFE_OK);
        CHECK(leaderlife_election_is_leader(election) == 1);
    }
    atomic_store_explicit(&done, true, memory_order_relaxed);
    for (int i = 0; i < 2; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    threads_lead(&locks[2], election, 1);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } cases[] = {{"lives", lives},     {"words", words},     {"wakeups", wakeups}, {"handlers", handlers},
                 {"in-turn", in_turn}, {"at-once", at_once}, {"misuse", misuse},   {"forks", forks}};

    if (argc > 5 && strcmp(argv[1], "kubernetes") == 0) {
        threads_kubernetes(argc - 2, argv + 2);
        return 0;
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (argc == 2 && strcmp(argv[1], cases[i].name) == 0) {
            cases[i].run();
            return 0;
        }
    fprintf(stderr, "usage: threads CASE [WORD...]\n");
    return 2;
}
