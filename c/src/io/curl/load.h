/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where libcurl comes from: load.c loads it when it is first needed, and then has a function for each of libcurl's that
 * is called. Programs that are linked to libcurl leave load.c out.
 */
#ifndef LEADERLIFE_IO_CURL_LOAD_H
#define LEADERLIFE_IO_CURL_LOAD_H

#include <stdbool.h>
#include <stddef.h>

/* To be called before any function of libcurl's. False: why not, with the cure; the next call tries again. NULL where
 * load.c is left out. */
bool leaderlife_curl_load(char *text, size_t size) __attribute__((weak));

#endif
