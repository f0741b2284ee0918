/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kubernetes objects as JSON <-> the structs of the machine. The only includer of jansson. Knows nothing of requests.
 */
#ifndef LEADERLIFE_KUBERNETES_OBJECTS_H
#define LEADERLIFE_KUBERNETES_OBJECTS_H

#include "machine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A parsed document; opaque outside objects*.c. */
struct document;

/* NULL if it is not one JSON object (duplicate keys, too deep, bad UTF-8 ... are refused). Owned by the caller. */
struct document *document_parse(const char *bytes, size_t size);
void document_free(struct document *document);
struct document *document_copy(const struct document *document); /* NULL without memory */

/* A Status object; other kinds give false. */
struct status_view {
    int code;
    char reason[64];
    char message[512];          /* made printable */
    char kind[64];              /* details.kind: what it is about, e.g. "pods" */
    char name[TEXT_NAME];       /* details.name */
    bool namespace_terminating; /* details.causes has the reason NamespaceTerminating */
    int64_t retry_after_ms;     /* details.retryAfterSeconds */
};
bool status_view_of(const struct document *document, struct status_view *ret);

/* The lock as a ConfigMap or PartialObjectMetadata; false if it is neither (missing metadata, uid, version, another
 * kind). A lock without exactly one Pod owner, or with a foreign finalizer, is LOCK_SEEN_FOREIGN, and fault then says
 * why; but one whose owner was taken away is whose its annotations say (P14). */
bool lock_view_of(const struct document *document, struct lock_view *ret, char *fault, size_t size);

/* The holder record; false if it is no Lease or has no uid or version. One that is not as a candidate writes it, that
 * has an owner or a finalizer, is RECORD_SEEN_FOREIGN; fault then says why (P14). */
bool record_view_of(const struct document *document, struct record_view *ret, char *fault, size_t size);

/* A fault is the cause, then ": " and the cure; but no cure where only the removal of the object is one. To advise that,
 * one must know who lives (P14; removal.h). */
bool fault_asks_removal(const char *fault);

enum {
    POD_ADDRESSES = 4, /* Kubernetes gives one of each family at most */
    POD_ADDRESS = 48   /* INET6_ADDRSTRLEN, and more */
};

/* What P2 and P4 need of a Pod. */
struct pod_facts {
    char name[TEXT_NAME];
    char uid[TEXT_UID];
    char version[TEXT_VERSION];
    char phase[32];
    bool terminating;
    int64_t grace_s;                            /* spec.terminationGracePeriodSeconds, 30 if absent */
    int64_t ends_s;                             /* terminating: within how many seconds of the request */
    bool gc_disruption;                         /* condition DisruptionTarget, reason DeletionByPodGC, status True */
    bool has_statuses;                          /* any container status at all, init and ephemeral included */
    bool running;                               /* any of them has state.running */
    bool ready;                                 /* condition Ready, status True */
    char node[TEXT_NAME];                       /* spec.nodeName, "" if it has none or an impossible one */
    char addresses[POD_ADDRESSES][POD_ADDRESS]; /* status.podIPs, else status.podIP */
    size_t address_count;                       /* 0: not known */
    /* No election looks at these, a diagnosis does. Times as "2024-01-31T12:00:00Z" by the server's clock, "": not said. */
    bool unready;         /* condition Ready, another status */
    bool halted;          /* one of its containers (of no other sort) does not run */
    char ready_since[24]; /* when that condition changed last */
    char ends_at[24];     /* terminating: when its grace period is over */
};
bool pod_facts_of(const struct document *document, struct pod_facts *ret);

/* P4 (c), (d) on a pod that was seen; never UNSURE. */
void pod_judge(const struct pod_facts *pod, struct pod_view *ret);

/* P16. False if it is no Node that can be read. */
bool node_judge(const struct document *document, enum node_sign *ret);

/* One line of a watch. object is part of document and is valid as long as it; NULL if there is none. */
enum watch_type { WATCH_ADDED, WATCH_MODIFIED, WATCH_DELETED, WATCH_BOOKMARK, WATCH_ERROR, WATCH_STRANGE };
enum watch_type watch_type_of(const struct document *document, const struct document **ret_object);
/* metadata.resourceVersion of any object or list, "" if it has none. */
void version_of(const struct document *document, char *target, size_t size);
/* metadata.uid, "" if it has none. */
void uid_of(const struct document *document, char *target, size_t size);
/* metadata.name is this one: a server or proxy that ignores a selector must not deceive us. */
bool is_named(const struct document *object, const char *name);
/* A DELETE was accepted, but finalizers keep the object. */
bool is_held(const struct document *object);
/* BOOKMARK: has the annotation k8s.io/initial-events-end: "true". */
bool is_initial_end(const struct document *object);
/* Items of a list: calls visit for each; false if it is no list. */
bool list_each(const struct document *document, void (*visit)(const struct document *item, void *context),
               void *context);

/* Bodies; NULL without memory; free() them. */
/* guarded: a holder record names the owner (P8). */
char *lock_body_new(const char *namespace_, const char *lock, const struct pod_id *owner, const char *nonce,
                    bool guarded);
/* The lock as it was read (data, labels and foreign annotations kept), with uid and version as preconditions and
 * the nonce and the owner written (P14); "" marks it as given back and leaves the rest. */
char *lock_body_rewritten(const struct document *document, const char *uid, const char *version,
                          const struct pod_id *owner, const char *nonce, bool guarded);
char *delete_body(const char *uid, const char *version);

/* What is written into the record; an empty holder, nonce and time empty it. */
struct record_write {
    const char *namespace_;
    const char *name;
    const char *uid; /* with version: the preconditions; both "" create it */
    const char *version;
    struct pod_id holder;
    const char *nonce;
    const char *token;
    int64_t term;
    const char *time; /* since when, for people: RFC 3339 with microseconds; "" */
};
/* read: the record in that version, of which labels and foreign annotations are kept; NULL to create it. */
char *record_body(const struct document *read, const struct record_write *write);

/* What an Event says, about a pod of its own namespace. */
struct event_write {
    const char *namespace_;
    const struct pod_id *pod;
    bool warning;
    const char *message; /* at most 1023 bytes, as the API wants it */
    const char *time;    /* RFC 3339 */
};
char *event_body(const struct event_write *event);

/* What a credential plugin answers: a token, or cert and key as PEM, or all; NULL where it has none. */
struct exec_answer {
    char *token;
    char *cert;
    char *key;
    int64_t expires; /* seconds since 1970; INT64_MAX: not said */
};
/* NULL; or what the bytes are instead of an ExecCredential of that version with a credential, for a sentence like
 * "it gave ...". Names no secret, and keeps none in memory. */
const char *exec_answer_parse(const char *bytes, size_t size, const char *version, struct exec_answer *ret);
void exec_answer_clear(struct exec_answer *answer);

#endif
