/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include "machine/poll.h"
#include "machine/quiet_time.h"

#include <string.h>

/* The combination, and the row as far as it is filled in. */
struct filling {
    const struct knowledge *k;
    int64_t now;
    struct row *row;
};

/* ---- What the lists are made of: each says whether it is done now ---- */

static bool asks(struct filling *f, bool condition, enum command_kind command)
{
    if (condition)
        f->row->command = command;
    return condition;
}

/* If not yet, it wakes then. */
static bool has_come(struct filling *f, int64_t at)
{
    if (f->now >= at)
        return true;
    if (f->row->deadline > at)
        f->row->deadline = at;
    return false;
}

static const struct judged *life_of(const struct knowledge *k, const char *uid)
{
    for (int i = 0; i < JUDGED; i++) {
        if (uid[0] != '\0' && strcmp(k->judged[i].uid, uid) == 0)
            return &k->judged[i];
    }
    return NULL;
}

static bool has_verdict(const struct knowledge *k, const char *uid, enum verdict verdict)
{
    const struct judged *life = life_of(k, uid);
    return (life == NULL ? VERDICT_UNKNOWN : life->verdict) == verdict;
}

static bool asks_pod(struct filling *f, const char *uid)
{
    const struct judged *life = life_of(f->k, uid);
    if (life == NULL || life->verdict == VERDICT_DEAD)
        return false;
    if (life->verdict == VERDICT_UNKNOWN)
        return asks(f, true, COMMAND_GET_POD);
    bool until = life->verdict == VERDICT_UNTIL && has_come(f, life->until);
    return asks(f, has_come(f, life->poll_at) || until, COMMAND_GET_POD);
}

static bool polls_lock(struct filling *f)
{
    return asks(f, has_come(f, f->k->lock_poll_at), COMMAND_GET_LOCK);
}

static bool polls_record(struct filling *f)
{
    bool keeps = f->k->record.kind != RECORD_NONE;
    bool may_keep_again = f->k->keep_record && f->k->wish == WISH_CAMPAIGN && f->k->belief == BELIEF_NO;
    return (keeps || may_keep_again) && asks(f, has_come(f, f->k->record_poll_at), COMMAND_GET_RECORD);
}

static bool own_is_due(struct filling *f)
{
    return !f->k->own_sure || has_come(f, f->k->own_poll_at);
}

static void asks_own(struct filling *f)
{
    if (own_is_due(f))
        f->row->question = COMMAND_GET_OWN_POD;
}

/* P16 */
static void asks_node(struct filling *f, const char *uid)
{
    const struct judged *life = life_of(f->k, uid);
    bool lives = life != NULL && (life->verdict == VERDICT_ALIVE || life->verdict == VERDICT_UNTIL);
    if (f->k->node_policy != NODE_STRICT && lives && life->node[0] != '\0' && has_come(f, life->node_at))
        f->row->question = COMMAND_GET_NODE;
}

static void watches(struct filling *f, unsigned watches, const char *pod)
{
    const struct knowledge *k = f->k;
    bool wrote = k->keep_record && k->record_writes.last != 0;
    bool by_record = k->belief == BELIEF_ENDED || (k->belief == BELIEF_YES && k->guarded);
    bool record = k->record.kind != RECORD_NONE || (wrote && by_record);
    f->row->watches = watches & (record ? ~0u : ~(unsigned)WATCH_RECORD);
    f->row->pod = pod;
    f->row->watches |= pod == NULL ? 0u : (unsigned)WATCH_POD;
}

/* ---- What is known, in the words of the rules ---- */

static bool names_this_pod(const struct knowledge *k)
{
    return k->record.kind == RECORD_MINE || k->record.kind == RECORD_SIBLING;
}

static bool is_spent(const struct knowledge *k)
{
    return k->record.kind == RECORD_EMPTY || k->record.kind == RECORD_ABSENT ||
           (k->record.kind == RECORD_SIBLING && k->record.of_life);
}

