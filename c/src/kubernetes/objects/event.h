/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events.
 */
#ifndef LEADERLIFE_KUBERNETES_OBJECTS_EVENT_H
#define LEADERLIFE_KUBERNETES_OBJECTS_EVENT_H

#include "machine/fact.h"

#include <stdbool.h>

/* What an Event says, about a pod of its own namespace. */
struct event_write {
    const char *namespace_;
    const struct pod_id *pod;
    bool warning;
    const char *message; /* at most 1023 bytes, as the API wants it */
    const char *time;    /* RFC 3339 */
};
/* NULL without memory; free() it. */
char *event_body(const struct event_write *event);

#endif
