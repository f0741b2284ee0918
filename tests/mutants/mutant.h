/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Included before each source that has mutants: all of them are in one program, which plays the one whose number is in
 * LEADERLIFE_MUTANT, or none.
 */
#ifndef MUTANT_H
#define MUTANT_H

extern int mutant_played;
extern volatile unsigned char *mutant_reached;

/* Whether that mutant is played. Notes that it has been reached. */
static inline int mutant(int number)
{
    mutant_reached[number] = 1;
    return number == mutant_played;
}

#endif
