/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of docs/protocol.md that replay.c holds the machine to at every moment, written apart from it: what it may
 * want to write, when it may believe, when it may end. They know the world as it is, and what was sent and answered;
 * of the machine only on which version it bases what it wants.
 */
#ifndef LEADERLIFE_TRACES_REPLAY_RULES_H
#define LEADERLIFE_TRACES_REPLAY_RULES_H

#include "machine/knowledge.h"

enum { UNGUARDED_MS = 10000 /* P8 */ };

struct follower {
    bool leads;                  /* as the model has it */
    bool unfit;                  /* P2: its own pod was shown, and was not good */
    bool releases;               /* it was asked to resign */
    bool lost;                   /* what it held is another's */
    bool claims;                 /* P3: its last claim stands, as it was answered or has read */
    bool stranger;               /* P3b: since then it has read another life's claim for its pod */
    char nonce[TEXT_NONCE];      /* that claim's; "" once it has sent an emptying */
    int claimed;                 /* P3b: the version of its first confirmed claim; 0 = none */
    bool lock_taken;             /* P1: its create or rewrite was answered well, for the claim that stands */
    bool looked;                 /* P1: at its own pod, good, asked for after that write was sent */
    unsigned wrote;              /* that write's number */
    bool good;                   /* and its pod was so when that was sent */
    bool late_record, late_lock; /* P10: a write was given up, and may still come */
    int64_t refused_at;          /* P8: when the last refusal was asked for; 0 = none */
    int met; /* P8: the last other life that was seen to hold the lock and did not give it back; NOBODY */
    char deleted[TEXT_UID]; /* P1: the lock that it has sent a delete for */
    int judged;             /* wishes */
};
extern struct follower follower;

void rules_fail(const char *what, const char *detail);
extern int rules_line; /* of the run, for people */

void rules_sent(const struct command *command);
void rules_answered(const struct command *command, enum outcome outcome);
void rules_shown_lock(void);               /* the world's lock */
void rules_shown_record(void);             /* the world's record */
void rules_shown_own_pod(unsigned number); /* by the question with that number; 0: by the watch */
void rules_judge(const struct knowledge *k, const struct command *wish, int64_t now);
void rules_judge_belief(const struct knowledge *k);

#endif
