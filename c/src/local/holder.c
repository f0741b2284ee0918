/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who holds the lock, when it is not us: a connection to the holder that hangs up when the holder dies, and the looks
 * that find it. Commands are local.c's; what follows from a fact is the machine's.
 */
#include "base/backoff.h"
#include "local/local.h"

#include <leaderlife/leaderlife.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum {
    TAKEN_FIRST_MS = 1, /* a create lost to a name that nobody listens on yet: doubles to ... */
    TAKEN_MAX_MS = 1000,
    PATIENCE_MS = 16, /* so long a GET may wait for its answer instead of having to be asked again */
    FULL_FIRST_MS = 50,
    FULL_MAX_MS = 2000,
    FREE_FIRST_MS = 1, /* nothing tells that a free lock was taken: ask, ever more seldom */
    FREE_MAX_MS = 1000
};

void local_next_version(struct local *local, char *target)
{
    struct timespec now;
    uint64_t version;

    clock_gettime(CLOCK_BOOTTIME, &now);
    version = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    if (version <= local->last_version)
        version = local->last_version + 1;
    local->last_version = version;
    text_format(target, TEXT_VERSION, "%" PRIu64, version);
}

void local_name_process(pid_t pid, char *target, size_t size)
{
    char command[64];

    klock_command_name(pid, command, sizeof command);
    if (pid <= 0)
        text_copy(target, size, "pid unknown");
    else if (command[0] != '\0')
        text_format(target, size, "pid %ld (%s)", (long)pid, command);
    else if (kill(pid, 0) != 0 && errno == ESRCH)
        text_format(target, size, "pid %ld (gone)", (long)pid);
    else
        text_format(target, size, "pid %ld", (long)pid);
}

/* ---- What a look says ---- */

static void say_lock(struct local *local, const struct lock_view *view)
{
    bool asked = local->asked;

    if (!asked && (!local->watching || local->reported == view->seen))
        return;
    if (asked)
        local_answer(local, local->asked_number, OUTCOME_OK)->lock = *view;
    else
        local_fact(local, FACT_LOCK)->lock = *view;
    local->asked = false;
    local->reported = view->seen;
    if (view->seen == LOCK_SEEN_OWNED)
        local_say_pod(local, view->owner.uid, POD_ALIVE);
}

static void say_absent(struct local *local)
{
    const struct lock_view absent = {.seen = LOCK_SEEN_ABSENT};

    say_lock(local, &absent);
}

/* A GET that cannot be answered now. */
static void put_off(struct local *local, enum outcome outcome, int status, int64_t after, const char *text)
{
    struct fact *answer;

    if (!local->asked)
        return;
    local->asked = false;
    answer = local_answer(local, local->asked_number, outcome);
    answer->status = status;
    answer->retry_after_ms = after;
    text_copy(answer->text, sizeof answer->text, text);
}

/* ---- The connection to the holder ---- */

/* The verdict first: the machine must never see the lock absent and its owner alive. */
static void on_hang_up(struct source *source, uint32_t events)
{
    struct local *local = source->owner;
    char uid[TEXT_UID];

    (void)events;
    text_copy(uid, sizeof uid, local->other.owner.uid);
    local_forget_holder(local, false);
    local_say_pod(local, uid, POD_DEAD);
    local->looks = 0;
    say_absent(local);
    local->look_at = local->watching ? reactor_now() + FREE_FIRST_MS : local->look_at;
}

void local_forget_holder(struct local *local, bool forked)
{
    if (local->waiter.fd < 0)
        return;
    if (!forked) /* there the epoll is the parent's */
        reactor_remove(local->reactor, &local->waiter);
    close(local->waiter.fd);
    local->waiter.fd = -1;
    local->other = (struct lock_view){.seen = LOCK_SEEN_NOTHING};
    local->reported = LOCK_SEEN_NOTHING;
}

static void note_foreign_user(struct local *local, const struct klock_peer *peer)
{
    char text[TEXT_MESSAGE];

    if (peer->uid == local->user) {
        local->noted &= ~(unsigned)NOTED_FOREIGN;
        return;
    }
    local_describe_stranger(local, local->other.owner.name, peer->uid, text, sizeof text);
    local_note(local, NOTED_FOREIGN, LEADERLIFE_EBLOCKED, text);
}

static int follow(struct local *local, int fd, const struct klock_peer *peer)
{
    struct lock_view *view = &local->other;
    int error;

    local->waiter = (struct source){.fd = fd, .ready = on_hang_up, .owner = local};
    error = reactor_add(local->reactor, &local->waiter, EPOLLRDHUP);
    if (error != 0) {
        close(fd);
        local->waiter.fd = -1;
        return error;
    }
    *view = (struct lock_view){.seen = LOCK_SEEN_OWNED};
    local_name_process(peer->pid, view->owner.name, sizeof view->owner.name);
    /* Unique for each connection: two lives of one process id must not be taken for each other. */
    text_format(view->owner.uid, sizeof view->owner.uid, "%ld-%u", (long)peer->pid, ++local->connections);
    text_copy(view->uid, sizeof view->uid, view->owner.uid);
    local_next_version(local, view->version);
    return 0;
}

bool local_is_alive(struct local *local, const char *uid)
{
    if (text_equal(uid, local->self.uid))
        return true;
    /* Whoever held the lock before, and is not who holds it now, let go of it: no lock changes hands otherwise. */
    if (local->waiter.fd < 0 || !text_equal(uid, local->other.owner.uid))
        return false;
    if (!klock_has_hung_up(local->waiter.fd))
        return true;
    on_hang_up(&local->waiter, 0);
    return false;
}

