/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The local backend's queue of facts, and the texts that go with them. Knows nothing of when a fact is due.
 */
#include "local/local.h"

#include <errno.h>
#include <string.h>

bool local_next_fact(struct local *local, struct fact *ret_fact)
{
    if (local->fact_count == 0)
        return false;
    *ret_fact = local->facts[local->first_fact];
    local->first_fact = (local->first_fact + 1) % FACTS_MAX;
    local->fact_count--;
    return true;
}

struct fact *local_fact(struct local *local, enum fact_kind kind)
{
    struct fact *fact;

    if (local->fact_count == FACTS_MAX) /* cannot be, see there; if it were: lose one, not the memory behind */
        local->fact_count--;
    fact = &local->facts[(local->first_fact + local->fact_count) % FACTS_MAX];
    local->fact_count++;
    memset(fact, 0, sizeof *fact);
    fact->kind = kind;
    return fact;
}

struct fact *local_answer(struct local *local, unsigned number, enum outcome outcome)
{
    struct fact *fact = local_fact(local, FACT_ANSWER);

    fact->number = number;
    fact->outcome = outcome;
    return fact;
}

void local_say_pod(struct local *local, const char *uid, enum pod_sign sign)
{
    struct fact *fact = local_fact(local, FACT_POD);

    text_copy(fact->pod.uid, sizeof fact->pod.uid, uid);
    fact->pod.sign = sign;
}

void local_note(struct local *local, unsigned condition, int status, const char *text)
{
    struct fact *fact;

    if ((local->noted & condition) != 0)
        return;
    local->noted |= condition;
    fact = local_fact(local, FACT_NOTE);
    fact->status = status;
    text_copy(fact->text, sizeof fact->text, text);
}

bool local_is_refusal(int error)
{
    return error == EACCES || error == EPERM || error == EAFNOSUPPORT || error == EPROTONOSUPPORT;
}

void local_describe_error(const struct local *local, int error, char *text, size_t size)
{
    const char *cure = "it is tried again";

    if (local_is_refusal(error))
        cure = "allow the process abstract Unix sockets (RestrictAddressFamilies=, seccomp, AppArmor or SELinux)";
    else if (error == EMFILE || error == ENFILE)
        cure = "raise the limit of open files, or close some; it is tried again";
    text_format(text, size, "the system refuses the Unix socket @%s of lock '%s': %s; %s", local->name.bytes,
                local->lock, strerror(error), cure);
}

void local_describe_full(const struct local *local, char *text, size_t size)
{
    text_format(text, size,
                "lock '%s' is held, and its holder's queue of waiters is full: this candidate asks again every 2 s at "
                "most instead of being told; run fewer candidates, or raise net.core.somaxconn and restart the leader "
                "(each candidate that came and went counts until then)",
                local->lock);
}

void local_describe_silent(const struct local *local, char *text, size_t size)
{
    text_format(text, size,
                "lock '%s' is taken by a process that does not listen on the socket @%s, so it cannot be waited for: "
                "end that process (lsof -U names it), or use another lock name; it is tried again every second",
                local->lock, local->name.bytes);
}

void local_describe_stranger(const struct local *local, const char *holder, uid_t user, char *text, size_t size)
{
    text_format(text, size,
                "lock '%s' of user %lu is held by %s of user %lu: a process of somebody else uses the socket @%s; wait "
                "for its end, end it, or use another lock name",
                local->lock, (unsigned long)local->user, holder, (unsigned long)user, local->name.bytes);
}
