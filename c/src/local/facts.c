/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts facts into the local backend's queue: answers, pods, notices.
 */
#include "local/facts.h"

#include <errno.h>

struct fact *local_answer(struct local *local, unsigned number, enum outcome outcome)
{
    struct fact *fact = fact_queue_add(&local->facts, FACT_ANSWER);

    fact->number = number;
    fact->outcome = outcome;
    return fact;
}

void local_say_pod(struct local *local, const char *uid, enum pod_sign sign)
{
    struct fact *fact = fact_queue_add(&local->facts, FACT_POD);

    text_copy(fact->pod.uid, sizeof fact->pod.uid, uid);
    fact->pod.sign = sign;
}

void local_note(struct local *local, unsigned condition, int status, const char *text)
{
    struct fact *fact;

    if ((local->noted & condition) != 0)
        return;
    local->noted |= condition;
    fact = fact_queue_add(&local->facts, FACT_NOTE);
    fact->status = status;
    text_copy(fact->text, sizeof fact->text, text);
}

bool local_is_refusal(int error)
{
    return error == EACCES || error == EPERM || error == EAFNOSUPPORT || error == EPROTONOSUPPORT;
}
