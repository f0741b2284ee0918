/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks lock and record.
 */
#ifndef LEADERLIFE_KUBERNETES_DIAGNOSIS_LOCK_H
#define LEADERLIFE_KUBERNETES_DIAGNOSIS_LOCK_H

#include "kubernetes/diagnosis/state.h"

/* Looks at lock, record and the leader's pod, again if something is odd: false if that could not be done. */
bool diagnosis_read_leader(struct diagnosis *d);
void diagnosis_tell_leader(struct diagnosis *d);
/* Whether the server would take lock and record. */
void diagnosis_check_room(struct diagnosis *d);

#endif
