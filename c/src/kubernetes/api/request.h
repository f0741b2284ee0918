/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Kubernetes API as an election uses it: requests for the machine's commands and for watches. Pure: sends nothing;
 * must not know connections, credentials or retries.
 */
#ifndef LEADERLIFE_KUBERNETES_API_REQUEST_H
#define LEADERLIFE_KUBERNETES_API_REQUEST_H

#include "kubernetes/objects/document.h"
#include "kubernetes/objects/event.h"
#include "machine/fact.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum api_verb { API_GET, API_LIST, API_WATCH, API_CREATE, API_UPDATE, API_DELETE };

enum {
    API_PATH = 2048,                  /* namespace and name escaped, and the query */
    API_ANSWER_MAX = 8 * 1024 * 1024, /* a full ConfigMap is at most 1 MiB before JSON escapes it */
    API_LINE_MAX = 2 * 1024 * 1024,   /* of a watch */
    API_RETRY_MAX_MS = 30000          /* P15: no server may silence an election, or its resigning, for longer */
};

extern const char api_configmaps[]; /* "configmaps" */
extern const char api_leases[];     /* "leases" */
extern const char api_pods[];       /* "pods" */
extern const char api_nodes[];      /* "nodes": of the cluster, not of a namespace */
extern const char api_events[];     /* "events" */

struct api_request {
    enum api_verb verb;
    const char *resource; /* api_configmaps ... */
    char namespace_[TEXT_NAME];
    char name[TEXT_NAME];
    char path[API_PATH]; /* with the query, after the server's URL */
    bool dry_run;        /* leaves nothing behind, whatever its verb says */
    const char *accept;
    char *body; /* owned; NULL */
};

/* Who asks, and for which lock. */
struct api_scope {
    const char *namespace_;
    const char *lock;
    const char *record; /* the holder record's name */
    const struct pod_id *self;
    const char *since; /* when the term began, for people (struct record_write) */
};

/* LEADERLIFE_OK, _ENOMEM, or _ENOTSUP for a command that is no request. command->pod is set for GET_OWN_POD too; read
 * is the lock (PUT_LOCK) or the record (PUT_RECORD of one that exists, EMPTY_RECORD) as it was shown last, with the
 * command's uid and version. */
int api_request_for(struct api_request *ret, const struct command *command, const struct api_scope *scope,
                    const struct document *read);
void api_request_clear(struct api_request *request);

/* The creation of an Event: LEADERLIFE_OK or _ENOMEM. */
int api_request_event(struct api_request *ret, const struct event_write *event);

/* A LIST or WATCH of the one object with that name; extra is the rest of the query, "" or beginning with '&'.
 * With metadata_only the server is asked to leave out the rest of the object. */
void api_request_select(struct api_request *ret, enum api_verb verb, const char *resource, const char *namespace_,
                        const char *name, bool metadata_only, const char *extra);

/* What no election asks, but a diagnosis: a path that is neither lock, record, pod nor node; the pods with these labels
 * ("a=b,c=d", at most 512 bytes); and a create that the server only tries. resource is for texts. */
void api_request_other(struct api_request *ret, enum api_verb verb, const char *resource, const char *path, char *body);
void api_request_labelled(struct api_request *ret, const char *namespace_, const char *selector);
void api_request_dry_run(struct api_request *request);

const char *api_method(enum api_verb verb);
bool api_is_write(enum api_verb verb);

#endif
