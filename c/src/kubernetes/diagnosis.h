/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the diagnosis on Kubernetes share: diagnosis.c (server, identity, own pod), diagnosis_ask.c (how a
 * request is made), diagnosis_rights.c, diagnosis_lock.c (lock, record, dry runs), diagnosis_scene.c (who leads, and what
 * does not fit; pure), diagnosis_pods.c (the leader's pod and its standbys).
 */
#ifndef LEADERLIFE_KUBERNETES_DIAGNOSIS_H
#define LEADERLIFE_KUBERNETES_DIAGNOSIS_H

#include "kubernetes/backend_internal.h"
#include "removal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SELECTOR = 512 };

/* Who leads, as lock, record and that pod tell. What was not asked for is NOTHING, or has no name. */
struct scene {
    struct pod_id who; /* the lock's owner, else the record's holder */
    enum pod_sign sign;
    bool lock_held;  /* it is being deleted, and a finalizer keeps it */
    bool pod_absent; /* or it has another UID */
    struct lock_view lock;
    struct record_view record;
    struct pod_facts pod;
    char selector[SELECTOR]; /* of pods like it; "" if that cannot be said */
    char lock_fault[TEXT_MESSAGE];
    char record_fault[TEXT_MESSAGE];
};

/* What does not fit, and is normal for a moment of a hand-over alone. */
enum oddity {
    ODD_NOTHING,
    ODD_DEAD_HOLDER,  /* the lock is a dead pod's, and nobody takes over */
    ODD_DEAD_ORPHAN,  /* likewise, and it has lost its owner reference */
    ODD_ORPHAN,       /* it has lost that under a leader that could put it back */
    ODD_TWO_NAMES,    /* lock and record name different pods */
    ODD_NO_RECORD,    /* the lock says that there is a record, and it names nobody */
    ODD_NO_LOCK,      /* the record names a living pod, and there is no lock */
    ODD_BEING_DELETED /* the lock waits for a finalizer */
};

struct diagnosis {
    struct kubernetes *kube;
    const struct finder *finder;
    uint32_t rights; /* as bits of the table in diagnosis_rights.c */
    int ended;       /* LEADERLIFE_OK; or why nothing more is asked */
    bool campaign;
    bool records;               /* a holder record is of matter (P8) */
    bool self_known;            /* kube->identity.pod */
    struct command command;     /* of the last look */
    struct api_request request; /* the last one */
    struct client_pass pass;
    struct api_verdict verdict; /* on its answer; the document is ours until the next one */
    struct fact fact;           /* of the last look */
    char fault[TEXT_MESSAGE];   /* likewise: why the object is foreign (P14), or "" */
    struct scene scene;
};

/* ---- diagnosis.c ---- */

void diagnosis_diagnose(struct backend *backend, const struct finder *finder);

/* ---- diagnosis_ask.c ---- */

void found(struct diagnosis *d, int level, int status, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Sends d->request and waits for d->verdict. False: no time is left, and nothing is to be asked any more. */
bool diagnosis_ask(struct diagnosis *d);
/* False likewise. */
bool diagnosis_pause(struct diagnosis *d, int64_t ms);
/* A GET_... command, to d->fact. False if the object could not be read, which has been told. node: for GET_NODE. */
bool diagnosis_look(struct diagnosis *d, enum command_kind kind, const struct pod_id *pod, const char *node);
/* Tries a create out. False likewise. */
bool diagnosis_rehearse(struct diagnosis *d, enum command_kind kind);

/* ---- diagnosis_rights.c ---- */

void find_rights(struct diagnosis *d);
/* Whether that right was asked for, and is there. */
bool diagnosis_may(const struct diagnosis *d, const char *resource, enum api_verb verb);

/* ---- diagnosis_lock.c ---- */

/* Looks at lock, record and the leader's pod, again if something is odd: false if that could not be done. */
bool find_scene(struct diagnosis *d);
void tell_scene(struct diagnosis *d);
/* Whether the server would take lock and record. */
void find_room(struct diagnosis *d);

/* ---- diagnosis_scene.c ---- */

/* From lock and record: who it is. */
void scene_settle(struct scene *scene);
enum oddity scene_oddity(const struct scene *scene);
/* P14: what stands in the way of a removal of the lock or the record. */
void scene_removal(const struct scene *scene, enum foreign what, struct removal *ret);
/* Whether its grace period was over before that time, or it has been running without being ready since before. */
bool pod_overdue(const struct pod_facts *pod, const char *time);
bool pod_unready(const struct pod_facts *pod, const char *time);
/* Of the own pod, none of whose addresses is here (P2); allowed: option pod-network is 'any'. */
void elsewhere_text(const struct identity_found *self, const struct pod_facts *pod, bool allowed, char *text,
                    size_t size);

/* ---- diagnosis_pods.c ---- */

void find_leader(struct diagnosis *d);
void find_standbys(struct diagnosis *d);

#endif
