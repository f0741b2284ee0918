/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds who holds the lock, by looks at the kernel's lists. A look connects to nobody: a candidate connects when it
 * has stood by for a while, an observer never. Where the kernel's lists are hidden, a connection is all that tells.
 * local.c carries out commands.
 */
#include "local/find_holder.h"

#include "base/backoff.h"
#include "base/random.h"
#include "local/facts.h"
#include "local/holder.h"
#include "local/lock_facts.h"
#include "local/messages.h"

#include <errno.h>
#include <leaderlife/leaderlife.h>

enum {
    TAKEN_FIRST_MS = 1, /* a create lost to a name that nobody listens on yet: doubles to ... */
    TAKEN_MAX_MS = 1000,
    PATIENCE_MS = 16, /* so long a GET may wait for its answer instead of having to be asked again */
    FULL_FIRST_MS = 50,
    FULL_MAX_MS = 2000,
    LOOK_MAX_MS = 1000,
    SETTLE_MS = 1000 /* who gives up before has left nothing in the holder's queue */
};

static int64_t doubled(unsigned times, int64_t first, int64_t max)
{
    return times > 20 || first << times > max ? max : first << times;
}

static void look_again(struct local *local, int64_t now)
{
    if (local->watching)
        local->look_at = now + doubled(local->looks++, LOOK_FIRST_MS, LOOK_MAX_MS);
}

/* ---- What a look finds ---- */

static void found_holder(struct local *local)
{
    local->taken = 0;
    local->noted &= ~(unsigned)(NOTED_SILENT | NOTED_TROUBLE);
    local_say_lock(local, &local->other);
}

/* Either nobody holds the lock, or somebody is between bind and listen, or has bound and never listens. */
static void found_nobody(struct local *local, int64_t now)
{
    int64_t wait = local->taken_until - now;

    local->noted &= ~(unsigned)(NOTED_FULL | NOTED_TROUBLE);
    if (local->taken > 0 && wait > 0) {
        local->look_at = local->taken_until;
        if (wait > PATIENCE_MS)
            local_put_off(local, OUTCOME_RETRY, LEADERLIFE_EBLOCKED, wait,
                          "the lock is taken and nobody listens on it yet");
        return;
    }
    local_say_absent(local);
    look_again(local, now);
}

/* Of one that nothing is known of: no connection, so nothing will tell of its death; and a socket that was refused so
 * is ready for ever. */
static void found_full(struct local *local, int64_t now)
{
    int64_t limit = doubled(++local->looks, FULL_FIRST_MS, FULL_MAX_MS);
    int64_t wait = backoff_between(FULL_FIRST_MS, limit, random_number());
    char text[TEXT_MESSAGE];

    local_describe_full(local, text, sizeof text);
    local_note(local, NOTED_FULL, LEADERLIFE_EBLOCKED, text);
    local_put_off(local, OUTCOME_RETRY, LEADERLIFE_EBLOCKED, wait, text);
    if (local->watching)
        local->look_at = now + wait;
}

static void found_trouble(struct local *local, int64_t now, int error)
{
    int64_t limit = doubled(++local->looks, FULL_FIRST_MS, FULL_MAX_MS);
    int64_t wait = backoff_between(FULL_FIRST_MS, limit, random_number());
    bool refusal = local_is_refusal(error);
    char text[TEXT_MESSAGE];

    local_describe_error(local, error, text, sizeof text);
    if (!local->asked)
        local_note(local, NOTED_TROUBLE, LEADERLIFE_ESYSTEM, text);
    local_put_off(local, refusal ? OUTCOME_PERMANENT : OUTCOME_RETRY, LEADERLIFE_ESYSTEM, wait, text);
    if (local->watching)
        local->look_at = now + wait;
    if (refusal && !local->blind && local->watching) {
        /* It makes the machine ask by GET, whose answer ends the election. */
        struct fact *fact = fact_queue_add(&local->facts, FACT_WATCH);

        fact->watch = WATCH_LOCK;
        local->blind = true;
    }
}

static void see_again(struct local *local)
{
    if (!local->blind)
        return;
    local->blind = false;
    struct fact *fact = fact_queue_add(&local->facts, FACT_WATCH);
    fact->watch = WATCH_LOCK;
    fact->usable = true;
}

/* ---- Looking ---- */

/* If the connection fails, the holder stays known, and a look tells of its end, though later. */
static void follow(struct local *local, int64_t now)
{
    char text[TEXT_MESSAGE];
    int error = local_follow_holder(local);

    local->follow_at = error == 0 ? NEVER : now + FULL_MAX_MS;
    if (error == 0) {
        local->noted &= ~(unsigned)NOTED_FULL;
    } else if (error == EAGAIN) {
        local_describe_full(local, text, sizeof text);
        local_note(local, NOTED_FULL, LEADERLIFE_EBLOCKED, text);
    } else if (error != ECONNREFUSED) { /* ECONNREFUSED: the holder has ended, as the next look finds */
        local_describe_error(local, error, text, sizeof text);
        local_note(local, NOTED_TROUBLE, LEADERLIFE_ESYSTEM, text);
    }
}

