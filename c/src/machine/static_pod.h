/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Static pods (P2), for notices and diagnosis: which UIDs are theirs, and the text that people are shown.
 */
#ifndef LEADERLIFE_MACHINE_STATIC_POD_H
#define LEADERLIFE_MACHINE_STATIC_POD_H

#include "machine/fact.h"

#include <stdbool.h>
#include <stddef.h>

/* As the kubelet numbers a static pod: a hash of 32 hexadecimal digits, not the UUID that an API server gives. The
 * downward API gives this one to the pod's containers, and no API object has it. */
bool static_pod_is_uid(const char *uid);

/* Why the pod cannot take part and what to do, after its name and without a full stop: "is a static pod, ...". */
void static_pod_append(char *text, size_t size);

#endif
