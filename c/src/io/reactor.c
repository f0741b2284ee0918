/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epoll, timerfd and a socket pair behind one descriptor.
 */
#include "io/reactor.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { ROUND_MAX = 32 };

/* What epoll gives back for the two descriptors that are no source; for a source its serial, never its address: epoll
 * goes on telling of a file whose number was closed by the host program while a forked child has it, whatever is freed
 * here. */
enum { TIMER_MARK, WAKE_MARK, MARKS };

static void close_if_open(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* ADD; or MOD, which changes nothing: it fails unless that very file is there under that number. */
static int mark(const struct reactor *reactor, int operation, int fd, uint64_t data)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = data};

    return epoll_ctl(reactor->epoll, operation, fd, &event);
}

static void close_all(struct reactor *reactor)
{
    close_if_open(&reactor->wake);
    close_if_open(&reactor->waker);
    close_if_open(&reactor->timer);
    close_if_open(&reactor->epoll);
}

/* Not a pipe: a write to one whose other end the host program has closed would be answered by SIGPIPE. */
static int open_pair(struct reactor *reactor)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return -1;
    reactor->wake = ends[0];
    reactor->waker = ends[1];
    reactor->wake_file = file_id_of(ends[0]);
    reactor->waker_file = file_id_of(ends[1]);
    return 0;
}

int reactor_init(struct reactor *reactor)
{
    int error;

    *reactor =
        (struct reactor){.epoll = -1, .timer = -1, .wake = -1, .waker = -1, .armed = NEVER, .last_serial = MARKS};
    reactor->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (reactor->epoll < 0)
        goto out;
    reactor->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (reactor->timer < 0 || mark(reactor, EPOLL_CTL_ADD, reactor->timer, TIMER_MARK) != 0)
        goto out;
    if (open_pair(reactor) != 0 || mark(reactor, EPOLL_CTL_ADD, reactor->wake, WAKE_MARK) != 0)
        goto out;
    return 0;

out:
    error = errno;
    close_all(reactor);
    return error;
}

/* ---- Whose the numbers are ---- */

/* Nobody else has put our end of the pair into an epoll: so an epoll that has it is ours. */
static bool epoll_is_ours(const struct reactor *reactor)
{
    return file_is_at(reactor->wake, &reactor->wake_file) &&
           mark(reactor, EPOLL_CTL_MOD, reactor->wake, WAKE_MARK) == 0;
}

/* And what is in our epoll under its number is ours. */
static bool timer_is_ours(const struct reactor *reactor)
{
    return mark(reactor, EPOLL_CTL_MOD, reactor->timer, TIMER_MARK) == 0;
}

bool reactor_is_ours(const struct reactor *reactor)
{
    return !reactor->haunted && file_is_at(reactor->waker, &reactor->waker_file) && epoll_is_ours(reactor) &&
           timer_is_ours(reactor);
}

void reactor_give_up(struct reactor *reactor)
{
    bool ours = epoll_is_ours(reactor);

    if (!ours || !timer_is_ours(reactor))
        reactor->timer = -1;
    if (!ours)
        reactor->epoll = -1;
    close_if_open(&reactor->timer);
    close_if_open(&reactor->epoll);
}

void reactor_free(struct reactor *reactor)
{
    reactor_give_up(reactor);
    file_close(reactor->wake, &reactor->wake_file);
    file_close(reactor->waker, &reactor->waker_file);
    reactor->wake = -1;
    reactor->waker = -1;
}

/* ---- Sources ---- */

static struct source *find(const struct reactor *reactor, uint64_t serial)
{
    struct source *source = reactor->sources;

    while (source != NULL && source->serial != serial)
        source = source->next;
    return source;
}

static int control(struct reactor *reactor, int operation, struct source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.u64 = source->serial};

    if (epoll_ctl(reactor->epoll, operation, source->fd, &event) != 0)
        return errno;
    source->events = events;
    return 0;
}

static bool is_added(const struct reactor *reactor, const struct source *source)
{
    return source->serial != 0 && find(reactor, source->serial) == source;
}

/* Epoll takes a number twice only if it stands for another file by now. */
static void supersede(struct reactor *reactor, const struct source *by)
{
    for (struct source *source = reactor->sources; source != NULL; source = source->next)
        if (source->fd == by->fd && source != by)
            source->superseded = true;
}

/* One that is added already may be added again, if its number stands for another file by now. */
int reactor_add(struct reactor *reactor, struct source *source, uint32_t events)
{
    bool again = is_added(reactor, source);
    uint64_t before = again ? source->serial : 0;

    source->serial = ++reactor->last_serial;
    int error = control(reactor, EPOLL_CTL_ADD, source, events);
    if (error != 0) {
        source->serial = before;
        return error;
    }
    source->file = file_id_of(source->fd);
    source->superseded = false;
    supersede(reactor, source);
    if (!again) {
        source->next = reactor->sources;
        reactor->sources = source;
    }
    return 0;
}

int reactor_change(struct reactor *reactor, struct source *source, uint32_t events)
{
    if (!is_added(reactor, source) || source->superseded)
        return ENOENT;
    return control(reactor, EPOLL_CTL_MOD, source, events);
}

