/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the heads of answers.
 */
#ifndef LEADERLIFE_IO_HTTP_ANSWER_H
#define LEADERLIFE_IO_HTTP_ANSWER_H

#include "io/http/state.h"

/* The request is about to be sent, perhaps again: nothing of an answer is known. */
void answer_begin(struct transfer *transfer);

/* A line of a head or trailer, as curl gives it; false: the body that follows cannot be read. */
bool answer_take_line(struct transfer *transfer, const char *line, size_t size);

#endif
