/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The allocators of Python and of Lua. What they give out for our module fails as everything else of it does; what the
 * interpreter itself asks for never does. So each allocation looks for who is behind it on the stack. For programs
 * that know of it: Python calls these by ctypes, Lua by package.loadlib.
 */
#include "torture/live.h"
#include "torture/strike.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <unwind.h>

/* ---- Who is behind it ---- */

struct search {
    const char *beyond; /* the function that runs programs: nobody is looked for beyond it; NULL: there is none */
    const void *found;
};

static _Unwind_Reason_Code look(struct _Unwind_Context *frame, void *data)
{
    struct search *search = data;
    const void *at = (const void *)_Unwind_GetIP(frame); // NOLINT

    if (strike_counts(at))
        search->found = at; /* the function that the interpreter has called is the last of them */
    else if (search->found != NULL || _Unwind_GetRegionStart(frame) == (uintptr_t)search->beyond)
        return _URC_END_OF_STACK;
    return _URC_NO_REASON;
}

/* Whether this allocation fails. */
static bool refuse(const char *function, const char *beyond)
{
    static const int errnos[] = {ENOMEM};
    struct search search = {.beyond = beyond};

    if (!strike_is_on())
        return false;
    _Unwind_Backtrace(look, &search);
    return search.found != NULL && strike(function, search.found, errnos, 1) != 0;
}

/* ---- Python ---- */

struct allocator { /* Python's PyMemAllocatorEx */
    void *context;
    void *(*malloc)(void *context, size_t size);
    void *(*calloc)(void *context, size_t count, size_t size);
    void *(*realloc)(void *context, void *old, size_t size);
    void (*free)(void *context, void *memory);
};

enum { DOMAINS = 3 /* raw, mem, obj */ };

void PyMem_GetAllocator(int domain, struct allocator *allocator) __attribute__((weak));
void PyMem_SetAllocator(int domain, struct allocator *allocator) __attribute__((weak));
extern const char _PyEval_EvalFrameDefault[] __attribute__((weak)); // NOLINT
void strike_python(void);

static struct allocator real_python[DOMAINS];

static void *python_malloc(void *context, size_t size)
{
    const struct allocator *real = context;

    return refuse("python_malloc", _PyEval_EvalFrameDefault) ? NULL : real->malloc(real->context, size);
}

static void *python_calloc(void *context, size_t count, size_t size)
{
    const struct allocator *real = context;

    return refuse("python_calloc", _PyEval_EvalFrameDefault) ? NULL : real->calloc(real->context, count, size);
}

static void *python_realloc(void *context, void *old, size_t size)
{
    const struct allocator *real = context;

    return refuse("python_realloc", _PyEval_EvalFrameDefault) ? NULL : real->realloc(real->context, old, size);
}

static void python_free(void *context, void *memory)
{
    const struct allocator *real = context;

    real->free(real->context, memory);
}

/* From here on what Python allocates for our module counts. */
void strike_python(void)
{
    for (int domain = 0; domain < DOMAINS; domain++) {
        struct allocator ours = {&real_python[domain], python_malloc, python_calloc, python_realloc, python_free};
        PyMem_GetAllocator(domain, &real_python[domain]);
        PyMem_SetAllocator(domain, &ours);
    }
}

/* ---- Lua ---- */

typedef struct lua_State lua_State;
typedef void *(*lua_allocator)(void *context, void *old, size_t old_size, size_t size);

lua_allocator lua_getallocf(lua_State *L, void **context) __attribute__((weak));
void lua_setallocf(lua_State *L, lua_allocator allocator, void *context) __attribute__((weak));
void lua_pushinteger(lua_State *L, ptrdiff_t number) __attribute__((weak));
int strike_lua(lua_State *L);
int strike_lua_end(lua_State *L);
int live_lua(lua_State *L);

static lua_allocator real_lua;

/* Lua collects what it can, and asks once more, before it believes that there is no memory. */
static void *lua_allocate(void *context, void *old, size_t old_size, size_t size)
{
    static size_t refused;
    bool grows = size > 0 && (old == NULL || size > old_size);

    if (grows && refused == size) {
        refused = 0;
        return NULL;
    }
    if (grows && refuse("lua_allocate", NULL)) {
        refused = size;
        return NULL;
    }
    return real_lua(context, old, old_size, size);
}

/* From here on what Lua allocates for our module counts. */
int strike_lua(lua_State *L)
{
    void *context;

    real_lua = lua_getallocf(L, &context);
    lua_setallocf(L, lua_allocate, context);
    return 0;
}

/* From here on nothing fails. */
int strike_lua_end(lua_State *L)
{
    (void)L;
    strike_end();
    return 0;
}

/* How much memory of those who count is left. */
int live_lua(lua_State *L)
{
    const void *caller;

    lua_pushinteger(L, (ptrdiff_t)live_count(&caller));
    return 1;
}
