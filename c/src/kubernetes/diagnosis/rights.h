/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks which rights the process has.
 */
#ifndef LEADERLIFE_KUBERNETES_DIAGNOSIS_RIGHTS_H
#define LEADERLIFE_KUBERNETES_DIAGNOSIS_RIGHTS_H

#include "kubernetes/diagnosis/state.h"

void diagnosis_check_rights(struct diagnosis *d);
/* Whether that right was asked for, and is there. */
bool diagnosis_may(const struct diagnosis *d, const char *resource, enum api_verb verb);

#endif
