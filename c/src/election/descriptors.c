/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ends an election whose descriptors the host program has closed. The lock is then free, or the seat (P12), or
 * nothing can be learned any more: so belief ends at once. The numbers may be another file's by now, so nothing is
 * done by them.
 */
#include "election/descriptors.h"

#include "election/announce.h"
#include "election/emit.h"
#include "election/end_text.h"
#include "machine/leadership.h"

static bool has_lost_lock(const struct leaderlife_election *election)
{
    return election->backend != NULL && !election->ops->lock_is_ours(election->backend);
}

/* One that was given up has no epoll any more. */
static bool has_lost_loop(const struct leaderlife_election *election)
{
    return election->reactor.epoll >= 0 && !reactor_is_ours(&election->reactor);
}

bool election_has_lost_descriptors(const struct leaderlife_election *election)
{
    return has_lost_lock(election) || has_lost_loop(election);
}

/* As the end, or, of a handle that had ended before or is closed, as a notice. */
static void tell(struct leaderlife_election *election, const struct knowledge *before)
{
    char text[TEXT_MESSAGE];
    if (!election->started) {
        election->end_status = LEADERLIFE_ESYSTEM;
        end_text_of_closed_descriptors(election, election->error_text, sizeof election->error_text);
    }
    announce_change(election, before);
    bool told = election->known.end != before->end && election->known.end != END_CLOSED;
    if (told || before->end == END_CLOSED)
        return;
    end_text_of_closed_descriptors(election, text, sizeof text);
    emit_notice(election, LEADERLIFE_ESYSTEM, "%s", text);
}

/* P3b, P10: an ended life without its seat writes nothing, so the backend goes, and what it has under way. */
static void end_robbed(struct leaderlife_election *election, const char *of, bool loop)
{
    struct knowledge before = election->known;
    election->closed_by_program = of;
    if (loop)
        reactor_give_up(&election->reactor);
    election_drop_backend(election);
    leadership_abandon(&election->known);
    tell(election, &before);
}

void election_check_descriptors(struct leaderlife_election *election)
{
    bool lock = has_lost_lock(election);
    bool loop = has_lost_loop(election);
    if (lock || loop)
        end_robbed(election, lock ? "the lock's descriptor" : "a descriptor of this election", loop);
}

void election_spare_others(struct leaderlife_election *election)
{
    if (election_is_ours(election) && has_lost_loop(election))
        reactor_give_up(&election->reactor);
}
