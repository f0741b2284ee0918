/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world of a model's run as replay.c plays it: lock, record, pods and rights as they are, and as the machine's
 * process is shown them.
 */
#ifndef LEADERLIFE_TRACES_REPLAY_WORLD_H
#define LEADERLIFE_TRACES_REPLAY_WORLD_H

#include "machine/fact.h"

/* The model's processes are lives; each has a pod, and two may have the same. */
enum { LIVES = 3, NOBODY = 7, VERSIONS = 4096 };
enum pod_state { GOOD, TERMINATING, GONE };

struct object {
    int owner; /* the life whose write it is; NOBODY: absent, or a record that names nobody */
    int version;
    int number; /* of creates, for the lock's UID */
    bool orphaned;
    bool empty;             /* a record that is there and names nobody */
    char nonce[TEXT_NONCE]; /* if the life that is played has written it */
};

struct world {
    int me; /* the life that is played */
    int pods_of[LIVES];
    enum pod_state pods[LIVES];
    bool forbids; /* the right to the record is not there */
    struct object lock, record;
    struct object record_before;
    int kept[VERSIONS]; /* the version of the record that stands for that one; 0: itself */
    int lock_owners[VERSIONS], record_holders[VERSIONS];
};
extern struct world world;

void world_init(int me, const char *pods_of);
/* A line that tells how something is now; false: it is another line. */
bool world_read(const char *line);

/* The last write of the record is none for the machine. */
void world_keep_record(void);

bool world_is_dead(int life); /* or nobody */
bool world_is_of_my_pod(int life);
/* Who had written that version; NOBODY. */
int world_lock_owner(const char *version);
int world_record_holder(const char *version);

struct pod_id world_pod_id(int life);
struct lock_view world_view_lock(void);
struct record_view world_view_record(void);
struct pod_view world_view_pod(const char *uid);

#endif
