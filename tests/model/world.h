/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the simulation share: the world's objects, its queue of events and its dice. For the
 * files of tests/model alone; tests include model.h.
 */
#ifndef LEADERLIFE_TESTS_WORLD_H
#define LEADERLIFE_TESTS_WORLD_H

#include "history.h"
#include "machine/knowledge.h"
#include "model.h"

enum { MAX_PODS = 160, MAX_PROCESSES = 300, MAX_REQUESTS = 512, MAX_EVENTS = 4096, MAX_INBOX = 128, WATCHES = 5 };

/* Lock, record or pod at one moment. Numbers stand for UIDs and versions; 0 = none. */
struct object {
    bool exists;
    bool foreign;
    int uid;
    int64_t version; /* of the last change, the deletion included */
    int holder;      /* lock, record: pod UID; 0 = empty record */
    char nonce[TEXT_NONCE];
    bool guarded;  /* lock */
    bool orphaned; /* lock */
    bool plain;    /* lock: no annotation names its holder (an older version made it) */
    int64_t term;
    int name; /* pod */
    bool terminating;
    bool terminal;
    bool statuses;
    bool running;
    bool disruption;
    int64_t grace_ms;
    bool unready;
    enum node_sign node; /* of the pod's node */
};

struct pod {
    int id; /* in scripts: after the strike that it comes from, so that it stays when others are left out */
    int lives;
    struct object object;
    int seat;        /* process that has it, or -1 */
    bool foreground; /* deleted in the foreground: its lock is collected at once */
    bool replaced;   /* a successor is under way */
    bool down;       /* its machine is */
    bool older;      /* its image has an older version */
    bool ghost;      /* its object was removed by force, its processes live on */
    int64_t terminating_at;
    int steps;
    int64_t displaced_until; /* its sandbox is made anew: its addresses are not here */
};

enum item_kind { ITEM_LOCK, ITEM_RECORD, ITEM_POD, ITEM_OWN, ITEM_SEAT, ITEM_ANSWER, ITEM_WISH, ITEM_BLIND };

/* What happens at the moment, and how often each name was chosen in it. */
enum { SCOPE_NAMES = 24 };
struct scope {
    enum scope_kind kind;
    int a;
    int b;
    int count;
    const char *names[SCOPE_NAMES];
    int used[SCOPE_NAMES];
};

/* What reaches a process. */
struct item {
    enum item_kind kind;
    bool gap;
    bool initial;
    struct object object;
    int target;          /* POD, OWN: the UID it is about */
    unsigned generation; /* of the watch */
    /* ANSWER */
    unsigned number;
    enum command_kind command;
    enum outcome outcome;
    bool network;
    int64_t retry_after;
    enum wish wish;
    unsigned watch;
};

struct watch_state {
    bool wanted;
    bool open; /* it has its first snapshot: changes reach it */
    unsigned generation;
    int target;
    int name;
    int64_t last_at;
    int events; /* brought so far */
};

struct process {
    int id; /* in scripts, after its pod */
    bool alive;
    bool ended_plan;
    bool observer;
    bool older;     /* its version knows fewer rules */
    bool idle_end;  /* it had not written the lock when it ended */
    bool left;      /* its handle is closed, its program goes on */
    bool elsewhere; /* it has the pod's identity and not its network namespace, nor its seat */
    int pod;
    int64_t offset; /* its clock */
    int64_t stalled_until;
    struct knowledge known;
    struct item inbox[MAX_INBOX];
    unsigned inbox_count;
    struct watch_state watches[WATCHES];
    unsigned tick;
    enum belief believed;
    int64_t claim_at; /* when it has sent the last write that may elect it */
    unsigned commands;
    int64_t second;
    unsigned in_second;
    enum end end;
    int drawn; /* by its machine */
    int steps;
    bool works_on; /* its loss was rehearsed, and its program may work until it closes the election */
};

struct request {
    bool used;
    int process;
    struct command command;
    bool forget; /* its answer was lost: nothing to tell after the commit */
    int64_t answer_after;
};

enum event_kind {
    EVENT_COMMIT,   /* a: request */
    EVENT_DELIVER,  /* a: process; item */
    EVENT_SNAPSHOT, /* a: process, b: watch, generation; item.gap */
    EVENT_WAKE,     /* a: process */
    EVENT_TICK,     /* a: process, generation */
    EVENT_CHAOS,
    EVENT_CALM,
    EVENT_START,     /* a: pod */
    EVENT_KILL,      /* a: process */
    EVENT_POD,       /* a: pod, b: enum pod_step */
    EVENT_NEW_POD,   /* a: name; 0 = a new one */
    EVENT_GC,        /* a: uid of the lock */
    EVENT_GC_DELETE, /* a: uid, b: version */
    EVENT_FOREIGN_GONE,
    EVENT_REMOVE_LOCK
};

/* Disturbances. Their words in scripts are in history.c. */
enum strike {
    STRIKE_NOTHING,
    STRIKE_DELETE,
    STRIKE_EVICT,
    STRIKE_OUTAGE,
    STRIKE_COLLECTOR,
    STRIKE_HAND,
    STRIKE_FOREIGN,
    STRIKE_BESIDE,
    STRIKE_FORCE,
    STRIKE_DISPLACE,
    STRIKE_DENY,
    STRIKE_NODE,
    STRIKE_PROCESS,
    STRIKE_SPECIAL /* what is special in this kind of world (worlds.c) */
};

enum pod_step { POD_KILL, POD_TERMINAL, POD_RUNNING_AGAIN, POD_NODE_BACK, POD_NODE_DOWN, POD_NODE_LOST, POD_REMOVE };

