/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kubeconfig's credential plugin (client.authentication.k8s.io): run when there is no credential yet, when the one
 * that it gave is about to expire, and when the server has refused that one; one that comes expired is used all the
 * same, for this machine's clock may be wrong. Never waits.
 */
#ifndef LEADERLIFE_KUBERNETES_CONFIG_EXEC_PLUGIN_H
#define LEADERLIFE_KUBERNETES_CONFIG_EXEC_PLUGIN_H

#include "base/text.h"
#include "io/child.h"
#include "kubernetes/config/endpoint.h"

#include <stdbool.h>
#include <stdint.h>

struct exec_plugin {
    struct child child;
    unsigned runs;                 /* begun so far: the number of the last one */
    unsigned good;                 /* the run whose credential the endpoint has; 0: none */
    bool fresh;                    /* nobody has used that one yet */
    int64_t due;                   /* that one is to be replaced, in seconds since 1970 */
    unsigned stale;                /* so many in a row came expired */
    int64_t stale_until;           /* stale > 0: ms, that long the last one is kept, unless the server refuses it */
    bool stale_is_new;             /* the text below is to be told */
    bool running;                  /* begun, and not yet judged */
    int64_t kill_at;               /* ms; NEVER: not, or done */
    bool hung;                     /* this run was stopped for its length */
    int status;                    /* of the last run: LEADERLIFE_OK, or why it has given nothing (yet) */
    char text[TEXT_MESSAGE];       /* likewise, with cause and cure */
    char stale_text[TEXT_MESSAGE]; /* stale > 0: likewise */
};

void exec_plugin_init(struct exec_plugin *plugin, struct reactor *reactor);
void exec_plugin_free(struct exec_plugin *plugin, bool forked);

/* Whether it must run before the next request; refused: the run whose credential the server has refused, 0 for none. */
bool exec_plugin_is_due(const struct exec_plugin *plugin, unsigned refused, int64_t now);

bool exec_plugin_is_running(const struct exec_plugin *plugin);

/* Begins a run; the endpoint's exec is set. */
void exec_plugin_start(struct exec_plugin *plugin, const struct endpoint *endpoint, int64_t timeout_ms, int64_t now);

/* After each reactor_poll. True: a run has ended, and has given the endpoint another token, or certificate and key. */
bool exec_plugin_run(struct exec_plugin *plugin, struct endpoint *endpoint, int64_t now);

/* When to call exec_plugin_run although nothing came; NEVER. */
int64_t exec_plugin_deadline(const struct exec_plugin *plugin);

#endif
