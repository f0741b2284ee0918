/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's table and what can be read off knowledge: the state, who holds, whether belief is allowed. It
 * commands nothing (decide.c) and learns nothing (knowledge.c, answers.c).
 */
#include "machine.h"

#define CAN(kind) (1u << COMMAND_##kind)

const struct machine_row machine_rows[MACHINE_STATES] = {
    [STATE_ENDED] = {"ENDED", WATCH_LOCK | WATCH_RECORD,
                     CAN(GET_LOCK) | CAN(GET_RECORD) | CAN(EMPTY_RECORD) | CAN(TAKE_SEAT) | CAN(PUT_LOCK) |
                         CAN(DELETE_LOCK) | CAN(RELEASE_SEAT)},
    [STATE_RESIGNING] = {"RESIGNING", WATCH_LOCK,
                         CAN(GET_LOCK) | CAN(GET_RECORD) | CAN(EMPTY_RECORD) | CAN(PUT_LOCK) | CAN(DELETE_LOCK) |
                             CAN(RELEASE_SEAT)},
    [STATE_LEADING] = {"LEADING", WATCH_LOCK | WATCH_RECORD | WATCH_OWN,
                       CAN(GET_LOCK) | CAN(GET_RECORD) | CAN(GET_OWN_POD) | CAN(PUT_RECORD) | CAN(CREATE_LOCK) |
                           CAN(PUT_LOCK)},
    [STATE_IDENTIFYING] = {"IDENTIFYING", 0, CAN(IDENTIFY) | CAN(GET_OWN_POD)},
    [STATE_UNFIT] = {"UNFIT", WATCH_LOCK | WATCH_RECORD | WATCH_OWN,
                     CAN(GET_OWN_POD) | CAN(GET_LOCK) | CAN(GET_RECORD) | CAN(EMPTY_RECORD) | CAN(PUT_LOCK) |
                         CAN(DELETE_LOCK)},
    [STATE_OBSERVING] = {"OBSERVING", WATCH_LOCK | WATCH_RECORD | WATCH_POD,
                         CAN(GET_LOCK) | CAN(GET_RECORD) | CAN(GET_POD)},
    [STATE_QUEUED] = {"QUEUED", WATCH_SEAT, CAN(TAKE_SEAT)},
    [STATE_LOOKING] = {"LOOKING", WATCH_LOCK | WATCH_OWN, CAN(GET_RECORD) | CAN(GET_LOCK) | CAN(GET_OWN_POD)},
    [STATE_BLOCKED] = {"BLOCKED", WATCH_LOCK | WATCH_RECORD | WATCH_POD | WATCH_OWN,
                       CAN(GET_LOCK) | CAN(GET_RECORD) | CAN(GET_POD) | CAN(EMPTY_RECORD) | CAN(GET_OWN_POD)},
    [STATE_FOLLOWING] = {"FOLLOWING", WATCH_LOCK | WATCH_POD | WATCH_OWN,
                         CAN(GET_RECORD) | CAN(GET_POD) | CAN(GET_NODE) | CAN(GET_LOCK) | CAN(EMPTY_RECORD) |
                             CAN(GET_OWN_POD)},
    [STATE_BARRED] = {"BARRED", WATCH_LOCK | WATCH_RECORD | WATCH_POD | WATCH_OWN,
                      CAN(GET_RECORD) | CAN(GET_POD) | CAN(GET_NODE) | CAN(GET_LOCK) | CAN(PUT_LOCK) |
                          CAN(DELETE_LOCK) | CAN(EMPTY_RECORD) | CAN(GET_OWN_POD)},
    [STATE_CLAIMING] = {"CLAIMING", WATCH_LOCK | WATCH_OWN,
                        CAN(PUT_RECORD) | CAN(GET_RECORD) | CAN(DELETE_LOCK) | CAN(CREATE_LOCK) | CAN(PUT_LOCK) |
                            CAN(GET_LOCK) | CAN(GET_OWN_POD)},
};

