/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The advice where nothing but the removal of a lock or a record helps (P14): never to remove one while the other
 * names a pod that may live, for then too little would keep others from leading beside it. The caller knows who
 * lives.
 */
#ifndef LEADERLIFE_MACHINE_REMOVAL_ADVICE_H
#define LEADERLIFE_MACHINE_REMOVAL_ADVICE_H

#include "machine/fact.h"

#include <stddef.h>

/* What stands in the way of a removal. */
enum removal_bar {
    BAR_NOTHING, /* the other object was read, and names nobody who may live */
    BAR_SELF,    /* this process leads, in that pod */
    BAR_RECORD,  /* that pod is named by the record */
    BAR_LOCK,    /* by the lock */
    BAR_EARLIER, /* by the lock as it was before (P8) */
    BAR_UNREAD,  /* the other object has not been read yet */
    BAR_UNTOLD   /* there is nothing that would tell who leads */
};

struct removal {
    enum foreign what;
    enum removal_bar bar;
    const struct pod_id *pod; /* SELF, RECORD, LOCK, EARLIER */
};

/* Appends the cure to the text that has told the cause. */
void removal_append(const struct removal *removal, char *text, size_t size);

#endif
