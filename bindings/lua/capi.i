/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaderlife.capi for Lua: the C functions as methods of two kinds of userdata. One source for Lua 5.1, 5.3, 5.4 and
 * LuaJIT. A failure is nil, a text and a number. An error of Lua (it may have no memory) jumps over what would have to
 * be cleaned up, so all that C gives out has an owner before it is made. C never calls Lua, so any coroutine may step
 * an election.
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

/* Pushes a userdata that owns nothing yet. Before what it will own is made: Lua may have no memory for it. */
static swig_lua_userdata *push_owner(lua_State *L, swig_type_info *type)
{
    swig_lua_userdata *owner = (swig_lua_userdata *)lua_newuserdata(L, sizeof *owner);

    owner->type = type;
    owner->own = 0;
    owner->ptr = NULL;
    SWIG_Lua_AddMetatable(L, type);
    return owner;
}

static void own(swig_lua_userdata *owner, void *thing)
{
    owner->ptr = thing;
    owner->own = thing != NULL;
}

/* leaders(): a table that is the same for all copies of our modules in this Lua state. */
static int push_leaders(lua_State *L)
{
    static const char name[] = "leaderlife.leaders";

    lua_getfield(L, LUA_REGISTRYINDEX, name);
    if (lua_isnil(L, -1)) {
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_setfield(L, LUA_REGISTRYINDEX, name);
    }
    return 1;
}
%}

%typemap(out) leaderlife_status "SWIG_arg += push_status(L, $1, arg1);"

/* A handle that is FAILED from birth says why, and goes with its userdata. */
%typemap(in, numinputs=0) leaderlife_election **ret_election (leaderlife_election *made = NULL) "$1 = &made;"
%exception leaderlife_election_new {
    swig_lua_userdata *owner = push_owner(L, SWIGTYPE_p_leaderlife_election);
    $action
    own(owner, *arg2);
}
%typemap(out) leaderlife_status leaderlife_election_new {
    SWIG_arg += $1 == LEADERLIFE_OK ? 1 : push_status(L, $1, *arg2);
}
%exception leaderlife_election::pop_event {
    swig_lua_userdata *owner = push_owner(L, SWIGTYPE_p_leaderlife_event);
    $action
    own(owner, result);
    if (result == NULL)
        lua_pushnil(L);
}
%typemap(out) leaderlife_event *pop_event "SWIG_arg++;"

/* SWIG would push floats. */
%typemap(out) int, int64_t "lua_pushinteger(L, (lua_Integer)$1); SWIG_arg++;"

/* The userdata owns what it points to; dispose() is for who does not wait for the collector. Both leave it empty: an
 * object's finalizer may still use an election whose userdata has been finalized before. */
%ignore leaderlife_election::free;
%ignore leaderlife_event::free;
%extend leaderlife_election {
    leaderlife_status wait(int timeout_ms);
}
%native(leaders) int push_leaders(lua_State *L);
%native(dispose) int dispose_election(lua_State *L);
%wrapper %{
static void *release(lua_State *L, swig_type_info *type)
{
    void *thing = NULL;

    return SWIG_IsOK(SWIG_ConvertPtr(L, 1, &thing, type, SWIG_POINTER_RELEASE)) ? thing : NULL;
}

static int dispose_election(lua_State *L)
{
    leaderlife_election_free((leaderlife_election *)release(L, SWIGTYPE_p_leaderlife_election));
    return 0;
}

static int dispose_event(lua_State *L)
{
    leaderlife_event_free((leaderlife_event *)release(L, SWIGTYPE_p_leaderlife_event));
    return 0;
}

/* SWIG's own finalizer would leave the pointer, and the metatable open to everybody. */
static void set_finalizer(lua_State *L, const char *kind, lua_CFunction finalizer)
{
    SWIG_Lua_get_class_metatable(L, kind);
    lua_pushliteral(L, "__gc");
    lua_pushcfunction(L, finalizer);
    lua_rawset(L, -3);
    lua_pushliteral(L, "__metatable");
    lua_pushboolean(L, 0);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}
%}
%init %{
    set_finalizer(L, "Election", dispose_election);
    set_finalizer(L, "Event", dispose_event);
%}
%inline {
/* Whether a userdata has been emptied. */
int is_disposed(leaderlife_election *handle) { return handle == NULL; }

/* Seconds of a clock that nobody sets. */
double monotonic(void)
{
    struct timespec now = {0, 0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
}

%include "../leaderlife.i"
