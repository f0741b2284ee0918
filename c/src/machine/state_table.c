/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's table of states: what each state may watch and command, and which state holds now. It commands
 * nothing; decide.c does.
 */
#include "machine/state_table.h"

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

enum machine_state machine_state(const struct knowledge *k)
{
    if (k->end != END_NOT)
        return STATE_ENDED;
    if (knowledge_is_releasing(k))
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
    if (k->lock.kind == LOCK_UNKNOWN || knowledge_lock_never_read(k))
        return STATE_LOOKING;
    if (k->record.kind == RECORD_UNKNOWN &&
        (k->lock.kind == LOCK_ABSENT || k->lock.kind == LOCK_MINE || knowledge_owner_is_dead(k)))
        return STATE_LOOKING;
    if (k->lock.kind == LOCK_FOREIGN || k->record.kind == RECORD_FOREIGN)
        return STATE_BLOCKED;
    if (k->lock.kind == LOCK_OTHER && !knowledge_owner_is_dead(k))
        return STATE_FOLLOWING;
    if (knowledge_barred_by_record(k) || knowledge_barred_by_memory(k))
        return STATE_BARRED;
    return STATE_CLAIMING;
}