const char *command_name(enum command_kind kind)
{
    static const char *const names[COMMAND_KINDS] = {
        [COMMAND_NONE] = "nothing",
        [COMMAND_IDENTIFY] = "identify",
        [COMMAND_GET_OWN_POD] = "get own pod",
        [COMMAND_TAKE_SEAT] = "take seat",
        [COMMAND_RELEASE_SEAT] = "release seat",
        [COMMAND_GET_LOCK] = "get lock",
        [COMMAND_CREATE_LOCK] = "create lock",
        [COMMAND_PUT_LOCK] = "put lock",
        [COMMAND_DELETE_LOCK] = "delete lock",
        [COMMAND_GET_RECORD] = "get record",
        [COMMAND_PUT_RECORD] = "put record",
        [COMMAND_EMPTY_RECORD] = "empty record",
        [COMMAND_GET_POD] = "get pod",
        [COMMAND_GET_NODE] = "get node",
    };
    return kind < COMMAND_KINDS ? names[kind] : "?";
}

bool is_record_write(enum command_kind kind)
{
    return kind == COMMAND_PUT_RECORD || kind == COMMAND_EMPTY_RECORD;
}

bool is_record_command(enum command_kind kind)
{
    return is_record_write(kind) || kind == COMMAND_GET_RECORD;
}

bool is_lock_write(enum command_kind kind)
{
    return kind == COMMAND_CREATE_LOCK || kind == COMMAND_PUT_LOCK || kind == COMMAND_DELETE_LOCK;
}

bool is_write(enum command_kind kind)
{
    return is_lock_write(kind) || is_record_write(kind);
}

bool is_question(enum command_kind kind)
{
    return kind == COMMAND_GET_OWN_POD || kind == COMMAND_GET_NODE;
}

const struct command *asked_as(const struct knowledge *k, unsigned number)
{
    if (k->flight.kind != COMMAND_NONE && k->flight.number == number)
        return &k->flight;
    return k->question.kind != COMMAND_NONE && k->question.number == number ? &k->question : NULL;
}

const struct judged *judged_of(const struct knowledge *k, const char *uid)
{
    for (size_t i = 0; uid[0] != '\0' && i < JUDGED; i++) {
        if (text_equal(k->judged[i].uid, uid))
            return &k->judged[i];
    }
    return NULL;
}

enum verdict verdict_of(const struct knowledge *k, const char *uid)
{
    const struct judged *judged = judged_of(k, uid);
    return judged == NULL ? VERDICT_UNKNOWN : judged->verdict;
}

bool is_alive(const struct knowledge *k, const char *uid)
{
    enum verdict verdict = verdict_of(k, uid);
    return verdict == VERDICT_ALIVE || verdict == VERDICT_UNTIL;
}

bool record_is_own(const struct knowledge *k)
{
    return k->record.kind == RECORD_MINE || k->record.kind == RECORD_SIBLING;
}

bool record_is_of_life(const struct knowledge *k)
{
    return record_is_own(k) && k->record.of_life;
}

bool record_is_spent(const struct knowledge *k)
{
    bool gone = k->record.kind == RECORD_ABSENT || k->record.kind == RECORD_EMPTY;
    return gone || (k->record.kind == RECORD_SIBLING && k->record.of_life);
}

/* P3b: what was there before the first own claim was confirmed is an earlier life's. */
bool record_is_strangers(const struct knowledge *k)
{
    return k->record.kind == RECORD_SIBLING && !k->record.of_life && k->claimed;
}

/* Without a record the lock's own nonce tells. */
bool lock_is_strangers(const struct knowledge *k)
{
    bool theirs = k->stranger || (k->record.kind == RECORD_NONE && k->lock_claimed);
    return k->lock.kind == LOCK_MINE && (record_is_strangers(k) || (theirs && k->lock.of_other));
}

static bool clears_earlier_lives(const struct knowledge *k)
{
    return (is_giving_back(k) || k->end != END_NOT) && !k->elsewhere; /* its seat says nothing there (P2) */
}

bool may_clear_record(const struct knowledge *k)
{
    return record_is_own(k) && (k->record.of_life || (!record_is_strangers(k) && clears_earlier_lives(k)));
}

bool may_clear_lock(const struct knowledge *k)
{
    return k->lock.kind == LOCK_MINE && !text_equal(k->lock.uid, k->undeletable) && !lock_is_strangers(k) &&
           (k->lock.of_life || clears_earlier_lives(k));
}

/* P8: it is the record that remembers a holder that kept one, as long as the record is there. */
bool barred_by_memory(const struct knowledge *k)
{
    bool by_record = k->last_guarded && k->record.kind != RECORD_NONE && k->record.kind != RECORD_ABSENT;
    return k->last.uid[0] != '\0' && !by_record && verdict_of(k, k->last.uid) != VERDICT_DEAD;
}