static void look_at_holder(struct local *local, int64_t now, const struct unix_socket *lock_socket)
{
    if (!local_knows_holder(local)) {
        local_meet_holder(local, lock_socket, NULL);
        local->looks = 0;
        local->follow_at = local->observes ? NEVER : now + SETTLE_MS;
    }
    found_holder(local);
    if (local->watching && now >= local->follow_at) {
        follow(local, now);
        found_holder(local); /* the lock may have another holder now */
    }
    if (local->waiter.fd < 0)
        look_again(local, now);
    if (local->look_at < NEVER)
        local->look_at = clock_earlier(local->look_at, local->follow_at);
}

static void connect_unseen(struct local *local, int64_t now)
{
    int error = local_follow_holder(local);

    local->follow_at = NEVER;
    if (error == 0 || error == ECONNREFUSED)
        see_again(local);
    if (error == 0) {
        local->looks = 0;
        found_holder(local);
    } else if (error == ECONNREFUSED) {
        found_nobody(local, now);
    } else if (error == EAGAIN) {
        found_full(local, now);
    } else {
        found_trouble(local, now, error);
    }
}

static void note_unseen(struct local *local, int error)
{
    char cause[TEXT_MESSAGE];
    char text[TEXT_MESSAGE];

    local_describe_unseen(error, cause, sizeof cause);
    text_format(text, sizeof text, "lock '%s': %s", local->lock, cause);
    local_note(local, NOTED_UNSEEN, LEADERLIFE_ESYSTEM, text);
}

/* Neither list is to be had. An observer connects at once, once for each holder. A candidate learns by its create that
 * the lock is taken, and connects a while after that. */
static void look_unseen(struct local *local, int64_t now, int error)
{
    if (local->observes) {
        connect_unseen(local, now);
        if (local_knows_holder(local))
            note_unseen(local, error);
        return;
    }
    if (local->taken == 0) {
        found_nobody(local, now);
        return;
    }
    if (local->follow_at == NEVER)
        local->follow_at = now + SETTLE_MS;
    if (now >= local->follow_at) {
        connect_unseen(local, now);
        return;
    }
    local_put_off(local, OUTCOME_RETRY, LEADERLIFE_OK, local->follow_at - now,
                  "the lock is taken, by whom is not known yet");
    if (local->watching)
        local->look_at = local->follow_at;
}

/* Of a holder without a connection its process tells; if that has left the lock to another, a create finds out. */
static void look_again_unseen(struct local *local, int64_t now)
{
    if (local->left_at == NEVER) {
        found_holder(local);
        look_again(local, now);
    } else {
        local_end_holder(local);
        found_nobody(local, now);
    }
}

/* What the lists say is nobody may be somebody whom they do not show well: a create was refused often enough. */
static bool is_doubtful(const struct local *local)
{
    return !local->observes && doubled(local->taken, TAKEN_FIRST_MS, TAKEN_MAX_MS) >= TAKEN_MAX_MS;
}

static void look(struct local *local, int64_t now)
{
    struct unix_socket lock_socket;
    int refusal = local->observes || local_knows_holder(local) ? 0 : kernel_lock_refusal();
    int found = refusal != 0 ? -refusal : kernel_lock_look(&local->name, local->inode, &lock_socket);
    bool held = found == 1 && lock_socket.listens;

    if (refusal != 0) {
        found_trouble(local, now, refusal);
    } else if (found < 0 && local_knows_holder(local)) {
        look_again_unseen(local, now);
    } else if (found < 0) {
        look_unseen(local, now, -found);
    } else if (!held && is_doubtful(local)) {
        connect_unseen(local, now);
    } else {
        see_again(local);
        if (local_knows_holder(local) && (!held || lock_socket.inode != local->inode)) {
            local_end_holder(local);
            local->looks = 0;
        }
        if (held)
            look_at_holder(local, now, &lock_socket);
        else
            found_nobody(local, now);
    }
}

void local_look(struct local *local, int64_t now)
{
    if (now >= local->look_at) {
        local->look_at = NEVER;
        if (local->listener < 0 && (local->watching || local->asked) && local->waiter.fd >= 0)
            found_holder(local);
        else if (local->listener < 0 && (local->watching || local->asked))
            look(local, now);
    }
    local_note_holder(local, now);
}

void local_learn_taken(struct local *local, int64_t now)
{
    int64_t wait = doubled(local->taken++, TAKEN_FIRST_MS, TAKEN_MAX_MS);
    char text[TEXT_MESSAGE];

    local->taken_until = now + wait;
    local->reported = LOCK_VIEW_NOTHING;
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
        local->reported = LOCK_VIEW_NOTHING;
        local->looks = 0;
        local_look_soon(local);
    } else if (!local->asked) {
        local_forget_holder(local, false);
        local->look_at = NEVER;
    }
}

void local_ask(struct local *local, unsigned number)
{
    bool hung_up = local->waiter.fd >= 0 && kernel_lock_has_hung_up(local->waiter.fd);

    if (local->listener >= 0) {
        local_answer(local, number, OUTCOME_OK)->lock = local->own;
        return;
    }
    if (hung_up) {
        local_end_holder(local);
        local_say_free(local);
    }
    local->asked = true;
    local->asked_number = number;
    local_look_soon(local);
}
