/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts for the machine: facts in, and state, command, watches, deadline and belief out, one line each. The own pod's
 * UID is "me", others are "a", "b"; the lock's UID is "L" and whatever a script says.
 */
#ifndef LEADERLIFE_TESTS_SCRIPT_H
#define LEADERLIFE_TESTS_SCRIPT_H

#include "machine/decide.h"
#include "machine/knowledge.h"

struct script {
    struct knowledge known;
    int64_t now;
    uint32_t random; /* the dice: UINT32_MAX draws the longest wait */
    struct decision decision;
    struct command sent;  /* the last command */
    struct command asked; /* the last question: own pod, node */
    bool of_question;     /* that was the later of the two */
};

enum level { LEVEL_MEMORY, LEVEL_RECORD, LEVEL_LOCAL };

void script_begin(struct script *s, enum level level);
void script_begin_with(struct script *s, const struct machine_setup *setup);
void script_sends(struct script *s, enum machine_state state, enum command_kind kind, const char *file, int line);
void script_rests(struct script *s, enum machine_state state, unsigned watches, const char *file, int line);
void script_refused(struct script *s, enum machine_state state, enum command_kind kind, const char *file, int line);
void script_belief(const struct script *s, enum belief belief, enum end end, const char *file, int line);

/* Decides for exactly this command or question in this state and hands it out; no other command while it is under
 * way. */
#define SENDS(s, state, kind) script_sends(s, STATE_##state, COMMAND_##kind, __FILE__, __LINE__)
/* What was sent last in that state is refused, and again until that is final: it must have lasted 10 s (P8, P15). */
#define REFUSED_FOR_GOOD(s, state, kind) script_refused(s, STATE_##state, COMMAND_##kind, __FILE__, __LINE__)
/* Decides for no command and no question, and for these watches. */
#define RESTS(s, state, watches) script_rests(s, STATE_##state, watches, __FILE__, __LINE__)
#define LEADS(s) script_belief(s, BELIEF_YES, END_NOT, __FILE__, __LINE__)
#define FOLLOWS(s) script_belief(s, BELIEF_NO, END_NOT, __FILE__, __LINE__)
#define ENDS(s, how) script_belief(s, BELIEF_ENDED, END_##how, __FILE__, __LINE__)

/* ---- Objects ---- */

struct lock_view owned(const char *owner, const char *uid, const char *version);
struct lock_view unguarded(const char *owner, const char *uid, const char *version); /* its owner keeps no record */
struct lock_view orphaned(const char *owner, const char *uid, const char *version);
struct lock_view written(const char *owner, const char *nonce, const char *uid, const char *version);
struct lock_view marked(const char *owner, const char *uid, const char *version);
struct lock_view foreign_lock(const char *uid, const char *version);
struct lock_view no_lock(const char *version);
struct record_view held(const char *holder, const char *nonce, const char *version);
struct record_view held_by_me(const struct script *s, const char *version); /* with the nonce that was sent last */
struct record_view empty_record(const char *version);
struct record_view foreign_record(const char *version);
struct record_view no_record(void);

/* ---- Answers to the command that was sent last; of own pod and node, to the question ---- */

void ok(struct script *s);
void ok_self(struct script *s);
void ok_lock(struct script *s, struct lock_view view);
void ok_record(struct script *s, struct record_view view);
void ok_pod(struct script *s, enum pod_sign sign);
void ok_pod_on(struct script *s, const char *node, bool ready);
void ok_node(struct script *s, enum node_sign sign);
void ok_own(struct script *s, enum pod_sign sign, bool terminating);
void ok_own_elsewhere(struct script *s); /* alive, in another network namespace */
/* To whatever was sent last. */
void fails(struct script *s, enum outcome outcome, int status);
void fails_unheard(struct script *s); /* nothing listens there */
void fails_until(struct script *s, enum outcome outcome, int status, int64_t retry_after_ms);

/* ---- What watches and people say ---- */

void sees_lock(struct script *s, struct lock_view view);
void sees_lock_gap(struct script *s);
void sees_record(struct script *s, struct record_view view);
void sees_pod(struct script *s, const char *uid, enum pod_sign sign);
void sees_pod_on(struct script *s, const char *uid, const char *node, bool ready); /* alive */
void sees_own(struct script *s, enum pod_sign sign, bool terminating);
void sees_own_elsewhere(struct script *s, bool elsewhere); /* alive */
void sees_seat_free(struct script *s);
void cannot_watch(struct script *s, unsigned watch);
void wishes(struct script *s, enum wish wish);
void waits(struct script *s, int64_t ms);
void wakes(struct script *s); /* no news but the time */

/* ---- Common beginnings ---- */

void arrive(struct script *s,
            enum level level); /* identified, own pod good, seat mine; the first GET of the lock is out */
void arrive_with(struct script *s, const struct machine_setup *setup);
void own_is_good(struct script *s, enum machine_state state); /* P1: it is asked for, and lives */
void claim(struct script *s); /* no lock, no record: the record write is out; its nonce in sent */
void finds(struct script *s, struct lock_view view); /* its answer, and the same from the watch */
void lead(struct script *s, enum level level);       /* created lock L, version 11; record version 10 */
void follow(struct script *s, enum level level);     /* a holds lock L version 11 and record version 10, alive */

#endif