static bool record_is_strange(const struct knowledge *k)
{
    return k->claimed && k->record.kind == RECORD_SIBLING && !k->record.of_life;
}

static bool lock_is_strange(const struct knowledge *k)
{
    bool nonce_tells = k->stranger || (k->lock_claimed && k->record.kind == RECORD_NONE);
    return k->lock.kind == LOCK_MINE && ((k->lock.of_other && nonce_tells) || record_is_strange(k));
}

static bool cannot_delete(const struct knowledge *k)
{
    return strcmp(k->undeletable, k->lock.uid) == 0;
}

static bool releases(const struct knowledge *k)
{
    return k->wish == WISH_RESIGN || k->wish == WISH_CLOSE;
}

static bool may_take_record(const struct knowledge *k)
{
    bool earlier = !record_is_strange(k) && !k->elsewhere && (releases(k) || k->end != END_NOT);
    return names_this_pod(k) && (k->record.of_life || earlier);
}

static bool may_take_lock(const struct knowledge *k)
{
    bool earlier = !k->elsewhere && (releases(k) || k->end != END_NOT);
    return k->lock.kind == LOCK_MINE && !lock_is_strange(k) && !cannot_delete(k) && (k->lock.of_life || earlier);
}

static enum command_kind gives_lock_back(const struct knowledge *k)
{
    bool emptied_record_tells =
        k->lock.guarded && k->record.kind != RECORD_NONE && k->record.kind != RECORD_FOREIGN; /* P8 */
    bool needs_mark = k->late_writes && !emptied_record_tells && !k->lock.released;
    return needs_mark && k->can_put ? COMMAND_PUT_LOCK : COMMAND_DELETE_LOCK;
}

/* ---- The rows ---- */

/* P10: what is ours, then a look at both, then a look when no write can come late any more. */
static bool releases_own(struct filling *f)
{
    const struct knowledge *k = f->k;
    bool resigns = releases(k) && k->end == END_NOT;
    bool lock = may_take_lock(k);
    bool sign = lock && k->lock.guarded && !k->lock.released && k->record.kind == RECORD_ABSENT;
    bool look_record = k->late_writes && (resigns || k->record_writes.last != 0);
    bool look_lock = k->late_writes && (resigns || k->lock_writes.last != 0);
    const struct writes *late = !quiet_time_is_over(&k->lock_writes) ? &k->lock_writes : &k->record_writes;
    if (asks(f, may_take_record(k) || sign, COMMAND_EMPTY_RECORD) ||
        asks(f, look_record && k->record.kind == RECORD_UNKNOWN, COMMAND_GET_RECORD) ||
        asks(f, lock && k->late_writes && !k->lock.sure, COMMAND_GET_LOCK) || asks(f, lock, gives_lock_back(k)) ||
        asks(f, k->record.kind != RECORD_NONE && !quiet_time_is_checked(&k->record_writes), COMMAND_GET_RECORD) ||
        asks(f, look_lock && k->lock.kind == LOCK_UNKNOWN, COMMAND_GET_LOCK) ||
        asks(f, k->late_writes && !quiet_time_is_checked(&k->lock_writes), COMMAND_GET_LOCK))
        return true;
    if (!k->late_writes || quiet_time_is_over(late) || (late == &k->record_writes && k->record.kind == RECORD_NONE))
        return false;
    asks(f, has_come(f, late->quiet_at), late == &k->lock_writes ? COMMAND_GET_LOCK : COMMAND_GET_RECORD);
    return true;
}

