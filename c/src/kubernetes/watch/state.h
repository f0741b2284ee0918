/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of one API watch, as the files of this folder share it, and the items that it gives.
 */
#ifndef LEADERLIFE_KUBERNETES_WATCH_STATE_H
#define LEADERLIFE_KUBERNETES_WATCH_STATE_H

#include "base/text.h"
#include "kubernetes/api/request.h"

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

enum watch_item_kind {
    WATCH_ITEM_GAP, /* something may have been missed; what is there follows */
    WATCH_ITEM_OBJECT,
    WATCH_ITEM_DELETED, /* with its last state; version is that of the deletion */
    WATCH_ITEM_ABSENT,
    WATCH_ITEM_FORBIDDEN, /* the right is missing: status, text */
    WATCH_ITEM_ALLOWED,   /* the right is there again */
    WATCH_ITEM_NOTE       /* for people: status, level, text */
};

struct watch_item {
    enum watch_item_kind kind;
    struct document *document;     /* owned by the item; NULL */
    const struct document *object; /* part of document */
    char version[TEXT_VERSION];
    int status;
    int level; /* 0 makes it a notice */
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
    int64_t idle_ms; /* P18's limit once a bookmark was observed */

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
    bool reported;              /* something was reported: beginning anew is a gap */
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

enum watch_step {
    WATCH_WAIT, /* nothing to do until more bytes or the end come */
    WATCH_TOOK, /* a line was taken: consume *ret_used bytes, call again */
    WATCH_CLOSE /* the request is over: end the call */
};

#endif