static bool take_out(struct reactor *reactor, struct source *source)
{
    struct source **link = &reactor->sources;

    while (*link != NULL && *link != source)
        link = &(*link)->next;
    if (*link == NULL)
        return false;
    *link = source->next;
    source->serial = 0;
    reactor->removed = true;
    return true;
}

void reactor_forget(struct reactor *reactor, int fd)
{
    struct epoll_event unused = {0};

    (void)epoll_ctl(reactor->epoll, EPOLL_CTL_DEL, fd, &unused);
}

/* It may have been closed already, and then epoll has forgotten it by itself, unless a forked child has the file. */
void reactor_remove(struct reactor *reactor, struct source *source)
{
    if (take_out(reactor, source) && !source->superseded)
        reactor_forget(reactor, source->fd);
}

bool reactor_has(const struct reactor *reactor, const struct source *source)
{
    struct epoll_event same = {.events = source->events, .data.u64 = source->serial};

    return source->fd >= 0 && source->serial != 0 && !source->superseded && find(reactor, source->serial) == source &&
           epoll_ctl(reactor->epoll, EPOLL_CTL_MOD, source->fd, &same) == 0;
}

void reactor_close(struct reactor *reactor, struct source *source, bool forked)
{
    bool ours = reactor_has(reactor, source);

    if (forked)
        (void)take_out(reactor, source);
    else
        reactor_remove(reactor, source);
    if (ours)
        close(source->fd);
    source->fd = -1;
}

bool reactor_source_is_ours(const struct source *source)
{
    return file_is_at(source->fd, &source->file);
}

void reactor_source_close(struct source *source)
{
    file_close(source->fd, &source->file);
    source->fd = -1;
}

/* ---- Rounds ---- */

static void drain(int fd)
{
    char bytes[1024];
    ssize_t got;

    do
        got = read(fd, bytes, sizeof bytes);
    while (got == (ssize_t)sizeof bytes || (got < 0 && errno == EINTR));
}

static void dispatch(struct reactor *reactor, const struct epoll_event *event)
{
    struct source *source = find(reactor, event->data.u64);

    if (event->data.u64 == TIMER_MARK) {
        drain(reactor->timer);
        reactor->armed = NEVER;
    } else if (event->data.u64 == WAKE_MARK) {
        drain(reactor->wake);
    } else if (source != NULL) {
        source->ready(source, event->events);
    } else if (!reactor->removed) {
        reactor->haunted = true; /* epoll would report it for ever, and cannot remove it without its number */
    }
}

int reactor_poll(struct reactor *reactor)
{
    struct epoll_event events[ROUND_MAX];
    int count = epoll_wait(reactor->epoll, events, ROUND_MAX, 0);

    reactor->removed = false;
    for (int i = 0; i < count; i++)
        dispatch(reactor, &events[i]);
    return count < 0 ? 0 : count;
}

void reactor_arm(struct reactor *reactor, int64_t at)
{
    struct itimerspec when = {0};

    if (at < 0)
        at = 0;
    if (at == reactor->armed || !epoll_is_ours(reactor) || !timer_is_ours(reactor))
        return;
    if (at == 0) { /* all zeros would disarm it; 1 ns after the clock's start is long past */
        when.it_value.tv_nsec = 1;
    } else if (at < NEVER) {
        when.it_value.tv_sec = (time_t)(at / 1000);
        when.it_value.tv_nsec = (long)(at % 1000) * 1000000;
    }
    if (timerfd_settime(reactor->timer, TFD_TIMER_ABSTIME, &when, NULL) == 0)
        reactor->armed = at;
}

/* The wait that ends for a wake-up uses it up, and its byte with it. */
static bool take_wakeup(struct reactor *reactor)
{
    if (!atomic_exchange(&reactor->woken, false))
        return false;
    if (file_is_at(reactor->wake, &reactor->wake_file))
        drain(reactor->wake);
    return true;
}

int reactor_wait(struct reactor *reactor, int timeout_ms)
{
    struct pollfd wait_for = {.fd = reactor->epoll, .events = POLLIN};
    int ready = 0;
    int error = 0;

    if (!atomic_load(&reactor->woken)) {
        if (!reactor_is_ours(reactor))
            return -EBADF;
        ready = poll(&wait_for, 1, timeout_ms < 0 ? -1 : timeout_ms);
        error = ready < 0 ? errno : 0;
    }
    if (take_wakeup(reactor))
        return -EINTR;
    if ((wait_for.revents & POLLNVAL) != 0)
        return -EBADF;
    return ready < 0 ? -error : ready;
}

/* The mark first: who is woken by the byte looks for it. */
void reactor_wake(struct reactor *reactor)
{
    int saved = errno;

    atomic_store(&reactor->woken, true);
    /* This fails if the pair is full (then the descriptor is readable anyway), or if its other end is closed. */
    if (file_is_at(reactor->waker, &reactor->waker_file))
        while (send(reactor->waker, "", 1, MSG_NOSIGNAL) < 0 && errno == EINTR)
            ;
    errno = saved;
}
