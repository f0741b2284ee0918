/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the Kubernetes backend share: backend.c (its operations), errand.c (the command under way),
 * sighting.c (its watches), publish.c (what it tells the cluster).
 */
#ifndef LEADERLIFE_KUBERNETES_BACKEND_INTERNAL_H
#define LEADERLIFE_KUBERNETES_BACKEND_INTERNAL_H

#include "backend.h"
#include "kubernetes/client.h"
#include "kubernetes/identity.h"
#include "kubernetes/seat.h"
#include "kubernetes/sight.h"
#include "kubernetes/watcher.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FACTS = 16,     /* that wait to be taken */
    FACTS_FREE = 8, /* room that must be left before anything new is looked at: what one look may bring */
    TARGETS = 4     /* what is watched at the API server: lock, record, holder's pod, own pod */
};

struct target {
    unsigned bit; /* WATCH_LOCK ... */
    struct watcher watcher;
    bool blind;             /* the machine was told that the right to watch is missing */
    bool sighted;           /* the right was there once */
    struct pod_sight sight; /* of a pod */
    char uid[TEXT_UID];     /* of the pod that is asked about */
};

/* The command, and the question beside it. */
enum { ERRAND_COMMAND, ERRAND_QUESTION, ERRANDS };

/* One command or question that is a request. */
struct errand {
    struct command command; /* kind NONE: nothing under way */
    struct api_request request;
    struct http_call *call;
    bool repeated;      /* after a 401 */
    int64_t started_at; /* or sent */
    unsigned sent;      /* struct fact */
    struct client_pass pass;
};

/* What the cluster is told of this process's term (option events): beside the command, and nothing waits for it. */
struct publication {
    bool waiting; /* for a credential: the request is made, and not yet sent */
    struct api_request request;
    struct http_call *call; /* NULL: nothing is sent */
    bool refused;           /* the right is missing: not tried again */
    struct client_pass pass;
};

struct kubernetes {
    struct backend base; /* first: the election's pointer is ours */
    const char *lock;
    char record[TEXT_NAME]; /* the holder record's name */
    enum wish wish;
    const struct options *options;
    struct counters *counters;
    struct client client;
    bool identified;
    struct identity_found identity;
    struct pod_seat seat;
    struct target targets[TARGETS];
    struct errand errands[ERRANDS];
    unsigned sent; /* requests so far */
    struct publication publication;
    struct document *lock_read;      /* the lock as a request showed it last, for the rewriting; NULL */
    struct document *record_read;    /* likewise the record, as a request or its watch showed it last */
    char since[32];                  /* when the last claim was written, for people */
    uint64_t foreign[FOREIGN_KINDS]; /* which foreign object people were told of; 0 = none */
    struct fact facts[FACTS];
    unsigned first;
    unsigned count;
};

/* ---- backend.c ---- */

/* What finds no room is dropped; facts_have_room is asked first. */
void facts_put(struct kubernetes *kube, const struct fact *fact);
bool facts_have_room(const struct kubernetes *kube);
/* The answer to COMMAND_IDENTIFY, once there are credentials: a bound token says who we are. */
void identify(struct kubernetes *kube, struct fact *fact);
void facts_note(struct kubernetes *kube, int status, int level, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* P14: says why the object with that uid is foreign (objects.h: fault), once; "" forgets it. */
void note_foreign(struct kubernetes *kube, enum foreign which, const char *uid, const char *fault);

/* ---- errand.c ---- */

/* In place of a question that is under way. */
void errand_start(struct kubernetes *kube, const struct command *command);
/* Goes on with what waits for a credential; after client_run. */
void errands_go(struct kubernetes *kube);
int64_t errands_deadline(const struct kubernetes *kube);
/* Turns calls that are done into answers. */
void errands_take(struct kubernetes *kube);
void errands_clear(struct kubernetes *kube);
/* The record for the overwriting; takes the document, NULL forgets. One that is not in the version that the machine knows
 * (a watch lags behind) costs a GET. */
void keep_record(struct kubernetes *kube, struct document *document);

/* The time now, RFC 3339 with microseconds: for people alone, nothing is ever compared with it. */
void tell_time(char *target, size_t size);

/* ---- publish.c ---- */

/* struct backend_ops, publish. */
bool publish(struct kubernetes *kube, bool warning, const char *text);
/* Looks whether it is done. */
void publication_run(struct kubernetes *kube);
void publication_clear(struct kubernetes *kube);

/* ---- sighting.c ---- */

void targets_init(struct kubernetes *kube);
/* The answer to COMMAND_GET_OWN_POD, which api_fact has filled from that document (NULL: the pod is absent), is told whether
 * the pod is elsewhere (P2), as its watch's facts are. */
void place_own_pod(const struct kubernetes *kube, const struct document *document, struct fact *answer);
void targets_want(struct kubernetes *kube, unsigned watches, const struct pod_id *pod);
/* Turns what the watches bring into facts while there is room. */
void targets_run(struct kubernetes *kube, int64_t now);
/* The server has answered: watches that wait because the connection failed go on. */
void targets_hurry(struct kubernetes *kube);
int64_t targets_deadline(const struct kubernetes *kube);
void targets_free(struct kubernetes *kube, bool forked);

#endif