static void ended(struct filling *f)
{
    const struct knowledge *k = f->k;
    bool wrote = k->late_writes && (k->lock_writes.last != 0 || k->record_writes.last != 0);
    bool anothers = names_this_pod(k) && !k->record.of_life;
    if (k->end == END_CLOSED)
        return;
    if (wrote)
        watches(f, WATCH_LOCK | WATCH_RECORD, NULL);
    if (k->rehearsed)
        return;
    if (k->seat == SEAT_MINE) {
        if (!releases_own(f))
            asks(f, true, COMMAND_RELEASE_SEAT);
    } else if (wrote) {
        bool behind = !anothers && (may_take_record(k) || may_take_lock(k));
        if (!asks(f, behind && k->seat == SEAT_UNKNOWN, COMMAND_TAKE_SEAT) && !polls_lock(f))
            polls_record(f);
    }
}

static void resigning(struct filling *f)
{
    if (f->k->late_writes && f->k->lock_writes.last != 0)
        watches(f, WATCH_LOCK, NULL);
    if (f->k->seat == SEAT_MINE && !releases_own(f))
        asks(f, true, COMMAND_RELEASE_SEAT);
}

/* P9: doubts first, then what is missing, by a pod that lives. */
static void leading(struct filling *f)
{
    const struct knowledge *k = f->k;
    bool orphan = k->lock.kind == LOCK_MINE && k->lock.orphaned && k->can_put;
    bool odd = k->lock.kind != LOCK_MINE || orphan || (lock_is_strange(k) && !k->guarded);
    bool claimed = k->record.kind == RECORD_MINE || k->record.kind == RECORD_NONE;
    bool missing = k->lock.kind == LOCK_ABSENT || orphan || is_spent(k);
    bool good = k->identity == IDENTITY_GOOD;
    watches(f, WATCH_LOCK | WATCH_RECORD | WATCH_OWN, NULL);
    if (asks(f, k->lock.kind == LOCK_UNKNOWN || (odd && !k->lock.sure), COMMAND_GET_LOCK) ||
        asks(f, k->record.kind == RECORD_UNKNOWN || (!claimed && !k->record.sure), COMMAND_GET_RECORD) ||
        (missing && !has_come(f, k->put_back_at)))
        return;
    asks_own(f);
    if (f->row->question == COMMAND_NONE && !asks(f, good && is_spent(k), COMMAND_PUT_RECORD) &&
        !asks(f, good && k->lock.kind == LOCK_ABSENT, COMMAND_CREATE_LOCK) &&
        !asks(f, good && orphan, COMMAND_PUT_LOCK) && !polls_lock(f))
        polls_record(f);
}

static void unfit(struct filling *f)
{
    const struct knowledge *k = f->k;
    bool wrote = k->late_writes && (k->lock_writes.last != 0 || k->record_writes.last != 0);
    bool gives = wrote && k->seat == SEAT_MINE;
    watches(f, WATCH_OWN | (gives ? WATCH_LOCK | WATCH_RECORD : 0u), NULL);
    if (gives && !releases_own(f) && !polls_lock(f))
        polls_record(f);
    asks_own(f);
    if (k->identity == IDENTITY_ELSEWHERE)
        has_come(f, k->elsewhere_at);
}

static void observing(struct filling *f)
{
    const struct knowledge *k = f->k;
    const char *holder =
        k->lock.kind == LOCK_OTHER && !has_verdict(k, k->lock.owner.uid, VERDICT_DEAD)          ? k->lock.owner.uid
        : k->record.kind == RECORD_OTHER && !has_verdict(k, k->record.holder.uid, VERDICT_DEAD) ? k->record.holder.uid
                                                                                                : NULL;
    watches(f, WATCH_LOCK | WATCH_RECORD, holder);
    if ((holder != NULL && asks_pod(f, holder)) || asks(f, k->lock.doubt, COMMAND_GET_LOCK) ||
        asks(f, k->lock.kind == LOCK_UNKNOWN && (k->blind & WATCH_LOCK) != 0, COMMAND_GET_LOCK) ||
        asks(f, k->record.kind == RECORD_UNKNOWN && (k->blind & WATCH_RECORD) != 0, COMMAND_GET_RECORD))
        return;
    if (k->looked && !polls_lock(f) && k->record.kind != RECORD_UNKNOWN)
        polls_record(f);
}