/* ---- Looking ---- */

static int64_t doubled(unsigned times, int64_t first, int64_t max)
{
    return times > 20 || first << times > max ? max : first << times;
}

static void found_holder(struct local *local)
{
    local->taken = 0;
    local->looks = 0;
    local->noted &= ~(unsigned)(NOTED_FULL | NOTED_SILENT | NOTED_TROUBLE);
    say_lock(local, &local->other);
}

/* Either nobody holds the lock, or somebody is between bind and listen, or has bound and never listens. */
static void found_nobody(struct local *local, int64_t now)
{
    int64_t wait = local->taken_until - now;

    local->noted &= ~(unsigned)(NOTED_FULL | NOTED_TROUBLE);
    if (local->taken > 0 && wait > 0) {
        local->look_at = local->taken_until;
        if (wait > PATIENCE_MS)
            put_off(local, OUTCOME_RETRY, LEADERLIFE_EBLOCKED, wait, "the lock is taken and nobody listens on it yet");
        return;
    }
    say_absent(local);
    if (local->watching)
        local->look_at = now + doubled(local->looks++, FREE_FIRST_MS, FREE_MAX_MS);
}

/* No connection, so nothing will tell of the holder's death; and a socket that was refused so is ready for ever. */
static void found_full(struct local *local, int64_t now)
{
    int64_t limit = doubled(++local->looks, FULL_FIRST_MS, FULL_MAX_MS);
    int64_t wait = backoff_between(FULL_FIRST_MS, limit, reactor_random());
    char text[TEXT_MESSAGE];

    local_describe_full(local, text, sizeof text);
    local_note(local, NOTED_FULL, LEADERLIFE_EBLOCKED, text);
    put_off(local, OUTCOME_RETRY, LEADERLIFE_EBLOCKED, wait, text);
    if (local->watching)
        local->look_at = now + wait;
}

static void found_trouble(struct local *local, int64_t now, int error)
{
    int64_t limit = doubled(++local->looks, FULL_FIRST_MS, FULL_MAX_MS);
    int64_t wait = backoff_between(FULL_FIRST_MS, limit, reactor_random());
    bool refusal = local_is_refusal(error);
    char text[TEXT_MESSAGE];

    local_describe_error(local, error, text, sizeof text);
    if (!local->asked)
        local_note(local, NOTED_TROUBLE, LEADERLIFE_ESYSTEM, text);
    put_off(local, refusal ? OUTCOME_PERMANENT : OUTCOME_RETRY, LEADERLIFE_ESYSTEM, wait, text);
    if (local->watching)
        local->look_at = now + wait;
    if (refusal && !local->blind && local->watching) {
        struct fact *fact = local_fact(local, FACT_WATCH); /* ask by GET: its answer ends the election */

        fact->watch = WATCH_LOCK;
        local->blind = true;
    }
}

static void see_again(struct local *local)
{
    struct fact *fact;

    if (!local->blind)
        return;
    local->blind = false;
    fact = local_fact(local, FACT_WATCH);
    fact->watch = WATCH_LOCK;
    fact->usable = true;
}

static int connect_to_holder(struct local *local, struct klock_peer *ret_peer)
{
    int fd;
    int error = klock_wait(&local->name, &fd, ret_peer);

    return error != 0 ? error : follow(local, fd, ret_peer);
}

void local_look(struct local *local, int64_t now)
{
    struct klock_peer peer;
    int error;

    if (now < local->look_at)
        return;
    local->look_at = INT64_MAX;
    if (local->listener >= 0 || (!local->watching && !local->asked))
        return;
    if (local->waiter.fd >= 0) {
        found_holder(local);
        return;
    }
    error = connect_to_holder(local, &peer);
    if (error == 0 || error == ECONNREFUSED)
        see_again(local);
    if (error == 0) {
        found_holder(local);
        note_foreign_user(local, &peer);
    } else if (error == ECONNREFUSED) {
        found_nobody(local, now);
    } else if (error == EAGAIN) {
        found_full(local, now);
    } else {
        found_trouble(local, now, error);
    }
}

void local_look_soon(struct local *local)
{
    local->look_at = 0;
}

void local_learn_taken(struct local *local, int64_t now)
{
    int64_t wait = doubled(local->taken++, TAKEN_FIRST_MS, TAKEN_MAX_MS);
    char text[TEXT_MESSAGE];

    local->taken_until = now + wait;
    local->reported = LOCK_SEEN_NOTHING;
    local->looks = 0;
    local_look_soon(local);
    if (wait < TAKEN_MAX_MS)
        return;
    local_describe_silent(local, text, sizeof text);
    local_note(local, NOTED_SILENT, LEADERLIFE_EBLOCKED, text);
}

void local_want(struct local *local, bool watching)
{
    if (watching == local->watching)
        return;
    local->watching = watching;
    if (watching) {
        local->reported = LOCK_SEEN_NOTHING;
        local->looks = 0;
        local_look_soon(local);
    } else if (!local->asked) {
        local_forget_holder(local, false);
        local->look_at = INT64_MAX;
    }
}

void local_ask(struct local *local, unsigned number)
{
    bool hung_up = local->waiter.fd >= 0 && klock_has_hung_up(local->waiter.fd);

    if (local->listener >= 0) {
        local_answer(local, number, OUTCOME_OK)->lock = local->own;
        return;
    }
    if (hung_up)
        on_hang_up(&local->waiter, 0);
    local->asked = true;
    local->asked_number = number;
    local_look_soon(local);
}
