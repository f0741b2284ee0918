/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an election would meet on the embedded lock.
 */
#ifndef LEADERLIFE_LOCAL_DIAGNOSIS_H
#define LEADERLIFE_LOCAL_DIAGNOSIS_H

#include "local/state.h"

void local_diagnose(struct backend *backend, const struct diagnosis_sink *sink);

#endif
