/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notices about a lock or record that is foreign (P14) and that nothing but its removal mends. They wait until it is
 * known whom the other object names and whether that pod lives, for no notice may advise to remove what keeps others
 * from leading beside it; and they are told again when that changes. It only reads knowledge.
 */
#include "election/foreign_notices.h"

#include "election/emit.h"
#include "machine/removal_advice.h"

enum { KNOWN_WITHIN_MS = 5000 /* then what is not known counts as a pod that may live */ };

static bool is_foreign(const struct knowledge *k, enum foreign which)
{
    return which == FOREIGN_LOCK ? k->lock.kind == LOCK_FOREIGN : k->record.kind == RECORD_FOREIGN;
}

/* ---- Whom a removal would endanger ---- */

/* The pod may live, as far as is known. False: it does not, or there is none. */
static bool is_barred_by(const struct knowledge *k, const struct pod_id *pod, enum removal_bar bar,
                         struct removal *removal, bool *ret_known)
{
    if (pod->uid[0] == '\0' || knowledge_verdict(k, pod->uid) == VERDICT_DEAD)
        return false;
    removal->bar = bar;
    removal->pod = pod;
    *ret_known = knowledge_is_alive(k, pod->uid);
    return true;
}

/* What the other object says when it names nobody who lives. */
static void find_silence(const struct knowledge *k, struct removal *removal, bool *ret_known)
{
    bool lock = removal->what == FOREIGN_LOCK;
    bool unread = lock ? k->record.kind == RECORD_UNKNOWN : k->lock.kind == LOCK_UNKNOWN;
    bool tells = lock && k->record.kind > RECORD_NONE && k->record.kind != RECORD_FOREIGN;
    removal->bar = unread ? BAR_UNREAD : tells ? BAR_NOTHING : BAR_UNTOLD;
    *ret_known = !unread;
}

/* ret_known: the advice will not change soon. */
static void find_bar(const struct knowledge *k, struct removal *removal, bool *ret_known)
{
    static const struct pod_id nobody;
    const struct pod_id *owner = k->lock.kind == LOCK_OTHER ? &k->lock.owner : &nobody;
    const struct pod_id *holder = k->record.kind == RECORD_OTHER ? &k->record.holder : &nobody;
    *ret_known = true;
    if (k->belief == BELIEF_YES) {
        removal->bar = BAR_SELF;
        removal->pod = &k->self;
    } else if (knowledge_record_is_own(k)) { /* an idle claim, which will be given up (P3b) */
        removal->bar = BAR_RECORD;
        removal->pod = &k->self;
        *ret_known = false;
    } else if (!is_barred_by(k, owner, BAR_LOCK, removal, ret_known) &&
               !is_barred_by(k, holder, BAR_RECORD, removal, ret_known) &&
               !is_barred_by(k, &k->last, BAR_EARLIER, removal, ret_known)) {
        find_silence(k, removal, ret_known);
    }
}

/* ---- Telling ---- */

void foreign_notice_keep(struct leaderlife_election *election, const struct fact *fact)
{
    struct foreign_note *note = &election->foreign[fact->foreign];
    *note = (struct foreign_note){.until = NEVER};
    if (fact->removal)
        text_copy(note->text, sizeof note->text, fact->text);
    else
        emit_notice(election, fact->status, "%s", fact->text);
}

static void tell(struct leaderlife_election *election, struct foreign_note *note, const struct removal *removal)
{
    char text[TEXT_MESSAGE];
    text_copy(text, sizeof text, note->text);
    removal_append(removal, text, sizeof text);
    text_copy(note->named, sizeof note->named, removal->pod != NULL ? removal->pod->uid : "");
    note->told = true;
    emit_notice(election, LEADERLIFE_EBLOCKED, "%s", text);
}

/* An election that has ended tells it once. */
static bool is_changed(const struct knowledge *k, const struct foreign_note *note, const struct removal *removal)
{
    bool takes_part = k->end == END_NOT && !knowledge_is_releasing(k);
    return takes_part && !text_equal(note->named, removal->pod != NULL ? removal->pod->uid : "");
}

static int64_t announce_one(struct leaderlife_election *election, enum foreign which, int64_t now)
{
    const struct knowledge *k = &election->known;
    struct foreign_note *note = &election->foreign[which];
    struct removal removal = {.what = which};
    bool known;
    if (note->text[0] == '\0' || !is_foreign(k, which))
        return NEVER;
    if (note->until == NEVER)
        note->until = now + KNOWN_WITHIN_MS;
    find_bar(k, &removal, &known);
    if (note->told ? !known || !is_changed(k, note, &removal) : !known && now < note->until)
        return note->told ? NEVER : note->until;
    tell(election, note, &removal);
    return NEVER;
}

int64_t foreign_notice_tell(struct leaderlife_election *election, int64_t now)
{
    return clock_earlier(announce_one(election, FOREIGN_LOCK, now), announce_one(election, FOREIGN_RECORD, now));
}
