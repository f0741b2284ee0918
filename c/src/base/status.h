/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one list of statuses: number, name, text, class. The public functions on statuses live beside it.
 */
#ifndef LEADERLIFE_BASE_STATUS_H
#define LEADERLIFE_BASE_STATUS_H

#include <leaderlife/leaderlife.h>

#endif
