/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaderlife.capi for Lua: the C functions as methods of two kinds of userdata. One source for Lua 5.1, 5.3, 5.4 and
 * LuaJIT. A failure is nil, a text and a number; nothing here raises after it has begun, since an error of Lua jumps
 * over what would have to be cleaned up. C never calls Lua, so any coroutine may step an election.
 */
%module leaderlife_capi

%{
#include <leaderlife/leaderlife.h>
#include <time.h>

/* What a call answers: true, or nil, the text (the handle's own where it has one), and the status. */
static int push_status(lua_State *L, int status, const leaderlife_election *election)
{
    const char *text = election != NULL ? leaderlife_election_error_text(election) : "";

    if (status == LEADERLIFE_OK) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, text[0] != '\0' ? text : leaderlife_strerror(status));
    lua_pushinteger(L, status);
    return 3;
}
%}

%typemap(out) leaderlife_status "SWIG_arg += push_status(L, $1, arg1);"

/* A handle that is FAILED from birth says why, and goes again. */
%typemap(in, numinputs=0) leaderlife_election **ret_election (leaderlife_election *made = NULL) "$1 = &made;"
%typemap(out) leaderlife_status leaderlife_election_new {
    if ($1 == LEADERLIFE_OK) {
        SWIG_NewPointerObj(L, *arg2, SWIGTYPE_p_leaderlife_election, 1);
        SWIG_arg++;
    } else {
        SWIG_arg += push_status(L, $1, *arg2);
        leaderlife_election_free(*arg2);
    }
}
%typemap(out) leaderlife_event *pop_event {
    SWIG_NewPointerObj(L, $1, SWIGTYPE_p_leaderlife_event, 1);
    SWIG_arg++;
}

/* SWIG would push floats. */
%typemap(out) int, int64_t "lua_pushinteger(L, (lua_Integer)$1); SWIG_arg++;"

/* The userdata owns what it points to; dispose() is for who does not wait for the collector. */
%ignore leaderlife_election::free;
%ignore leaderlife_event::free;
%extend leaderlife_election {
    ~leaderlife_election() { leaderlife_election_free($self); }
    leaderlife_status wait(int timeout_ms);
    leaderlife_status become(int timeout_ms);
}
%extend leaderlife_event {
    ~leaderlife_event() { leaderlife_event_free($self); }
}
%inline {
void dispose(leaderlife_election *DISOWN) { leaderlife_election_free(DISOWN); }

/* Seconds of a clock that nobody sets. */
double monotonic(void)
{
    struct timespec now = {0, 0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
}

%include "../leaderlife.i"
