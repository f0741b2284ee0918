/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads libcurl when an election on Kubernetes needs it. It brings two dozen libraries: to load them takes longer than
 * Python itself takes to start, and to unmap them, when a leader is killed, is most of what the next one waits for.
 */
#include "io/curl/load.h"

#include "base/text.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

/* Newer versions promise not to change the URL. */
typedef __typeof__(_Generic(&curl_url_get,
                       CURLUcode (*)(CURLU *, CURLUPart, char **, unsigned): (CURLU *)NULL,
                       default: (const CURLU *)NULL)) url_to_read;

/* X(return or nothing, the result's type, name, parameters, arguments) */
#define FUNCTIONS(X)                                                                                                   \
    X(, void, curl_easy_cleanup, (CURL * curl), (curl))                                                                \
    X(return, char *, curl_easy_escape, (CURL * handle, const char *string, int length), (handle, string, length))     \
    X(return, CURL *, curl_easy_init, (void), ())                                                                      \
    X(return, const char *, curl_easy_strerror, (CURLcode code), (code))                                               \
    X(return, CURLcode, curl_easy_upkeep, (CURL * curl), (curl))                                                       \
    X(, void, curl_free, (void *p), (p))                                                                               \
    X(return, CURLcode, curl_global_init, (long flags), (flags))                                                       \
    X(return, CURLMcode, curl_multi_add_handle, (CURLM * multi_handle, CURL * curl_handle),                            \
            (multi_handle, curl_handle))                                                                               \
    X(return, CURLMcode, curl_multi_assign, (CURLM * multi_handle, curl_socket_t sockfd, void *sockp),                 \
            (multi_handle, sockfd, sockp))                                                                             \
    X(return, CURLMcode, curl_multi_cleanup, (CURLM * multi_handle), (multi_handle))                                   \
    X(return, CURLMsg *, curl_multi_info_read, (CURLM * multi_handle, int *msgs_in_queue),                             \
            (multi_handle, msgs_in_queue))                                                                             \
    X(return, CURLM *, curl_multi_init, (void), ())                                                                    \
    X(return, CURLMcode, curl_multi_remove_handle, (CURLM * multi_handle, CURL * curl_handle),                         \
            (multi_handle, curl_handle))                                                                               \
    X(return, CURLMcode, curl_multi_socket_action,                                                                     \
            (CURLM * multi_handle, curl_socket_t s, int ev_bitmask, int *running_handles),                             \
            (multi_handle, s, ev_bitmask, running_handles))                                                            \
    X(return, const char *, curl_multi_strerror, (CURLMcode code), (code))                                             \
    X(return, struct curl_slist *, curl_slist_append, (struct curl_slist * list, const char *data), (list, data))      \
    X(, void, curl_slist_free_all, (struct curl_slist * list), (list))                                                 \
    X(return, CURLU *, curl_url, (void), ())                                                                           \
    X(, void, curl_url_cleanup, (CURLU * handle), (handle))                                                            \
    X(return, CURLUcode, curl_url_get, (url_to_read handle, CURLUPart what, char **part, unsigned flags),              \
            (handle, what, part, flags))                                                                               \
    X(return, CURLUcode, curl_url_set, (CURLU * handle, CURLUPart what, const char *part, unsigned flags),             \
            (handle, what, part, flags))                                                                               \
    X(return, curl_version_info_data *, curl_version_info, (CURLversion age), (age))

#define NAME(give, result, name, parameters, arguments) #name "\0"
#define NUMBER(give, result, name, parameters, arguments) AT_##name,

static const char names_in_order[] = FUNCTIONS(NAME) "curl_easy_getinfo\0"
                                                     "curl_easy_setopt\0"
                                                     "curl_multi_setopt\0";

enum { FUNCTIONS(NUMBER) AT_curl_easy_getinfo, AT_curl_easy_setopt, AT_curl_multi_setopt, COUNT };

/* Where they are. Threads that load at once write the same. */
static atomic_uintptr_t addresses[COUNT];
static atomic_bool loaded;

#define ADDRESS(name) ((__typeof__(&(name)))atomic_load_explicit(&addresses[AT_##name], memory_order_relaxed))

/* ---- Loading ---- */

/* NULL, or the first that is missing. */
static const char *find_all(void *library)
{
    atomic_uintptr_t *address = addresses;

    for (const char *name = names_in_order; *name != '\0'; name += strlen(name) + 1) {
        void *found = dlsym(library, name);

        if (found == NULL)
            return name;
        atomic_store_explicit(address++, (uintptr_t)found, memory_order_relaxed);
    }
    return NULL;
}

/* Without a lock, which a forked child could find taken for ever. It is never unloaded: the host program may use it
 * too. */
bool leaderlife_curl_load(char *text, size_t size)
{
    if (atomic_load_explicit(&loaded, memory_order_acquire))
        return true;
    void *library = dlopen(LEADERLIFE_CURL, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *why = dlerror();

        text_format(text, size,
                    "libcurl cannot be loaded: %s; install its package (Debian and Ubuntu: libcurl4; Fedora and RHEL: "
                    "libcurl), or let this process find and read it",
                    why != NULL ? why : LEADERLIFE_CURL);
        text_printable(text);
        return false;
    }
    const char *missing = find_all(library);
    if (missing != NULL) {
        text_format(text, size, "the libcurl that was loaded is too old: it has no %s; install a newer one", missing);
        dlclose(library);
        return false;
    }
    atomic_store_explicit(&loaded, true, memory_order_release);
    return true;
}

/* ---- What is called ---- */

/* The parameters and arguments bring their parentheses. NOLINTBEGIN(bugprone-macro-parentheses) */
#define FORWARD(give, result, name, parameters, arguments)                                                             \
    result name parameters                                                                                             \
    {                                                                                                                  \
        give ADDRESS(name) arguments;                                                                                  \
    }

FUNCTIONS(FORWARD)
/* NOLINTEND(bugprone-macro-parentheses) */

/* Curl has macros of the same names. */
#undef curl_easy_getinfo
#undef curl_easy_setopt
#undef curl_multi_setopt

CURLcode curl_easy_getinfo(CURL *curl, CURLINFO info, ...)
{
    va_list arguments;

    va_start(arguments, info);
    void *ret_value = va_arg(arguments, void *);
    va_end(arguments);
    return ADDRESS(curl_easy_getinfo)(curl, info, ret_value);
}

/* An option's number tells its type. */
#define IS_OF(option, type, next) ((option) >= CURLOPTTYPE_##type && (option) < CURLOPTTYPE_##next)
#define SET(set, handle, option, arguments)                                                                            \
    (IS_OF(option, LONG, OBJECTPOINT)      ? (set)((handle), (option), va_arg((arguments), long))                      \
     : IS_OF(option, FUNCTIONPOINT, OFF_T) ? (set)((handle), (option), va_arg((arguments), void (*)(void)))            \
     : IS_OF(option, OFF_T, BLOB)          ? (set)((handle), (option), va_arg((arguments), curl_off_t))                \
                                           : (set)((handle), (option), va_arg((arguments), void *)))

CURLcode curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
    va_list arguments;

    va_start(arguments, option);
    CURLcode code = SET(ADDRESS(curl_easy_setopt), curl, option, arguments);
    va_end(arguments);
    return code;
}

CURLMcode curl_multi_setopt(CURLM *multi_handle, CURLMoption option, ...)
{
    va_list arguments;

    va_start(arguments, option);
    CURLMcode code = SET(ADDRESS(curl_multi_setopt), multi_handle, option, arguments);
    va_end(arguments);
    return code;
}
