/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an election would meet on the embedded lock. The lock is not taken, not even for a moment: that would send
 * another candidate away. Nor is its holder connected to, which would take a place in its queue for ever, unless
 * nothing else tells who holds it.
 */
#include "local/diagnosis.h"

#include "io/process.h"
#include "local/holder_process.h"
#include "local/messages.h"

#include <errno.h>
#include <leaderlife/leaderlife.h>
#include <unistd.h>

struct finding {
    int level;
    int status;
    char text[TEXT_MESSAGE];
};

static void put(const struct diagnosis_sink *sink, const struct finding *finding)
{
    sink->put(sink->context, finding->level, finding->status, finding->text);
}

static void find_scope(const struct local *local, const struct diagnosis_sink *sink)
{
    struct finding finding = {.level = LEADERLIFE_LOG_INFO};

    text_format(finding.text, sizeof finding.text, "scope: %s", local->scope);
    put(sink, &finding);
}

/* ---- Who has it ---- */

static void find_holder(const struct local *local, const struct local_who *who, bool has_user, uid_t user,
                        struct finding *finding)
{
    char name[TEXT_NAME];
    char text[TEXT_MESSAGE];

    local_name_holder(who, has_user, user, name, sizeof name);
    finding->level = LEADERLIFE_LOG_WARNING;
    if (has_user && user != local->user) {
        finding->level = LEADERLIFE_LOG_ERROR;
        finding->status = LEADERLIFE_EBLOCKED;
        local_describe_stranger(local, name, user, finding->text, sizeof finding->text);
    } else if (who->gone) {
        finding->status = LEADERLIFE_EBUSY;
        local_describe_left(who, text, sizeof text);
        text_format(finding->text, sizeof finding->text, "lock: %s", text);
    } else if (who->pid == getpid()) {
        finding->status = LEADERLIFE_EBUSY;
        local_describe_own(text, sizeof text);
        text_format(finding->text, sizeof finding->text, "lock: %s", text);
    } else {
        finding->level = LEADERLIFE_LOG_INFO;
        text_format(finding->text, sizeof finding->text, "lock: %s has it", name);
    }
}

static void find_full(const struct local *local, struct finding *finding)
{
    finding->level = LEADERLIFE_LOG_WARNING;
    finding->status = LEADERLIFE_EBLOCKED;
    local_describe_full(local, finding->text, sizeof finding->text);
}

/* The kernel refuses a connection when there are more than that already. */
static void find_queue(const struct local *local, const struct unix_socket *lock_socket,
                       const struct diagnosis_sink *sink)
{
    struct finding finding = {.level = LEADERLIFE_LOG_WARNING, .status = LEADERLIFE_EBLOCKED};

    if (!lock_socket->listens || !lock_socket->has_queue || lock_socket->queued <= lock_socket->room / 2)
        return;
    if (lock_socket->queued > lock_socket->room)
        find_full(local, &finding);
    else
        text_format(
            finding.text, sizeof finding.text,
            "lock: the holder's queue of waiters has %u of %u places taken, which become free only with its end: "
            "look for candidates that come, wait and go again and again, or raise net.core.somaxconn and restart "
            "the leader",
            lock_socket->queued, lock_socket->room + 1);
    put(sink, &finding);
}

static void find_free(struct finding *finding)
{
    finding->level = LEADERLIFE_LOG_INFO;
    text_format(finding->text, sizeof finding->text, "lock: it is free");
}

static void find_unlistened(const struct local *local, struct finding *finding)
{
    finding->level = LEADERLIFE_LOG_ERROR;
    finding->status = LEADERLIFE_EBLOCKED;
    local_describe_silent(local, finding->text, sizeof finding->text);
}

/* Neither list of the kernel is to be had. */
static void find_by_connecting(const struct local *local, int hidden, const struct diagnosis_sink *sink)
{
    struct finding finding = {.level = LEADERLIFE_LOG_ERROR};
    struct finding unseen = {.level = LEADERLIFE_LOG_WARNING, .status = LEADERLIFE_ESYSTEM};
    char text[TEXT_MESSAGE];
    struct kernel_lock_peer peer;
    int fd = -1;
    int error = kernel_lock_wait(&local->name, &fd, &peer);

    if (error == 0) {
        close(fd);
        const struct local_who who = {.pid = peer.pid, .gone = peer.pid > 0 && !process_exists(peer.pid)};
        find_holder(local, &who, true, peer.uid, &finding);
        local_describe_unseen(hidden, text, sizeof text);
        text_format(unseen.text, sizeof unseen.text, "lock: %s", text);
        put(sink, &unseen);
    } else if (error == ECONNREFUSED) {
        find_free(&finding);
    } else if (error == EAGAIN) {
        find_full(local, &finding);
    } else {
        finding.status = LEADERLIFE_ESYSTEM;
        local_describe_error(local, error, finding.text, sizeof finding.text);
    }
    put(sink, &finding);
}

void local_diagnose(struct backend *backend, const struct diagnosis_sink *sink)
{
    const struct local *local = (const struct local *)backend;
    struct finding finding = {.level = LEADERLIFE_LOG_INFO};
    struct unix_socket lock_socket = {.inode = 0};
    struct local_who who;
    int refusal = kernel_lock_refusal();
    int found = kernel_lock_look(&local->name, 0, &lock_socket);

    find_scope(local, sink);
    if (refusal != 0 || found < 0) {
        find_by_connecting(local, -found, sink);
        return;
    }
    if (found == 1 && lock_socket.listens) {
        local_find_who(&lock_socket, &who);
        find_holder(local, &who, lock_socket.has_user, lock_socket.user, &finding);
    } else if (found == 1) { /* a new holder looks so too, in the moment before it listens */
        find_unlistened(local, &finding);
    } else {
        find_free(&finding);
    }
    put(sink, &finding);
    find_queue(local, &lock_socket, sink);
}
