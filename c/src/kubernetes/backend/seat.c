/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seat (P12), one campaigning process per pod and lock: taken, waited for, released. It is a kernel lock, and
 * needs no API server.
 */
#include "kubernetes/backend/seat.h"

#include "base/backoff.h"
#include "base/text.h"
#include "io/process.h"

#include <errno.h>
#include <leaderlife/leaderlife.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    BETWEEN_FIRST_MS = 1, /* the moment between bind and listen */
    BETWEEN_MAX_MS = 1000,
    FULL_LOW_MS = 50, /* the holder's queue is full */
    FULL_HIGH_MS = 2000,
    COMMAND = 32
};

void seat_init(struct pod_seat *seat, struct reactor *reactor)
{
    memset(seat, 0, sizeof *seat);
    seat->reactor = reactor;
    seat->held = -1;
    seat->source.fd = -1;
}

void seat_name(struct pod_seat *seat, const char *pod_uid, const char *lock)
{
    char plain[TEXT_UID];
    size_t length = 0;

    for (; *pod_uid && length < sizeof plain - 1; pod_uid++) {
        if (*pod_uid != '-')
            plain[length++] = *pod_uid;
    }
    plain[length] = '\0';
    seat->lock = lock;
    kernel_lock_make_name(&seat->name, "leaderlife-pod", plain, lock);
}

static void stop_waiting(struct pod_seat *seat, bool forked)
{
    if (seat->source.fd < 0)
        return;
    if (!forked)
        reactor_remove(seat->reactor, &seat->source);
    reactor_source_close(&seat->source);
}

bool seat_is_ours(const struct pod_seat *seat)
{
    return seat->held < 0 || file_is_at(seat->held, &seat->file);
}

void seat_take(struct pod_seat *seat, struct fact *fact)
{
    bool held = seat->held >= 0;
    int error = held ? 0 : kernel_lock_acquire(&seat->name, &seat->held);

    if (error == 0 && !held)
        seat->file = file_id_of(seat->held);
    if (error == 0) {
        fact->outcome = OUTCOME_OK;
        seat->attempts = 0;
        seat->noted = false;
    } else if (error == EADDRINUSE) {
        fact->outcome = OUTCOME_EXISTS;
    } else {
        fact->outcome = OUTCOME_RETRY;
        fact->status = LEADERLIFE_ESYSTEM;
        text_format(fact->text, sizeof fact->text,
                    "cannot take this pod's seat for lock '%s' (an abstract Unix socket): %s; check the limits of this "
                    "process, and what a security policy forbids",
                    seat->lock, strerror(error));
    }
}

bool seat_release(struct pod_seat *seat, struct fact *ret_note)
{
    int kept = seat->held >= 0 ? kernel_lock_release(&seat->name, seat->held) : 0;

    seat->held = -1;
    if (kept != 1)
        return false;
    *ret_note = (struct fact){.kind = FACT_NOTE, .status = LEADERLIFE_EBUSY};
    text_format(
        ret_note->text, sizeof ret_note->text,
        "a child that was forked from this process keeps this pod's seat for lock '%s': no other process of the "
        "pod can take part until it ends or calls exec",
        seat->lock);
    return true;
}

/* Level-triggered: a source that has hung up would be ready for ever. */
static void hang_up(struct source *source, uint32_t events)
{
    struct pod_seat *seat = source->owner;

    (void)events;
    stop_waiting(seat, false);
    seat->gone = true;
}

void seat_want(struct pod_seat *seat, bool wanted)
{
    if (seat->wanted == wanted)
        return;
    seat->wanted = wanted;
    seat->gone = false;
    stop_waiting(seat, false);
    if (wanted && seat->attempts == 0)
        seat->retry_at = 0;
}

