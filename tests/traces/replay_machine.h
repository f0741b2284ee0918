/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine that replay.c plays a model's process on: it asks, is answered and shown, and waits.
 */
#ifndef LEADERLIFE_TRACES_REPLAY_MACHINE_H
#define LEADERLIFE_TRACES_REPLAY_MACHINE_H

#include "machine/decide.h"
#include "replay_world.h"

enum { STEPS = 60, WAIT_MS = 120000 };

struct player {
    struct knowledge known;
    int64_t now;
    struct object read_lock, read_record; /* as the model's process has read them last */
    bool looks;                           /* the model shows the own pod itself */
    bool told;                            /* and its watch has shown it */
    bool looking;                         /* and the look beside the write that elects is still to come */
    bool fresh;                           /* P8: the last refusal is, in the model */
    bool over;                            /* the model's process takes itself for lost */
    int reads, beliefs, refusals;
    int sends[COMMAND_KINDS];
};
extern struct player player;

/* The comparison ends here, for that reason. */
void machine_part(const char *why);
/* The model goes by another lock or record than is there now. */
bool machine_is_newer(void);

void machine_learns(const struct fact *fact, uint32_t random);
struct fact machine_answer_to(const struct command *command);

/* Asks and is answered until it rests, waits for a read of the model's or wants to write; what it wants. */
struct command machine_pump(bool answer_all);
/* False: nothing comes then, or not before the model lets that much time pass. */
bool machine_time_passes(void);
/* What it wants, after whatever it waits for. */
struct command machine_wish(void);
void machine_show(bool of_lock);

#endif
