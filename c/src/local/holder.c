/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Follows a holder of the lock that is another process, and learns of its end: by its process (a pidfd), and by a
 * connection to its socket, which also tells that it released the lock. Each connection takes a place in the
 * holder's queue for as long as it lives, so only a process that waits makes one. find_holder.c says when to look.
 */
#include "local/holder.h"

#include "io/process.h"
#include "local/facts.h"
#include "local/fencing_token.h"
#include "local/find_holder.h"
#include "local/holder_process.h"
#include "local/lock_facts.h"
#include "local/messages.h"

#include <leaderlife/leaderlife.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { LEFT_MS = 1000 /* so long after a leader's death its lock may be held without a word */ };

bool local_knows_holder(const struct local *local)
{
    return local->other.kind == LOCK_VIEW_OWNED;
}

static void drop_waiter(struct local *local, bool forked)
{
    if (local->waiter.fd < 0)
        return;
    if (!forked) /* a forked child shares the epoll with its parent */
        reactor_remove(local->reactor, &local->waiter);
    reactor_source_close(&local->waiter);
}

void local_forget_holder(struct local *local, bool forked)
{
    drop_waiter(local, forked);
    reactor_close(local->reactor, &local->process, forked);
    local->other = (struct lock_view){.kind = LOCK_VIEW_NOTHING};
    local->who = (struct local_who){.pid = 0};
    local->has_holder_user = false;
    local->inode = 0;
    local->follow_at = local->left_at = NEVER;
    local->noted &= ~(unsigned)NOTED_OF_HOLDER;
    local->reported = LOCK_VIEW_NOTHING;
}

void local_check_waiter(struct local *local)
{
    if (local->waiter.fd < 0 || reactor_source_is_ours(&local->waiter))
        return;
    local_forget_holder(local, false);
    local_look_soon(local);
}

/* The verdict comes first: the machine must never see the lock absent and its owner alive. */
void local_end_holder(struct local *local)
{
    char uid[TEXT_UID];

    text_copy(uid, sizeof uid, local->other.owner.uid);
    local_forget_holder(local, false);
    local_say_pod(local, uid, POD_DEAD);
}

/* ---- Its process ---- */

/* Its sockets were closed before; unless another process has them too. */
static void on_process_end(struct source *source, uint32_t events)
{
    struct local *local = source->owner;

    (void)events;
    reactor_close(local->reactor, source, false);
    local->left_at = clock_now() + LEFT_MS;
    local->looks = 0;
    if (local->waiter.fd < 0)
        local_look_soon(local);
}

/* Where that cannot be had, the looks and the connection tell of its end all the same. */
static void watch_process(struct local *local)
{
    pid_t pid = local->who.pid;
    int fd = pid > 0 && pid != getpid() && !local->who.gone ? process_open(pid) : -1;

    reactor_close(local->reactor, &local->process, false);
    if (fd < 0)
        return;
    local->process = (struct source){.fd = fd, .ready = on_process_end, .owner = local};
    if (reactor_add(local->reactor, &local->process, EPOLLIN) == 0)
        return;
    close(fd);
    local->process.fd = -1;
}

/* ---- Knowing it ---- */

static void learn_who(struct local *local, const struct kernel_lock_peer *peer)
{
    if (peer->pid > 0 && peer->pid != local->who.pid)
        local->who = (struct local_who){.pid = peer->pid, .gone = !process_exists(peer->pid)};
    local->has_holder_user = true;
    local->holder_user = peer->uid;
}

/* A fact about the holder is newer than those before. */
static void name_holder(struct local *local)
{
    struct lock_view *view = &local->other;
    struct pod_id *owner = &view->owner;

    local_name_holder(&local->who, local->has_holder_user, local->holder_user, owner->name, sizeof owner->name);
    local_stamp_view(local, view);
}

void local_meet_holder(struct local *local, const struct unix_socket *lock_socket, const struct kernel_lock_peer *peer)
{
    struct lock_view *view = &local->other;

    local_forget_holder(local, false);
    *view = (struct lock_view){.kind = LOCK_VIEW_OWNED};
    if (lock_socket != NULL) {
        local->inode = lock_socket->inode;
        local->has_holder_user = lock_socket->has_user;
        local->holder_user = lock_socket->user;
        local_find_who(lock_socket, &local->who);
    }
    if (peer != NULL)
        learn_who(local, peer);
    if (local->who.gone)
        local->left_at = 0;
    watch_process(local);
    name_holder(local);
    /* Unique for each holder: two lives of one process id must not be taken for each other. */
    text_format(view->owner.uid, sizeof view->owner.uid, "%ld-%u", (long)local->who.pid, ++local->holders);
    text_copy(view->uid, sizeof view->uid, view->owner.uid);
}

/* ---- Its connection ---- */

static void on_hang_up(struct source *source, uint32_t events)
{
    struct local *local = source->owner;

    (void)events;
    local_end_holder(local);
    local_say_free(local);
}

