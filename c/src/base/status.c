/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of statuses and the names of states.
 */
#include <leaderlife/leaderlife.h>
#include <stddef.h>

enum status_class { CLASS_NONE, CLASS_MISUSE, CLASS_RETRIABLE, CLASS_FATAL };

struct status_row {
    int status;
    const char *name;
    enum status_class class_;
    const char *text;
};

#define ROW(status, class_, text) {status, #status, class_, text}

static const struct status_row rows[] = {
    ROW(LEADERLIFE_OK, CLASS_NONE, "success"),
    ROW(LEADERLIFE_EINVAL, CLASS_MISUSE, "an argument is NULL or out of its range"),
    ROW(LEADERLIFE_ESTATE, CLASS_MISUSE, "not possible in the election's present state"),
    ROW(LEADERLIFE_EBUSY, CLASS_MISUSE, "in use elsewhere: by another thread, or the lock by a forked child"),
    ROW(LEADERLIFE_EFORKED, CLASS_MISUSE, "the election belongs to the parent process: make a new one after fork"),
    ROW(LEADERLIFE_EOPTION, CLASS_MISUSE, "no option has this name"),
    ROW(LEADERLIFE_EVALUE, CLASS_MISUSE, "the option cannot have this value"),
    ROW(LEADERLIFE_ENAME, CLASS_MISUSE, "not a valid name for a lock or a namespace"),
    ROW(LEADERLIFE_ENOMEM, CLASS_RETRIABLE, "no memory"),
    ROW(LEADERLIFE_ESYSTEM, CLASS_FATAL, "the operating system refused a call"),
    ROW(LEADERLIFE_ETIMEDOUT, CLASS_RETRIABLE, "the given time has passed"),
    ROW(LEADERLIFE_EINTR, CLASS_RETRIABLE, "interrupted by a signal handler"),
    ROW(LEADERLIFE_ENOTSUP, CLASS_FATAL, "this version of the library cannot do that"),
    ROW(LEADERLIFE_ECONFIG, CLASS_FATAL, "a file or a setting is missing, unreadable or malformed"),
    ROW(LEADERLIFE_EIDENTITY, CLASS_FATAL,
        "the identity of this pod is missing, contradictory or a static pod's, or it is gone"),
    ROW(LEADERLIFE_EAUTH, CLASS_RETRIABLE, "the API server does not accept the credentials"),
    ROW(LEADERLIFE_EFORBIDDEN, CLASS_FATAL, "a right on the API server is missing"),
    ROW(LEADERLIFE_ENAMESPACE, CLASS_FATAL, "the namespace is absent or being deleted"),
    ROW(LEADERLIFE_EREJECTED, CLASS_FATAL, "the API server calls the request invalid"),
    ROW(LEADERLIFE_ENETWORK, CLASS_RETRIABLE, "no connection to the API server, or it broke"),
    ROW(LEADERLIFE_ETLS, CLASS_RETRIABLE, "the server's certificate or the TLS handshake is not good"),
    ROW(LEADERLIFE_ESERVER, CLASS_RETRIABLE, "the API server failed or is overloaded"),
    ROW(LEADERLIFE_EPROTOCOL, CLASS_RETRIABLE, "the answer is not one of a Kubernetes API server"),
    ROW(LEADERLIFE_EQUOTA, CLASS_RETRIABLE, "a ResourceQuota forbids the object"),
    ROW(LEADERLIFE_EBLOCKED, CLASS_RETRIABLE, "somebody else's object or socket has the lock's name"),
    ROW(LEADERLIFE_ELOST, CLASS_FATAL, "leadership was lost"),
};

static const struct status_row *find(int status)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].status == status)
            return &rows[i];
    }
    return NULL;
}

static int is_of_class(int status, enum status_class class_)
{
    const struct status_row *row = find(status);

    return row != NULL && row->class_ == class_;
}

const char *leaderlife_strerror(int status)
{
    const struct status_row *row = find(status);

    return row != NULL ? row->text : "unknown status";
}

const char *leaderlife_status_name(int status)
{
    const struct status_row *row = find(status);

    return row != NULL ? row->name : NULL;
}

int leaderlife_status_is_retriable(int status)
{
    return is_of_class(status, CLASS_RETRIABLE);
}

int leaderlife_status_is_fatal(int status)
{
    return is_of_class(status, CLASS_FATAL);
}

const char *leaderlife_state_name(int state)
{
    static const char *const names[] = {
        [LEADERLIFE_STATE_NEW] = "new",
        [LEADERLIFE_STATE_STARTING] = "starting",
        [LEADERLIFE_STATE_STANDBY] = "standby",
        [LEADERLIFE_STATE_LEADER] = "leader",
        [LEADERLIFE_STATE_RESIGNING] = "resigning",
        [LEADERLIFE_STATE_RESIGNED] = "resigned",
        [LEADERLIFE_STATE_LOST] = "lost",
        [LEADERLIFE_STATE_FAILED] = "failed",
        [LEADERLIFE_STATE_CLOSED] = "closed",
    };

    if (state < 0 || (size_t)state >= sizeof names / sizeof names[0])
        return NULL;
    return names[state];
}
