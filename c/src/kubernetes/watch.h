/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One watch of one object by name, as a state machine: it says what to request next, takes the bytes and ends of those
 * requests, and gives what was seen. Pure: no I/O, no clock; watcher.c moves its bytes. Must not know what the object
 * means to an election.
 *
 * It begins with a watch that sends initial events; where the server does not know that, with LIST and a WATCH from
 * its version (P5). It continues from the last seen version as long as the server lets it, else it begins anew, which
 * it reports as a gap.
 */
#ifndef LEADERLIFE_KUBERNETES_WATCH_H
#define LEADERLIFE_KUBERNETES_WATCH_H

#include "base/text.h"
#include "kubernetes/api.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WATCH_INITIAL_MS = 10000,    /* P5: no end of initial events within this: LIST + WATCH */
    WATCH_FORBIDDEN_MS = 300000, /* until a watch without rights is tried again */
    WATCH_REVOKED_MS = 30000,    /* the first time, if it had them */
    WATCH_DENIED_MS = 10000,     /* P15: a server that has just started denies what it will allow in a moment */
    WATCH_SHORT_MS = 5000,       /* a stream that ends sooner has failed */
    WATCH_ITEMS = 4
};

enum watch_saw {
    WATCH_SAW_GAP, /* something may have been missed; what is there follows */
    WATCH_SAW_OBJECT,
    WATCH_SAW_DELETED, /* with its last state; version is that of the deletion */
    WATCH_SAW_ABSENT,
    WATCH_SAW_FORBIDDEN, /* the right is missing: status, text */
    WATCH_SAW_ALLOWED,   /* the right is there again */
    WATCH_SAW_NOTE       /* for people: status, level, text */
};

struct watch_item {
    enum watch_saw saw;
    struct document *document;     /* owned by the item; NULL */
    const struct document *object; /* part of document */
    char version[TEXT_VERSION];
    int status;
    int level;
    char text[TEXT_MESSAGE];
};

enum watch_phase {
    WATCH_PHASE_INITIAL, /* WATCH with initial events, not yet at their end */
    WATCH_PHASE_LIST,
    WATCH_PHASE_FOLLOW /* WATCH from `version`, or the first one after its initial events */
};

struct watch {
    /* Constant. */
    const char *resource;
    char namespace_[TEXT_NAME];
    char name[TEXT_NAME];
    char server[TEXT_NAME]; /* for texts */
    bool metadata_only;
    int64_t idle_ms; /* P18's limit once a bookmark was seen */

    enum watch_phase phase;
    bool open; /* a request is under way */
    int64_t opened_at;
    int64_t at; /* not open: when to request; 0 = at once */
    char version[TEXT_VERSION];
    struct document *latest; /* INITIAL: the line that showed the object last; NULL: not seen */
    bool latest_deleted;
    bool heard;      /* this stream gave a good line */
    bool bookmarked; /* P18: the server sends bookmarks */
    bool beat;       /* and not only the one that ends initial events */
    bool stalled;    /* it fell silent although it did: the connection was dead */
    bool refused;    /* the server does not know initial events */
    bool slow;       /* it did not end them in time */
    bool forbidden;
    bool worked; /* the right was there once */
    bool denied; /* a 403 since, at denied_at, that was not believed yet */
    int64_t denied_at;
    bool reread; /* 401: the credentials are to be read anew before the next request */
    bool reread_done;
    bool seen_before;           /* something was reported: beginning anew is a gap */
    bool warned;                /* people were told that it fails */
    bool of_line;               /* no connection came about: any sign of the server makes up for it */
    unsigned failures;          /* in a row */
    unsigned expired;           /* 410 in a row */
    struct api_request request; /* the present one */

    struct watch_item items[WATCH_ITEMS];
    unsigned first;
    unsigned count;
};

struct watch_setup {
    const char *resource; /* api_configmaps ... */
    const char *namespace_;
    const char *name;
    const char *server;
    bool metadata_only;
    int64_t idle_ms;
};

void watch_init(struct watch *watch, const struct watch_setup *setup);
void watch_clear(struct watch *watch);

/* Not open and now >= watch->at: the next request, which is then under way. Valid until the next one. */
const struct api_request *watch_open(struct watch *watch, int64_t now, uint32_t random);
/* It could not be started (no memory), or not even asked for (no credential). */
void watch_not_opened(struct watch *watch, int64_t now, uint32_t random, int status, const char *text);

enum watch_step {
    WATCH_WAIT, /* nothing to do until more bytes or the end come */
    WATCH_TOOK, /* a line was taken: consume *ret_used bytes, call again */
    WATCH_CLOSE /* the request is over: end the call */
};

/* Takes at most one line, or the end. Pull the items before the next call: there may be two. */
enum watch_step watch_step(struct watch *watch, const struct http_call *call, int64_t now, uint32_t random,
                           size_t *ret_used);

/* The oldest item, now the caller's. */
bool watch_pull(struct watch *watch, struct watch_item *ret_item);
void watch_item_clear(struct watch_item *item);

/* P18: no byte for so long ends a stream. */
int64_t watch_idle_ms(const struct watch *watch);

/* The server has answered somebody: what waits because the connection failed need not wait any longer. */
void watch_hurry(struct watch *watch, int64_t now, uint32_t random);

/* When to call watch_open or watch_step although nothing came; INT64_MAX. */
int64_t watch_deadline(const struct watch *watch);

#endif