struct event {
    int64_t at;
    uint64_t order;
    enum event_kind kind;
    int cause; /* the strike that it comes from */
    int a;
    int64_t b;
    unsigned generation;
    struct item item;
};

struct world {
    const struct model_setup *setup;
    struct model_result *result;
    uint64_t dice;
    struct scope scope;
    int cause;
    int strikes;
    int hands;
    int collections;
    int64_t now;
    int64_t version;
    int uids;
    uint64_t order;
    struct event events[MAX_EVENTS];
    int heap[MAX_EVENTS]; /* indices of events; those from event_count on are free */
    unsigned event_count;

    struct object lock;
    struct object record;
    struct pod pods[MAX_PODS];
    int pod_count;
    int names;
    struct process processes[MAX_PROCESSES];
    int process_count;
    struct request requests[MAX_REQUESTS];

    /* drawn per history */
    int wanted_pods;
    bool can_put;
    bool can_delete;
    unsigned blind;
    int latency; /* 0 fast, 1 slow, 2 heavy tail */
    int lag;     /* likewise for watches */
    int lose;    /* per mille of requests whose answer is lost */
    bool late;   /* and a write may commit much later than the server's timeout */
    int refuse;  /* per mille of requests that are refused */
    int haste;   /* mean ms between two disturbances */
    bool restarts;
    bool gc_stalled;
    bool gc_never;
    int64_t outage_until;
    int64_t claimed_at; /* when the record last named another pod than the lock */
    int64_t deny_until; /* requests for the record are forbidden */
    int64_t deny_next;  /* not again before */
    bool deny_writes;   /* but reading is not */
    bool calm;
    bool unmarked; /* a lock may be gone whose mark nobody has seen */
    char last_token[TEXT_VERSION];
    bool last_guarded;
    int leader; /* -1 */
    int robbed; /* the process under which the lock was removed last (level memory); -1 */
};

/* ---- choices.c ---- */
struct scope choice_begin(struct world *w, enum scope_kind kind, int a, int b);
void choice_end(struct world *w, const struct scope *before);
int64_t choice(struct world *w, const char *name, int64_t drawn, int64_t usual);
int64_t between(struct world *w, const char *name, int64_t low, int64_t high);
bool chance(struct world *w, const char *name, int per_mille);
uint32_t choice_of_machine(struct world *w, int process);
int choice_way(struct world *w);
int choice_of_pod(struct world *w);
int64_t choice_clock(struct world *w);
void choice_next_strike(struct world *w, int64_t high);

/* ---- model.c ---- */
struct event *push(struct world *w, int64_t at, enum event_kind kind, int a, int64_t b);
void fail(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void trace(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void check_leaders(struct world *w, int process);
void check_loss(struct world *w, int process);

/* ---- server.c ---- */
int64_t latency(struct world *w);
void server_submit(struct world *w, int process, const struct command *command);
void server_commit(struct world *w, int request);
void server_delete_lock(struct world *w, const char *who);
void server_delete_record(struct world *w);
void server_orphan_lock(struct world *w, const char *who);
void server_put_foreign(struct world *w, bool record);
void server_remove_foreign(struct world *w);
void server_pod_changed(struct world *w, int pod);
void server_collect(struct world *w, int uid);
void server_collected(struct world *w, int uid, int64_t version);
void server_snapshot(struct world *w, int process, int watch, unsigned generation, bool gap);
void server_lock_changed(struct world *w);
int uid_number(const char *text);
void pod_id_of(const struct world *w, int uid, struct pod_id *ret);
struct pod *pod_by_uid(struct world *w, int uid);

/* ---- process.c ---- */
int process_start(struct world *w, int pod, bool observer);
bool process_is_elsewhere(const struct world *w, int process);
void process_kill(struct world *w, int process);
void process_deliver(struct world *w, int process, const struct item *item);
void process_wake(struct world *w, int process);
void process_wish(struct world *w, int process, enum wish wish);
void process_leave_seat(struct world *w, int process);
void process_gap(struct world *w, int process, int watch);

/* ---- chaos.c ---- */
void chaos_begin(struct world *w);
void chaos_strike(struct world *w);
void chaos_calm(struct world *w);
void chaos_ensure_candidate(struct world *w);
void chaos_ended(struct world *w, int process);
void chaos_killed(struct world *w, int process);
void chaos_remove_lock(struct world *w);
bool chaos_is_sealed(const struct world *w);
int chaos_rank(struct world *w, const char *name);
int chaos_pod_ranked(const struct world *w, int rank);
void chaos_foreign_gone(struct world *w);

/* ---- facts.c ---- */
void facts_start(const struct world *w, int process);
void facts_learn(const struct world *w, int process, const struct item *item);
void facts_command(const struct world *w, int process, const struct command *command);
void facts_note(const struct world *w, int process, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- worlds.c ---- */
void world_strike(struct world *w, int pod, int process);
void world_write_lost(struct world *w, int process, int64_t told);
void world_closed(struct world *w, int process, bool released);
bool world_keeps_record(const struct world *w, const struct process *p);
void world_distort(const struct world *w, const struct process *p, struct fact *fact);
void world_mutate(const struct world *w, struct process *p);

/* ---- pods.c ---- */
void pod_new(struct world *w, int name);
bool pod_is_healthy(const struct world *w, int pod);
void pod_delete(struct world *w, int pod, bool foreground);
void pod_evict(struct world *w, int pod);
bool pod_remove_by_force(struct world *w, int pod);
void pod_lose_node(struct world *w, int pod);
void pod_step(struct world *w, int pod, enum pod_step step);

#endif
