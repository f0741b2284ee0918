/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call as curl makes it.
 */
#ifndef LEADERLIFE_IO_HTTP_TRANSFER_H
#define LEADERLIFE_IO_HTTP_TRANSFER_H

#include "io/http/state.h"

/* It may change something at the server: any method but GET. */
bool transfer_is_write(const struct http_request *request);

/* Gives the request to curl; false without memory. */
bool transfer_prepare(struct transfer *transfer, const struct http_request *request);

/* Takes the transfer from curl and frees all that is curl's; with forked, or if its pool was robbed, leaks curl's
 * handle. */
void transfer_release(struct transfer *transfer, bool forked);

/* Copies status, content type and Retry-After to the call, as far as they are known. */
void transfer_take_answer(struct transfer *transfer);

#endif
