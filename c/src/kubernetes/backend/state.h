/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of the Kubernetes backend, as its files share it. kubernetes.c has the operations.
 */
#ifndef LEADERLIFE_KUBERNETES_BACKEND_STATE_H
#define LEADERLIFE_KUBERNETES_BACKEND_STATE_H

#include "backend/backend.h"
#include "backend/fact_queue.h"
#include "kubernetes/api/client.h"
#include "kubernetes/api/request.h"
#include "kubernetes/backend/seat.h"
#include "kubernetes/config/identity.h"
#include "kubernetes/objects/token_claims.h"
#include "kubernetes/watch/observe.h"
#include "kubernetes/watch/transport.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FACTS_FREE = 8,   /* room that must be left before anything new is looked at: what one look may bring */
    WATCH_TARGETS = 4 /* what is watched at the API server: lock, record, holder's pod, own pod */
};

enum { TEXT_COUNT = 12 };

struct watch_target {
    unsigned bit; /* WATCH_LOCK ... */
    struct watch_transport transport;
    bool blind;                         /* the machine was told that the right to watch is missing */
    bool was_allowed;                   /* the right was there once */
    struct pod_observation observation; /* of a pod */
    char uid[TEXT_UID];                 /* of the pod that is asked about */
};

/* The command, and the question beside it. */
enum { IN_FLIGHT_COMMAND, IN_FLIGHT_QUESTION, IN_FLIGHT_MAX };

/* One command or question that is a request. */
struct in_flight {
    struct command command; /* kind NONE: nothing under way */
    struct api_request request;
    struct http_call *call;
    bool repeated;      /* after a 401 */
    int64_t started_at; /* or sent */
    unsigned sent;      /* struct fact */
    struct client_pass pass;
};

/* What the cluster is told of this process's term (option events): beside the command, and nothing waits for it. */
struct event_recorder {
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
    char containers[TEXT_COUNT]; /* how many the own pod has (struct pod_facts), for detail; "" */
    struct pod_seat seat;
    struct watch_target watches[WATCH_TARGETS];
    struct in_flight in_flight[IN_FLIGHT_MAX];
    unsigned sent; /* requests so far */
    struct event_recorder event_recorder;
    struct document *lock_read;      /* the lock as a request showed it last, for the rewriting; NULL */
    struct document *record_read;    /* likewise the record, as a request or its watch showed it last */
    char since[32];                  /* when the last claim was written, for people */
    uint64_t foreign[FOREIGN_KINDS]; /* which foreign object people were told of; 0 = none */
    struct fact_queue facts;
};

#endif