static void looking(struct filling *f)
{
    const struct knowledge *k = f->k;
    bool never_read = k->late_writes && k->lock_writes.checked == 0;
    bool unknown = k->lock.kind == LOCK_UNKNOWN;
    watches(f, WATCH_LOCK | WATCH_OWN, NULL);
    if (!asks(f, never_read || (unknown && (k->lock.doubt || (k->blind & WATCH_LOCK) != 0)), COMMAND_GET_LOCK) &&
        !asks(f, !unknown, COMMAND_GET_RECORD) && k->late_writes)
        polls_lock(f);
}

static void blocked(struct filling *f)
{
    const struct knowledge *k = f->k;
    bool foreign = k->lock.kind == LOCK_FOREIGN;
    const char *holder = k->record.kind == RECORD_OTHER ? k->record.holder.uid
                         : k->lock.kind == LOCK_OTHER   ? k->lock.owner.uid
                                                        : NULL;
    watches(f, WATCH_LOCK | WATCH_RECORD | WATCH_OWN, holder);
    if (!asks(f, foreign && !k->lock.sure, COMMAND_GET_LOCK) &&
        !asks(f, k->record.kind == RECORD_UNKNOWN, COMMAND_GET_RECORD) &&
        !asks(f, foreign && names_this_pod(k), COMMAND_EMPTY_RECORD) && !(holder != NULL && asks_pod(f, holder)) &&
        !polls_lock(f))
        polls_record(f);
}

/* P8: a follower without a record looks for the right. The walk has no refusals in a row. */
static void probes(struct filling *f)
{
    const struct knowledge *k = f->k;
    if (k->keep_record && k->record.kind == RECORD_NONE)
        asks(f, has_come(f, k->record_poll_at + (k->record_writes.last == 0 ? 30000 : 0)), COMMAND_GET_RECORD);
}

static void following(struct filling *f)
{
    const struct knowledge *k = f->k;
    const char *owner = k->lock.owner.uid;
    bool hopeless = names_this_pod(k) && has_verdict(k, owner, VERDICT_ALIVE); /* P3b */
    watches(f, WATCH_LOCK | WATCH_OWN, owner);
    if (asks_pod(f, owner))
        return;
    if (!asks(f, k->record.kind == RECORD_UNKNOWN, COMMAND_GET_RECORD) &&
        !asks(f, hopeless, k->lock.sure ? COMMAND_EMPTY_RECORD : COMMAND_GET_LOCK) && !polls_lock(f))
        probes(f);
    asks_node(f, owner);
}

static void barred(struct filling *f)
{
    const struct knowledge *k = f->k;
    bool by_record = k->record.kind == RECORD_OTHER && !has_verdict(k, k->record.holder.uid, VERDICT_DEAD);
    const char *holder = by_record ? k->record.holder.uid : k->last.uid;
    bool alive = has_verdict(k, holder, VERDICT_ALIVE);
    bool hopeless = alive && k->lock.kind == LOCK_MINE && !lock_is_strange(k) && !cannot_delete(k); /* P3b */
    watches(f, WATCH_LOCK | WATCH_RECORD | WATCH_OWN, holder);
    if (asks_pod(f, holder))
        return;
    if (!asks(f, alive && names_this_pod(k), COMMAND_EMPTY_RECORD) &&
        !asks(f, hopeless, k->lock.sure ? gives_lock_back(k) : COMMAND_GET_LOCK) && !polls_lock(f))
        polls_record(f);
    asks_node(f, holder);
}

/* P1, P7 */
static void claims_own_lock(struct filling *f, bool claimed)
{
    const struct knowledge *k = f->k;
    bool gone = strcmp(k->deleted, k->lock.uid) == 0 || (k->lock.released && !k->can_put);
    bool unread = !k->lock.sure || k->lock_writes.checked < k->record_writes.last;
    if (claimed || asks(f, unread || (!gone && !k->can_put), COMMAND_GET_LOCK))
        return;
    if (gone && cannot_delete(k))
        polls_lock(f);
    else
        asks(f, true, gone ? gives_lock_back(k) : COMMAND_PUT_LOCK);
}

