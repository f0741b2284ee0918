/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands, watches and polls that the rows of the table are written with. For decide.c and decide_resign.c
 * alone; everybody else includes knowledge.h.
 */
#ifndef LEADERLIFE_MACHINE_DECIDE_COMMANDS_H
#define LEADERLIFE_MACHINE_DECIDE_COMMANDS_H

#include "machine/decide.h"

/* The decision is to be made again at that time at the latest. */
void decide_not_before(struct decision *d, int64_t at);

void decide_command(const struct knowledge *k, struct decision *d, enum command_kind kind);
/* P2: the question for the own pod: when a watch has missed it, and at every poll. */
void decide_ask_own_pod(const struct knowledge *k, int64_t now, struct decision *d);
/* CAS: with uid and version of what is known. */
void decide_lock_command(const struct knowledge *k, struct decision *d, enum command_kind kind);
void decide_record_command(const struct knowledge *k, struct decision *d, enum command_kind kind);
/* Unique in the life of this handle, and by its random beginning among all lives. */
void decide_fresh_nonce(const struct knowledge *k, struct decision *d);
void decide_create_lock(const struct knowledge *k, struct decision *d);
void decide_rewrite_lock(const struct knowledge *k, struct decision *d);
/* P3: a new term. P9: the record of the present one again; its nonce and token stay. */
void decide_put_record(const struct knowledge *k, struct decision *d);
void decide_put_record_back(const struct knowledge *k, struct decision *d);

void decide_watch(struct decision *d, const struct knowledge *k, unsigned watches);
void decide_watch_pod(struct decision *d, const struct knowledge *k, unsigned watches, const struct pod_id *pod);

/* True if it is time to ask, and the command is set. */
bool decide_judge_pod(const struct knowledge *k, int64_t now, struct decision *d, const struct pod_id *pod);
bool decide_poll_lock(const struct knowledge *k, int64_t now, struct decision *d);
bool decide_poll_record(const struct knowledge *k, int64_t now, struct decision *d);
/* Last: it leaves a question that is there. */
void decide_judge_node(const struct knowledge *k, int64_t now, struct decision *d, const struct pod_id *pod);
/* P8: a follower without the right to the record asks again twice an hour; who has claimed, every 30 to 60 s. */
void decide_probe_refused(const struct knowledge *k, int64_t now, struct decision *d);

#endif
