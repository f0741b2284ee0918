/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends requests of the Kubernetes API to the endpoint that was found: server, credentials that are read anew as they
 * rotate, limits. Must not know what a request is for.
 */
#ifndef LEADERLIFE_KUBERNETES_CLIENT_H
#define LEADERLIFE_KUBERNETES_CLIENT_H

#include "backend.h"
#include "kubernetes/api.h"
#include "kubernetes/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client {
    const struct options *options;
    struct counters *counters;
    struct http *http;
    struct endpoint endpoint;
    bool trouble_is_new;        /* `trouble` is to be told */
    char trouble[TEXT_MESSAGE]; /* why a file cannot be read anew; "" */
};

int client_init(struct client *client, const struct backend_setup *setup, char *text, size_t size);
void client_free(struct client *client, bool forked);

/* Finds the server and reads the credentials: LEADERLIFE_OK or a status with a text. */
int client_load(struct client *client, int64_t now, char *text, size_t size);

/* Starts a request; idle_ms limits the silence of a stream. With reread the files are read now, whatever their age.
 * NULL without memory. */
struct http_call *client_start(struct client *client, const struct api_request *request, bool reread, int64_t idle_ms,
                               int64_t now);

/* A request that was started has ended without a usable answer. */
void client_count_failure(struct client *client, enum api_verb verb);

#endif
