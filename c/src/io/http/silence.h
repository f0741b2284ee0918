/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a silent connection is kept (P18). A watch in which nothing comes has a limit of its own: watch_idle_ms().
 */
#ifndef LEADERLIFE_IO_HTTP_SILENCE_H
#define LEADERLIFE_IO_HTTP_SILENCE_H

/* A link that drops everything is noticed by the kernel, which asks a peer that says nothing. A peer whose kernel still
 * answers is asked over HTTP/2 (liveness.h). */
enum {
    HTTP_UNACKNOWLEDGED_MS = 10000, /* for so long may bytes, or the kernel's questions, stay unacknowledged */
    HTTP_KEEPALIVE_S = 6,           /* so long nothing comes before the kernel asks, and how often it asks then */
    HTTP_KEEPALIVE_AGAIN_S = 2,
    /* So long nothing comes from a stream's peer before it is asked for a sign of life: between two of the kernel's
     * questions, for that does not ask while bytes are on their way. */
    HTTP_ASK_MS = 16000,
    HTTP_ANSWER_MS = 10000 /* so long that sign may take: an API server that is busy needs a while */
};

#endif
