/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Elections on an API server, one for each thread: all make their first connection at one moment, so libcurl and its
 * TLS library are initialised by one of many; while they stand by, a thread wakes them all.
 */
#include "threads.h"

#include <poll.h>
#include <string.h>

enum { SERVER, CA, TOKEN, NAMESPACE, PODS, TERMS = 2 };

static char **place;
static struct threads_lock lock;

struct candidate {
    char *pod;
    char *uid;
    pthread_mutex_t held; /* while the handle is made or freed */
    leaderlife_election *election;
};

static struct candidate candidates[THREADS];
static int count;
static atomic_bool over;

static leaderlife_election *make(const struct candidate *candidate)
{
    leaderlife_election *election = threads_new(lock.name);

    threads_set(election, "backend", "kubernetes");
    threads_set(election, "server", place[SERVER]);
    threads_set(election, "ca-file", place[CA]);
    threads_set(election, "token-file", place[TOKEN]);
    threads_set(election, "namespace", place[NAMESPACE]);
    threads_set(election, "pod-name", candidate->pod);
    threads_set(election, "pod-uid", candidate->uid);
    threads_set(election, "log-level", "debug");
    return election;
}

/* A wake-up needs a handle that exists: that is the program's to see to. */
static leaderlife_election *show(struct candidate *candidate, leaderlife_election *election)
{
    leaderlife_election *before;

    CHECK(pthread_mutex_lock(&candidate->held) == 0);
    before = candidate->election;
    candidate->election = election;
    CHECK(pthread_mutex_unlock(&candidate->held) == 0);
    return before;
}

static void *campaign(void *argument)
{
    struct candidate *candidate = argument;

    threads_begin();
    for (int term = 0; term < TERMS; term++) {
        show(candidate, make(candidate));
        threads_become(candidate->election);
        threads_lead(&lock, show(candidate, NULL), term == 0 ? 0 : 1);
    }
    return NULL;
}

static void *wake_all(void *unused)
{
    while (!atomic_load_explicit(&over, memory_order_relaxed)) {
        for (int i = 0; i < count; i++) {
            CHECK(pthread_mutex_lock(&candidates[i].held) == 0);
            if (candidates[i].election != NULL)
                CHECK(leaderlife_election_wakeup(candidates[i].election) == LEADERLIFE_OK);
            CHECK(pthread_mutex_unlock(&candidates[i].held) == 0);
        }
        poll(NULL, 0, 5);
    }
    return unused;
}

void threads_kubernetes(int words_count, char **words)
{
    void *arguments[THREADS];
    pthread_t waker;

    place = words;
    threads_lock_init(&lock);
    count = words_count - PODS;
    CHECK(count <= THREADS);
    for (int i = 0; i < count; i++) {
        char *uid = strchr(words[PODS + i], '=');

        CHECK(uid != NULL);
        *uid = '\0';
        candidates[i] = (struct candidate){.pod = words[PODS + i], .uid = uid + 1};
        CHECK(pthread_mutex_init(&candidates[i].held, NULL) == 0);
        arguments[i] = &candidates[i];
    }
    CHECK(pthread_create(&waker, NULL, wake_all, NULL) == 0);
    threads_run(campaign, arguments, count);
    atomic_store_explicit(&over, true, memory_order_relaxed);
    CHECK(pthread_join(waker, NULL) == 0);
    CHECK(lock.terms == TERMS * count);
}
