/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program in Lua whose memory ends: with the first allocation, with the second, and so on, until it runs through.
 * After each, the state is closed. Whatever was open must be closed then; valgrind looks after the rest.
 *
 *     scarce PROGRAM.lua FIRST LAST STEP ARGUMENT
 */
#include <dirent.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>

static long left;

static void *allocate(void *unused, void *old, size_t old_size, size_t size)
{
    (void)unused;
    if (size == 0) {
        free(old);
        return NULL;
    }
    /* Lua relies on it that nothing fails to shrink. */
    if ((old == NULL || size > old_size) && left-- <= 0)
        return NULL;
    return realloc(old, size);
}

static int count_open(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;

    while (folder != NULL && readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

/* The modules and their types are loaded with memory enough: what is tried is what programs do. */
static int run(const char *path, const char *argument, long allocations)
{
    lua_State *L = lua_newstate(allocate, NULL);
    int status;

    luaL_openlibs(L);
    lua_pushstring(L, argument);
    lua_setglobal(L, "LOCK");
    if (luaL_dofile(L, path) != LUA_OK) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        exit(2);
    }
    left = allocations;
    status = lua_pcall(L, 0, 0, 0);
    left = 1L << 60;
    lua_close(L);
    return status;
}

int main(int argc, char **argv)
{
    int ran_through = 0;

    if (argc != 6)
        return 2;
    left = 1L << 60;
    run(argv[1], argv[5], 1L << 60);
    int before = count_open();
    for (long n = atol(argv[2]); n <= atol(argv[3]) && !ran_through; n += atol(argv[4])) {
        ran_through = run(argv[1], argv[5], n) == LUA_OK;
        left = 1L << 60;
        if (count_open() != before) {
            fprintf(stderr, "%d descriptors more after %ld allocations\n", count_open() - before, n);
            return 1;
        }
    }
    printf("%s\n", ran_through ? "ran through" : "never ran through");
    return 0;
}