static void claiming(struct filling *f)
{
    const struct knowledge *k = f->k;
    bool has_record = k->record.kind == RECORD_MINE || k->record.kind == RECORD_NONE;
    bool begun = names_this_pod(k) || k->lock.kind == LOCK_MINE;
    bool claimed = k->wish == WISH_CAMPAIGN && k->belief == BELIEF_NO && k->identity == IDENTITY_GOOD &&
                   k->lock.kind == LOCK_MINE && k->lock.confirmed && strcmp(k->deleted, k->lock.uid) != 0 && has_record;
    watches(f, WATCH_LOCK | WATCH_OWN, NULL);
    if (begun || has_come(f, k->claim_backoff.claim_at)) { /* P17 */
        if (asks(f, !begun && k->claim_backoff.look && k->record.kind != RECORD_NONE, COMMAND_GET_RECORD) ||
            asks(f, !has_record, COMMAND_PUT_RECORD) || asks(f, k->lock.kind == LOCK_ABSENT, COMMAND_CREATE_LOCK))
            ;
        else if (k->lock.kind == LOCK_MINE)
            claims_own_lock(f, claimed);
        else if (!asks(f, !cannot_delete(k), COMMAND_DELETE_LOCK))
            polls_lock(f);
    }
    enum command_kind command = f->row->command;
    bool writes = command == COMMAND_CREATE_LOCK || command == COMMAND_PUT_LOCK || command == COMMAND_DELETE_LOCK;
    if (writes && k->keep_record && k->record.kind == RECORD_NONE && f->now - k->refused_at > 10000)
        f->row->command = COMMAND_GET_RECORD; /* P8 */
    bool marks = f->row->command == COMMAND_PUT_LOCK && strcmp(k->deleted, k->lock.uid) == 0;
    bool elects = f->row->command == COMMAND_CREATE_LOCK || (f->row->command == COMMAND_PUT_LOCK && !marks);
    if (k->late_writes && (elects || (claimed && k->own_sent <= k->lock.sent)))
        f->row->question = COMMAND_GET_OWN_POD; /* P1 */
}

static void identifying(struct filling *f)
{
    if (f->k->identified)
        f->row->question = COMMAND_GET_OWN_POD;
    else
        f->row->command = COMMAND_IDENTIFY;
}

static void queued(struct filling *f)
{
    if (!asks(f, f->k->seat == SEAT_UNKNOWN, COMMAND_TAKE_SEAT))
        watches(f, WATCH_SEAT, NULL);
}

void row_of_table(const struct knowledge *k, enum machine_state state, int64_t now, struct row *ret)
{
    static void (*const rows[MACHINE_STATES])(struct filling *) = {
        [STATE_ENDED] = ended,     [STATE_RESIGNING] = resigning,
        [STATE_LEADING] = leading, [STATE_IDENTIFYING] = identifying,
        [STATE_UNFIT] = unfit,     [STATE_OBSERVING] = observing,
        [STATE_QUEUED] = queued,   [STATE_LOOKING] = looking,
        [STATE_BLOCKED] = blocked, [STATE_FOLLOWING] = following,
        [STATE_BARRED] = barred,   [STATE_CLAIMING] = claiming,
    };
    struct filling f = {.k = k, .now = now, .row = ret};
    *ret = (struct row){.deadline = NEVER};
    rows[state](&f);
    bool candidate = state >= STATE_LOOKING;
    if (candidate)
        asks_own(&f); /* P2: before a node */
    if (state >= STATE_BLOCKED && record_is_strange(k) && !k->record.sure)
        ret->command = COMMAND_GET_RECORD; /* P3b */
    if (k->belief == BELIEF_YES && k->rehearse_at != 0)
        has_come(&f, k->rehearse_at);
}
