/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks the leader's pod and its standbys.
 */
#ifndef LEADERLIFE_KUBERNETES_DIAGNOSIS_PODS_H
#define LEADERLIFE_KUBERNETES_DIAGNOSIS_PODS_H

#include "kubernetes/diagnosis/state.h"

void diagnosis_check_leader(struct diagnosis *d);
void diagnosis_check_standbys(struct diagnosis *d);

#endif
