/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom calls trust, who this client is, and which way calls go.
 */
#ifndef LEADERLIFE_IO_HTTP_TRUST_H
#define LEADERLIFE_IO_HTTP_TRUST_H

#include "io/http/state.h"

void trust_unref(struct trust *trust);

/* Tells curl whom the transfer trusts, who it is, and through which proxy it goes; false without memory. */
bool trust_apply(struct transfer *transfer);

#endif
