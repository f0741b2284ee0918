/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a call ended.
 */
#ifndef LEADERLIFE_IO_HTTP_ERROR_H
#define LEADERLIFE_IO_HTTP_ERROR_H

#include "io/http/state.h"

/* How curl's result ends the call, with call.text. */
enum http_error error_of_curl(struct transfer *transfer, CURLcode code);
/* The same for an end that is not curl's finding. */
void error_describe(struct transfer *transfer, enum http_error error);
void error_of_pool(struct transfer *transfer);
void error_of_reset(struct transfer *transfer);
void error_of_loss(struct transfer *transfer);

#endif
