/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the rows of the table are written with (decision.c), shared by decide.c and give_back.c alone. Everybody else
 * includes machine.h.
 */
#ifndef LEADERLIFE_DECISION_H
#define LEADERLIFE_DECISION_H

#include "machine.h"

/* The decision is to be made again at that time, if not before. */
void not_before(struct decision *d, int64_t at);

void set_command(const struct knowledge *k, struct decision *d, enum command_kind kind);
/* P2: the question for the own pod: when a watch has missed it, and at every poll. */
void ask_own_pod(const struct knowledge *k, int64_t now, struct decision *d);
/* CAS: with uid and version of what is known. */
void command_on_lock(const struct knowledge *k, struct decision *d, enum command_kind kind);
void command_on_record(const struct knowledge *k, struct decision *d, enum command_kind kind);
/* Unique in the life of this handle, and by its random beginning among all lives. */
void fresh_nonce(const struct knowledge *k, struct decision *d);
void create_lock(const struct knowledge *k, struct decision *d);
void rewrite_lock(const struct knowledge *k, struct decision *d);
/* P3: a new term. P9: the record of the present one again; its nonce and token stay. */
void put_record(const struct knowledge *k, struct decision *d);
void put_record_back(const struct knowledge *k, struct decision *d);

void want(struct decision *d, const struct knowledge *k, unsigned watches);
void want_pod(struct decision *d, const struct knowledge *k, unsigned watches, const struct pod_id *pod);

/* True if it is time to ask, and the command is set. */
bool judge(const struct knowledge *k, int64_t now, struct decision *d, const struct pod_id *pod);
bool poll_lock(const struct knowledge *k, int64_t now, struct decision *d);
bool poll_record(const struct knowledge *k, int64_t now, struct decision *d);
/* Last: it leaves a question that is there. */
void judge_node(const struct knowledge *k, int64_t now, struct decision *d, const struct pod_id *pod);
/* P8: a follower without the right to the record asks again twice an hour; who has claimed, every 30 to 60 s. */
void probe_refused(const struct knowledge *k, int64_t now, struct decision *d);

/* give_back.c: P10 and what an ended life has left behind (P3b). */
void delete_own_lock(const struct knowledge *k, struct decision *d);
/* What this life may give back; false when nothing is left of it, and none of its writes can come late. */
bool give_back_own(const struct knowledge *k, int64_t now, struct decision *d);
void decide_ended(const struct knowledge *k, int64_t now, struct decision *d);
void decide_resigning(const struct knowledge *k, int64_t now, struct decision *d);

#endif