static void describe_sibling(const struct pod_seat *seat, const struct kernel_lock_peer *peer, struct fact *note)
{
    char command[COMMAND] = "";
    char who[128] = "in another container";

    process_command(peer->pid, command, sizeof command);
    if (peer->pid > 0)
        text_format(who, sizeof who, "pid %ld (%s)", (long)peer->pid, command[0] ? command : "gone");
    if (peer->uid != geteuid())
        text_append(who, sizeof who, " of user %lu", (unsigned long)peer->uid);
    *note = (struct fact){.kind = FACT_NOTE, .status = LEADERLIFE_EBLOCKED};
    if (peer->pid == getpid())
        text_format(
            note->text, sizeof note->text,
            "another election of this process, or a child that was forked from it, has this pod's seat for lock "
            "'%s': this one waits until that ends",
            seat->lock);
    else
        text_format(note->text, sizeof note->text,
                    "another process of this pod, %s, takes part for lock '%s': this one waits until that ends", who,
                    seat->lock);
    text_printable(note->text);
}

static bool note_sibling(struct pod_seat *seat, const struct kernel_lock_peer *peer, struct fact *ret_fact)
{
    if (seat->noted && seat->noted_pid == peer->pid)
        return false;
    seat->noted = true;
    seat->noted_pid = peer->pid;
    describe_sibling(seat, peer, ret_fact);
    return true;
}

static bool tell_gone(struct pod_seat *seat, struct fact *ret_fact)
{
    seat->gone = false;
    *ret_fact = (struct fact){.kind = FACT_SEAT, .seat = SEAT_UNKNOWN};
    return true;
}

static bool await_sibling(struct pod_seat *seat, int fd, const struct kernel_lock_peer *peer, struct fact *ret_fact)
{
    seat->source = (struct source){.fd = fd, .ready = hang_up, .owner = seat};
    seat->attempts = 0;
    seat->retry_at = NEVER;
    if (reactor_add(seat->reactor, &seat->source, EPOLLRDHUP) != 0) {
        close(fd);
        seat->source.fd = -1;
        seat->retry_at = clock_now() + BETWEEN_MAX_MS;
    }
    return note_sibling(seat, peer, ret_fact);
}

static bool complain(struct pod_seat *seat, int error, struct fact *ret_fact)
{
    *ret_fact = (struct fact){.kind = FACT_NOTE, .status = LEADERLIFE_EBLOCKED, .level = LEADERLIFE_LOG_WARNING};
    if (error == EAGAIN)
        text_format(ret_fact->text, sizeof ret_fact->text,
                    "too many processes of this pod wait for its seat for lock '%s': trying again", seat->lock);
    else
        text_format(ret_fact->text, sizeof ret_fact->text,
                    "cannot wait for this pod's seat for lock '%s': %s; trying again", seat->lock, strerror(error));
    return seat->attempts++ == 0;
}

bool seat_run(struct pod_seat *seat, int64_t now, uint32_t random, struct fact *ret_fact)
{
    struct kernel_lock_peer peer;
    int fd = -1;

    if (!seat->wanted)
        return false;
    if (seat->gone)
        return tell_gone(seat, ret_fact);
    if (seat->source.fd >= 0 &&
        !reactor_source_is_ours(&seat->source)) { /* the host program has closed it: look again */
        stop_waiting(seat, false);
        seat->retry_at = now;
    }
    if (seat->source.fd >= 0 || now < seat->retry_at)
        return false;
    int error = kernel_lock_wait(&seat->name, &fd, &peer);
    if (error == 0)
        return await_sibling(seat, fd, &peer, ret_fact);
    if (error == ECONNREFUSED) { /* it is free, or its holder does not listen yet: look later */
        seat->retry_at = now + 1 + backoff_ms(seat->attempts++, BETWEEN_FIRST_MS, BETWEEN_MAX_MS, UINT32_MAX);
        return tell_gone(seat, ret_fact);
    }
    seat->retry_at = now + backoff_between(FULL_LOW_MS, FULL_HIGH_MS, random);
    return complain(seat, error, ret_fact);
}

int64_t seat_deadline(const struct pod_seat *seat)
{
    if (!seat->wanted)
        return NEVER;
    if (seat->gone)
        return 0;
    return seat->source.fd >= 0 ? NEVER : seat->retry_at;
}

void seat_free(struct pod_seat *seat, bool forked)
{
    stop_waiting(seat, forked);
    file_close(seat->held, &seat->file);
    seat->held = -1;
}