bool owner_is_dead(const struct knowledge *k)
{
    return k->lock.kind == LOCK_OTHER && verdict_of(k, k->lock.owner.uid) == VERDICT_DEAD;
}

bool barred_by_record(const struct knowledge *k)
{
    return k->record.kind == RECORD_OTHER && verdict_of(k, k->record.holder.uid) != VERDICT_DEAD;
}

const struct pod_id *pod_known_as(const struct knowledge *k, const char *uid)
{
    const struct pod_id *const pods[] = {&k->lock.owner, &k->record.holder, &k->last};
    for (size_t i = 0; uid[0] != '\0' && i < sizeof pods / sizeof pods[0]; i++) {
        if (text_equal(pods[i]->uid, uid))
            return pods[i];
    }
    return NULL;
}

const struct pod_id *barring_pod(const struct knowledge *k)
{
    return barred_by_record(k) ? &k->record.holder : &k->last;
}

bool minds_record(const struct knowledge *k)
{
    bool wrote = k->keep_record && k->record_writes.last != 0;
    bool minds = k->belief == BELIEF_ENDED || (k->belief == BELIEF_YES && k->guarded);
    return k->record.kind != RECORD_NONE || (wrote && minds);
}

bool has_claimed(const struct knowledge *k)
{
    return k->wish == WISH_CAMPAIGN && k->end == END_NOT && k->belief == BELIEF_NO && k->identity == IDENTITY_GOOD &&
           k->seat == SEAT_MINE && k->lock.kind == LOCK_MINE && k->lock.confirmed &&
           !text_equal(k->lock.uid, k->deleted) && !barred_by_memory(k) &&
           (k->record.kind == RECORD_NONE || k->record.kind == RECORD_MINE);
}

/* P1: the look at the own pod was sent after the write that made the lock ours. */
bool may_believe(const struct knowledge *k)
{
    return has_claimed(k) && (!k->late_writes || k->own_sent > k->lock.sent);
}

bool is_giving_back(const struct knowledge *k)
{
    return k->wish == WISH_RESIGN || k->wish == WISH_CLOSE;
}

bool lock_never_read(const struct knowledge *k)
{
    return k->late_writes && k->lock_writes.checked == 0;
}

enum machine_state machine_state(const struct knowledge *k)
{
    if (k->end != END_NOT)
        return STATE_ENDED;
    if (is_giving_back(k))
        return STATE_RESIGNING;
    if (k->belief == BELIEF_YES)
        return STATE_LEADING;
    if (k->identity == IDENTITY_UNKNOWN)
        return STATE_IDENTIFYING;
    if (k->identity != IDENTITY_GOOD && k->identity != IDENTITY_UNNEEDED)
        return STATE_UNFIT;
    if (k->wish == WISH_OBSERVE)
        return STATE_OBSERVING;
    if (k->seat != SEAT_MINE)
        return STATE_QUEUED;
    if (k->lock.kind == LOCK_UNKNOWN || lock_never_read(k))
        return STATE_LOOKING;
    if (k->record.kind == RECORD_UNKNOWN &&
        (k->lock.kind == LOCK_ABSENT || k->lock.kind == LOCK_MINE || owner_is_dead(k)))
        return STATE_LOOKING;
    if (k->lock.kind == LOCK_FOREIGN || k->record.kind == RECORD_FOREIGN)
        return STATE_BLOCKED;
    if (k->lock.kind == LOCK_OTHER && !owner_is_dead(k))
        return STATE_FOLLOWING;
    if (barred_by_record(k) || barred_by_memory(k))
        return STATE_BARRED;
    return STATE_CLAIMING;
}

const struct pod_id *machine_holder(const struct knowledge *k)
{
    if (k->belief == BELIEF_YES)
        return &k->self;
    if (k->lock.kind == LOCK_OTHER && !owner_is_dead(k))
        return &k->lock.owner;
    if (barred_by_record(k))
        return &k->record.holder;
    return NULL;
}

bool writes_checked(const struct writes *writes)
{
    return writes->last == 0 || writes->checked > writes->last;
}

bool writes_quiet(const struct writes *writes)
{
    return writes->quiet_at == 0 || writes->checked_at >= writes->quiet_at;
}
