/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the requests of a diagnosis.
 */
#ifndef LEADERLIFE_KUBERNETES_DIAGNOSIS_ASK_H
#define LEADERLIFE_KUBERNETES_DIAGNOSIS_ASK_H

#include "kubernetes/diagnosis/state.h"

void diagnosis_found(struct diagnosis *d, int level, int status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Sends d->request and waits for d->verdict. False: no time is left, and nothing is to be asked any more. */
bool diagnosis_ask(struct diagnosis *d);
/* False likewise. */
bool diagnosis_pause(struct diagnosis *d, int64_t ms);
/* A GET_... command, to d->fact. False if the object could not be read, which has been told. node: for GET_NODE. */
bool diagnosis_look(struct diagnosis *d, enum command_kind kind, const struct pod_id *pod, const char *node);
/* Tries a create out. False likewise. */
bool diagnosis_dry_run(struct diagnosis *d, enum command_kind kind);

#endif
