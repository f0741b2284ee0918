/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a plain Lua cannot do and the tests need: poll(), read() without buffering, descriptors, fork() and exec in
 * place. A module of Lua, for the tests alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <lua.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FDS_MAX = 64, DESCRIPTORS_MAX = 2048 };

int luaopen_process(lua_State *L);

/* poll(fds, ms): a table whose keys are those that are readable. */
static int process_poll(lua_State *L)
{
    struct pollfd polled[FDS_MAX] = {{0}};
    nfds_t count = 0;

    luaL_checktype(L, 1, LUA_TTABLE);
    int ms = (int)luaL_checknumber(L, 2);
    for (lua_pushnil(L); lua_next(L, 1) != 0 && count < FDS_MAX; lua_pop(L, 1)) {
        polled[count].fd = (int)lua_tonumber(L, -1);
        polled[count++].events = POLLIN;
    }
    while (poll(polled, count, ms) < 0 && errno == EINTR)
        ;
    lua_newtable(L);
    for (nfds_t i = 0; i < count; i++)
        if (polled[i].revents != 0) {
            lua_pushboolean(L, 1);
            lua_rawseti(L, -2, polled[i].fd);
        }
    return 1;
}

/* read(fd): what is there, "" at the end. */
static int process_read(lua_State *L)
{
    char bytes[4096];
    ssize_t size = read((int)luaL_checknumber(L, 1), bytes, sizeof bytes);

    lua_pushlstring(L, bytes, size < 0 ? 0 : (size_t)size);
    return 1;
}

/* close_from(first): closes all of that number and above, as closefrom(3) does. */
static int process_close_from(lua_State *L)
{
    for (int fd = (int)luaL_checknumber(L, 1); fd < DESCRIPTORS_MAX; fd++)
        close(fd);
    return 0;
}

/* pipe(): both ends, the first of which never waits. */
static int process_pipe(lua_State *L)
{
    int ends[2] = {-1, -1};

    if (pipe(ends) == 0)
        (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    lua_pushinteger(L, ends[0]);
    lua_pushinteger(L, ends[1]);
    return 2;
}

/* is_open(fd) */
static int process_is_open(lua_State *L)
{
    lua_pushboolean(L, fcntl((int)luaL_checknumber(L, 1), F_GETFD) >= 0);
    return 1;
}

/* exec(argv): the process ends with 127 if that fails. */
static int process_exec(lua_State *L)
{
    char *words[FDS_MAX] = {NULL};

    luaL_checktype(L, 1, LUA_TTABLE);
    for (int i = 0; i < FDS_MAX - 1; i++) {
        lua_rawgeti(L, 1, i + 1);
        words[i] = lua_isnil(L, -1) ? NULL : strdup(lua_tostring(L, -1));
        if (words[i] == NULL)
            break;
    }
    execvp(words[0], words);
    _exit(127);
}

/* fork(): 0 in the child. */
static int process_fork(lua_State *L)
{
    lua_pushinteger(L, fork());
    return 1;
}

/* wait(pid): its exit status, or minus the signal that ended it. */
static int process_wait(lua_State *L)
{
    int status = 0;

    (void)waitpid((pid_t)luaL_checknumber(L, 1), &status, 0);
    lua_pushinteger(L, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
    return 1;
}

static int process_exit(lua_State *L)
{
    _exit((int)luaL_checknumber(L, 1));
    return 0;
}

static int process_kill(lua_State *L)
{
    lua_pushinteger(L, kill((pid_t)luaL_checknumber(L, 1), (int)luaL_checknumber(L, 2)));
    return 1;
}

/* now(): milliseconds of CLOCK_MONOTONIC. */
static int process_now(lua_State *L)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    lua_pushnumber(L, (lua_Number)now.tv_sec * 1e3 + (lua_Number)now.tv_nsec / 1e6);
    return 1;
}

int luaopen_process(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"poll", process_poll}, {"read", process_read},       {"exec", process_exec},
        {"fork", process_fork}, {"wait", process_wait},       {"exit", process_exit},
        {"kill", process_kill}, {"now", process_now},         {"close_from", process_close_from},
        {"pipe", process_pipe}, {"is_open", process_is_open}, {NULL, NULL},
    };

    lua_newtable(L);
    for (const luaL_Reg *entry = functions; entry->name != NULL; entry++) {
        lua_pushcfunction(L, entry->func);
        lua_setfield(L, -2, entry->name);
    }
    return 1;
}
