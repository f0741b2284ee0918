/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public API as SWIG sees it, for every language: the functions of leaderlife.h by their type, without bodies and
 * without a word about any language. A method `start` of leaderlife_election is the C function
 * leaderlife_election_start. What a status becomes when it is a failure is the language's typemap for
 * leaderlife_status. tests/python holds this file to the header.
 */
%{
#include <leaderlife/leaderlife.h>

typedef int leaderlife_status; /* LEADERLIFE_OK or a failure */
%}

%rename(Election) leaderlife_election;
%rename(Event) leaderlife_event;
%rename("%(strip:[leaderlife_])s", %$isfunction) "";
%rename("%(strip:[LEADERLIFE_])s", %$isconstant) "";

typedef int leaderlife_status;
typedef long long int64_t;

%nodefaultctor;
%nodefaultdtor;

/* The handle is the caller's, to be freed by Election_free. */
leaderlife_status leaderlife_election_new(const char *lock, leaderlife_election **ret_election);

typedef struct leaderlife_election {
    %extend {
        leaderlife_status set(const char *name, const char *value);
        const char *get(const char *name);
        leaderlife_status start();
        leaderlife_status process();
        leaderlife_status resign();
        leaderlife_status close();
        void free();
        leaderlife_status prepare_exec();
        int fd();
        int timeout_ms();
        leaderlife_status wakeup();
        int state();
        int is_leader();
        int is_ready();
        const char *holder();
        const char *token();
        int64_t term();
        int guard();
        const char *backend();
        const char *error_text();
        const char *detail(const char *name);
        int64_t counter(const char *name);
        leaderlife_event *pop_event();
    }
} leaderlife_election;

typedef struct leaderlife_event {
    %extend {
        int kind();
        int state();
        int status();
        const char *text();
        int level();
        const char *holder();
        const char *token();
        void free();
    }
} leaderlife_event;

size_t leaderlife_option_count(void);
const char *leaderlife_option_name(size_t index);
const char *leaderlife_option_type(size_t index);
const char *leaderlife_option_default(size_t index);
const char *leaderlife_option_help(size_t index);

const char *leaderlife_strerror(int status);
const char *leaderlife_status_name(int status);
int leaderlife_status_is_retriable(int status);
int leaderlife_status_is_fatal(int status);
const char *leaderlife_state_name(int state);
const char *leaderlife_version(void);
int leaderlife_version_number(void);
int leaderlife_token_compare(const char *a, const char *b);