static bool is_still_there(const struct local *local, struct unix_socket *ret_seen)
{
    int found = kernel_lock_look(&local->name, local->inode, ret_seen);

    return found == 1 && ret_seen->listens && ret_seen->inode == local->inode;
}

/* The kernel's word for who listens counts more than what a look has found. */
static void learn_peer(struct local *local, const struct kernel_lock_peer *peer)
{
    struct local_who before = local->who;

    learn_who(local, peer);
    if (local->who.pid == before.pid)
        return;
    if (local->who.gone)
        local->left_at = 0;
    watch_process(local);
    name_holder(local);
    local->reported = LOCK_VIEW_NOTHING; /* report the holder again, by its name */
}

/* Where it cannot be waited for, looks tell: another connection would only take another place in the queue. */
static void await_hang_up(struct local *local, int fd)
{
    char text[TEXT_MESSAGE];

    local->waiter = (struct source){.fd = fd, .ready = on_hang_up, .owner = local};
    int error = reactor_add(local->reactor, &local->waiter, EPOLLRDHUP);
    if (error == 0)
        return;
    close(fd);
    local->waiter.fd = -1;
    local_describe_error(local, error, text, sizeof text);
    local_note(local, NOTED_TROUBLE, LEADERLIFE_ESYSTEM, text);
}

/* Which holder it has reached is known by a look after it: inodes do not come again. */
int local_follow_holder(struct local *local)
{
    struct unix_socket lock_socket;
    struct kernel_lock_peer peer;
    int fd;
    int error = kernel_lock_wait(&local->name, &fd, &peer);

    if (error != 0)
        return error;
    bool same = local_knows_holder(local) && is_still_there(local, &lock_socket);
    if (local_knows_holder(local) && !same)
        local_end_holder(local);
    if (same)
        learn_peer(local, &peer);
    else
        local_meet_holder(
            local, kernel_lock_look(&local->name, 0, &lock_socket) == 1 && lock_socket.listens ? &lock_socket : NULL,
            &peer);
    await_hang_up(local, fd);
    return 0;
}

bool local_is_alive(struct local *local, const char *uid)
{
    struct unix_socket lock_socket;

    if (text_equal(uid, local->self.uid))
        return true;
    /* A holder that does not hold the lock any more has released it: a lock changes hands in no other way. */
    if (!local_knows_holder(local) || !text_equal(uid, local->other.owner.uid))
        return false;
    if (local->waiter.fd >= 0 ? !kernel_lock_has_hung_up(local->waiter.fd) : is_still_there(local, &lock_socket))
        return true;
    on_hang_up(&local->waiter, 0);
    return false;
}

/* ---- What people are told of it ---- */

static void note_stranger(struct local *local)
{
    char text[TEXT_MESSAGE];

    local_describe_stranger(local, local->other.owner.name, local->holder_user, text, sizeof text);
    local_note(local, NOTED_FOREIGN, LEADERLIFE_EBLOCKED, text);
}

static void note_own(struct local *local)
{
    char cause[TEXT_MESSAGE];
    char text[TEXT_MESSAGE];

    local_describe_own(cause, sizeof cause);
    text_format(text, sizeof text, "lock '%s': %s", local->lock, cause);
    local_note(local, NOTED_OWN, LEADERLIFE_EBUSY, text);
}

/* A leader's end frees its lock, unless a process that it has forked has the socket too. */
static void note_left(struct local *local)
{
    struct unix_socket lock_socket;
    struct local_who who = local->who;
    char cause[TEXT_MESSAGE];
    char text[TEXT_MESSAGE];

    if (local->waiter.fd >= 0 && kernel_lock_has_hung_up(local->waiter.fd))
        return;
    bool there = is_still_there(local, &lock_socket);
    if (!there && local->waiter.fd < 0)
        return; /* the next look reports it */
    if (there)
        local_find_who(&lock_socket, &who);
    if (!local->who.gone) { /* report the holder again, by its new name */
        local->reported = LOCK_VIEW_NOTHING;
        local_look_soon(local);
    }
    local->who = (struct local_who){.pid = local->who.pid, .gone = true, .keeper = who.gone ? who.keeper : 0};
    name_holder(local);
    local_describe_left(&local->who, cause, sizeof cause);
    text_format(text, sizeof text, "lock '%s': %s", local->lock, cause);
    local_note(local, NOTED_LEFT, LEADERLIFE_EBUSY, text);
}

void local_note_holder(struct local *local, int64_t now)
{
    if (!local_knows_holder(local))
        return;
    if ((local->noted & NOTED_FOREIGN) == 0 && local->has_holder_user && local->holder_user != local->user)
        note_stranger(local);
    if ((local->noted & NOTED_OWN) == 0 && local->who.pid == getpid())
        note_own(local);
    if (now < local->left_at)
        return;
    local->left_at = NEVER;
    note_left(local);
}
