/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When this process believes that it leads, and how the election ends, as what is known says.
 */
#ifndef LEADERLIFE_MACHINE_LEADERSHIP_H
#define LEADERLIFE_MACHINE_LEADERSHIP_H

#include "machine/knowledge.h"

/* What follows from knowledge at once: belief, its end, the end of the election. */
void leadership_settle(struct knowledge *k, int64_t now);

/* The loss is to be rehearsed by now: the next fact, FACT_TIME at the latest, ends belief. */
bool leadership_is_rehearsal_due(const struct knowledge *k, int64_t now);

/* The host program has closed the descriptor of lock or seat, or those by which anything is learned or carried out:
 * this life ends now, LOST if it led, claimed or was releasing, else FAILED, and writes nothing more: another process
 * may have the lock, or the seat (P12), by now. What lock and record say is not known any more. */
void leadership_abandon(struct knowledge *k);

#endif
