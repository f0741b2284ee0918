/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of an Event of core/v1, as kubectl describe pod shows it.
 */
#include "kubernetes/objects/event.h"

#include "base/text.h"
#include "kubernetes/objects/json.h"

static const char component[] = "leaderlife";

/* Without eventTime, action and series, which only events.k8s.io has. */
char *event_body(const struct event_write *event)
{
    const char *time = event->time;
    const char *pod = event->pod->name;
    char name[TEXT_NAME + 1];

    text_format(name, sizeof name, "%s.", pod); /* the API server adds to it, and makes it short enough */
    return json_dump_and_release(json_pack(
        "{s:s, s:s, s:{s:s, s:s}, s:{s:s, s:s, s:s, s:s, s:s}, s:s, s:s, s:s, s:s, s:s, s:{s:s}, s:s, s:s, s:i}",
        "apiVersion", "v1", "kind", "Event", "metadata", "generateName", name, "namespace", event->namespace_,
        "involvedObject", "apiVersion", "v1", "kind", "Pod", "name", pod, "namespace", event->namespace_, "uid",
        event->pod->uid, "type", event->warning ? "Warning" : "Normal", "reason", "LeaderElection", "message",
        event->message, "reportingComponent", component, "reportingInstance", pod, "source", "component", component,
        "firstTimestamp", time, "lastTimestamp", time, "count", 1));
}
