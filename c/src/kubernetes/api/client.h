/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends requests of the Kubernetes API to the endpoint that was found: server, credentials that are read or fetched
 * anew as they rotate, limits.
 */
#ifndef LEADERLIFE_KUBERNETES_API_CLIENT_H
#define LEADERLIFE_KUBERNETES_API_CLIENT_H

#include "backend/backend.h"
#include "io/http/http.h"
#include "kubernetes/api/request.h"
#include "kubernetes/config/endpoint.h"
#include "kubernetes/config/exec_plugin.h"
#include "kubernetes/config/proxy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client {
    const struct options *options;
    struct backend_choice choice;
    struct counters *counters;
    struct http *http;
    struct endpoint endpoint;
    struct proxy proxy;         /* the way to the endpoint */
    struct exec_plugin plugin;  /* idle without endpoint.exec */
    bool trouble_is_new;        /* `trouble` is to be told */
    char trouble[TEXT_MESSAGE]; /* why a file cannot be read anew; "" */
};

int client_init(struct client *client, const struct backend_setup *setup, char *text, size_t size);
void client_free(struct client *client, bool forked);

/* Finds the server and reads the credentials: LEADERLIFE_OK or a status with a text. What a plugin is running for, or
 * has given and nobody has used, is left as it is. */
int client_load(struct client *client, int64_t now, char *text, size_t size);

/* What somebody who sends requests one after the other keeps between them; all zeros at first. Each number is that of
 * a run of the credential plugin. */
struct client_pass {
    unsigned awaited; /* 0: none */
    unsigned used;    /* by the last request */
};

enum client_turn {
    CLIENT_GO,   /* the request may be started now */
    CLIENT_WAIT, /* for a credential plugin: ask again after the next reactor_poll; plugin.status and .text say so */
    CLIENT_FAIL  /* it has failed: as .status and .text say */
};

/* To be asked before each request. refused: the last one was, with 401; then files are read now, whatever their age,
 * and a plugin is run, unless it has been since. */
enum client_turn client_ready(struct client *client, struct client_pass *pass, bool refused, int64_t now);

/* Takes in what a plugin has given: after each reactor_poll, before anybody asks. */
void client_run(struct client *client, int64_t now);

/* Starts a request; idle_ms limits the silence of a stream. NULL without memory. */
struct http_call *client_start(struct client *client, const struct api_request *request, int64_t idle_ms);

/* When client_run or http_next wants to be called although nothing came; NEVER. */
int64_t client_deadline(const struct client *client);

/* A request that was started has ended without a usable answer. */
void client_count_failure(struct client *client, enum api_verb verb);

#endif
