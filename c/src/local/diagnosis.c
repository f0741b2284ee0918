/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an election would meet on the embedded lock. The lock is not taken, not even for a moment: that would send another
 * candidate away.
 */
#include "local/local.h"

#include <errno.h>
#include <leaderlife/leaderlife.h>
#include <signal.h>
#include <unistd.h>

/* The level; and the text, of what is wrong with its cure. */
static int find_holder(const struct local *local, const struct klock_peer *peer, char *text, size_t size)
{
    char name[TEXT_NAME];

    local_name_process(peer->pid, name, sizeof name);
    if (peer->uid != local->user) {
        local_describe_stranger(local, name, peer->uid, text, size);
        return LEADERLIFE_LOG_ERROR;
    }
    if (kill(peer->pid, 0) != 0 && errno == ESRCH) {
        text_format(
            text, size,
            "lock: %s took it, and a process that it has started still holds the lock's descriptor: find it with "
            "ss -xlp or lsof -U, and end it",
            name);
        return LEADERLIFE_LOG_WARNING;
    }
    text_format(text, size, "lock: %s has it", name);
    return LEADERLIFE_LOG_INFO;
}

/* Free, or taken by one who never listens; in the moment before a holder listens it looks the same. */
static int find_nobody(const struct local *local, char *text, size_t size)
{
    if (klock_is_bound(&local->name) == 1) {
        local_describe_silent(local, text, size);
        return LEADERLIFE_LOG_ERROR;
    }
    text_format(text, size, "lock: it is free");
    return LEADERLIFE_LOG_INFO;
}

/* One connection, which takes a place in the holder's queue for ever: nothing else tells who holds the lock. */
void local_diagnose(struct backend *backend, const struct finder *finder)
{
    const struct local *local = (const struct local *)backend;
    struct klock_peer peer;
    char text[TEXT_MESSAGE];
    int fd = -1;
    int error = klock_wait(&local->name, &fd, &peer);
    int level = LEADERLIFE_LOG_WARNING;
    int status = LEADERLIFE_EBLOCKED;

    if (error == 0) {
        close(fd);
        level = find_holder(local, &peer, text, sizeof text);
    } else if (error == ECONNREFUSED) {
        level = find_nobody(local, text, sizeof text);
    } else if (error == EAGAIN) {
        local_describe_full(local, text, sizeof text);
    } else {
        local_describe_error(local, error, text, sizeof text);
        level = LEADERLIFE_LOG_ERROR;
        status = LEADERLIFE_ESYSTEM;
    }
    finder->put(finder->context, level, level == LEADERLIFE_LOG_INFO ? LEADERLIFE_OK : status, text);
}
