/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epoll, timerfd and eventfd behind one descriptor. Knows nothing of what the bytes mean.
 */
#include "io/reactor.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { ROUND_MAX = 32 };

/* What epoll gives back for the two descriptors that are no source. */
static char timer_mark;
static char wake_mark;

static void close_if_open(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int add_mark(struct reactor *reactor, int fd, void *mark)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = mark};

    return epoll_ctl(reactor->epoll, EPOLL_CTL_ADD, fd, &event);
}

int reactor_init(struct reactor *reactor)
{
    int error;

    *reactor = (struct reactor){.epoll = -1, .timer = -1, .wake = -1, .armed = INT64_MAX};
    reactor->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (reactor->epoll < 0)
        goto out;
    reactor->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (reactor->timer < 0 || add_mark(reactor, reactor->timer, &timer_mark) != 0)
        goto out;
    reactor->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (reactor->wake < 0 || add_mark(reactor, reactor->wake, &wake_mark) != 0)
        goto out;
    return 0;

out:
    error = errno;
    reactor_free(reactor);
    return error;
}

void reactor_free(struct reactor *reactor)
{
    close_if_open(&reactor->wake);
    close_if_open(&reactor->timer);
    close_if_open(&reactor->epoll);
}

static int control(struct reactor *reactor, int operation, struct source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};

    if (epoll_ctl(reactor->epoll, operation, source->fd, &event) != 0)
        return errno;
    source->events = events;
    return 0;
}

int reactor_add(struct reactor *reactor, struct source *source, uint32_t events)
{
    return control(reactor, EPOLL_CTL_ADD, source, events);
}

int reactor_change(struct reactor *reactor, struct source *source, uint32_t events)
{
    return control(reactor, EPOLL_CTL_MOD, source, events);
}

void reactor_remove(struct reactor *reactor, struct source *source)
{
    struct epoll_event unused = {0};

    /* It may have been closed already, and then epoll has forgotten it by itself. */
    (void)epoll_ctl(reactor->epoll, EPOLL_CTL_DEL, source->fd, &unused);
    for (int i = 0; i < reactor->round_size; i++) {
        if (reactor->round[i].data.ptr == source)
            reactor->round[i].data.ptr = NULL;
    }
}

static void drain(int fd)
{
    uint64_t count;

    while (read(fd, &count, sizeof count) < 0 && errno == EINTR)
        ;
}

static void dispatch(struct reactor *reactor, const struct epoll_event *event)
{
    struct source *source = event->data.ptr;

    if (event->data.ptr == &timer_mark) {
        drain(reactor->timer);
        reactor->armed = INT64_MAX;
    } else if (event->data.ptr == &wake_mark) {
        drain(reactor->wake);
    } else if (source) {
        source->ready(source, event->events);
    }
}

int reactor_poll(struct reactor *reactor)
{
    struct epoll_event events[ROUND_MAX];
    int count = epoll_wait(reactor->epoll, events, ROUND_MAX, 0);

    if (count <= 0)
        return 0;
    reactor->round = events;
    reactor->round_size = count;
    for (int i = 0; i < count; i++) {
        struct epoll_event event = events[i];

        dispatch(reactor, &event);
    }
    reactor->round = NULL;
    reactor->round_size = 0;
    return count;
}

void reactor_arm(struct reactor *reactor, int64_t at)
{
    struct itimerspec when = {0};

    if (at < 0)
        at = 0;
    if (at == reactor->armed)
        return;
    if (at == 0) { /* all zeros would disarm: the first nanosecond of the clock is long past */
        when.it_value.tv_nsec = 1;
    } else if (at < INT64_MAX) {
        when.it_value.tv_sec = (time_t)(at / 1000);
        when.it_value.tv_nsec = (long)(at % 1000) * 1000000;
    }
    if (timerfd_settime(reactor->timer, TFD_TIMER_ABSTIME, &when, NULL) == 0)
        reactor->armed = at;
}

int reactor_wait(struct reactor *reactor, int timeout_ms)
{
    struct pollfd wait_for = {.fd = reactor->epoll, .events = POLLIN};
    int ready = poll(&wait_for, 1, timeout_ms < 0 ? -1 : timeout_ms);

    return ready < 0 ? -errno : ready;
}

void reactor_wake(struct reactor *reactor)
{
    int saved = errno;
    uint64_t one = 1;

    /* Fails only when the counter is full, and then the descriptor is readable anyway. */
    while (write(reactor->wake, &one, sizeof one) < 0 && errno == EINTR)
        ;
    errno = saved;
}

int64_t reactor_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t reactor_earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

uint32_t reactor_random(void)
{
    uint32_t random;
    struct timespec now;

    if (getrandom(&random, sizeof random, GRND_NONBLOCK) == (ssize_t)sizeof random)
        return random;
    /* Early in a boot there may be none yet; it is needed for jitter and for names, never for secrecy. */
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)now.tv_nsec * 2654435761u ^ (uint32_t)getpid();
}
