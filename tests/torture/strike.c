/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts calls by the place that makes them, and picks the one that is to fail. A place is a return address, relative
 * to its module, so it is the same in every run. Nothing here allocates, and no lock is held: a process of the run may
 * be killed anywhere.
 */
#include "torture/strike.h"

#include "torture/page.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MODULES_MAX = 16, SEGMENTS_MAX = 8, SPINS_MAX = 1000000 };

struct module {
    uintptr_t base;
    uintptr_t end;
    char name[MODULE_MAX_BYTES];
};

static struct page *page;
static struct module modules[MODULES_MAX];
static _Atomic int modules_count;

/* ---- Modules ---- */

/* "/usr/lib/libcurl.so.4" is "libcurl"; the program itself has no name here. */
static void name_of(const char *path, char *target)
{
    static char program[256];
    const char *slash;

    if (path[0] == '\0') {
        ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
        program[length > 0 ? length : 0] = '\0';
        path = program;
    }
    slash = strrchr(path, '/');
    path = slash != NULL ? slash + 1 : path;
    size_t length = strcspn(path, ".");
    if (length >= MODULE_MAX_BYTES)
        length = MODULE_MAX_BYTES - 1;
    memcpy(target, path, length);
    target[length] = '\0';
}

static bool is_wanted(const char *name)
{
    size_t length = strlen(name);

    for (const char *at = page->modules; *at != '\0'; at = strchr(at, ':') + 1)
        if (strncmp(at, name, length) == 0 && at[length] == ':')
            return true;
    return false;
}

static int look_at_module(struct dl_phdr_info *info, size_t size, void *unused)
{
    struct module found = {.base = info->dlpi_addr, .end = info->dlpi_addr};
    int count = atomic_load(&modules_count);

    (void)size;
    (void)unused;
    name_of(info->dlpi_name, found.name);
    if (count == MODULES_MAX || !is_wanted(found.name))
        return 0;
    for (int i = 0; i < count; i++)
        if (modules[i].base == found.base)
            return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t end = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
        if (info->dlpi_phdr[i].p_type == PT_LOAD && end > found.end)
            found.end = end;
    }
    modules[count] = found;
    atomic_store(&modules_count, count + 1);
    return 0;
}

void strike_look_at_modules(void)
{
    if (page != NULL)
        dl_iterate_phdr(look_at_module, NULL);
}

static const struct module *module_of(const void *caller)
{
    uintptr_t address = (uintptr_t)caller;
    int count = atomic_load(&modules_count);

    for (int i = 0; i < count; i++)
        if (address >= modules[i].base && address < modules[i].end)
            return &modules[i];
    return NULL;
}

/* By system calls, for the wrappers are not to be used before they are ready. */
__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("LEADERLIFE_TORTURE_PAGE");
    int fd = path == NULL ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return;
    long mapped = syscall(SYS_mmap, NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    if (mapped < 0 && mapped > -4096)
        return;
    page = (struct page *)mapped; // NOLINT
    strike_look_at_modules();
}

void strike_real(const char *function, void *ret_function)
{
    void *real = dlsym(RTLD_NEXT, function);

    if (real == NULL)
        abort();
    memcpy(ret_function, &real, sizeof real);
}

/* ---- Places ---- */

static bool is_place(const struct site *site, const char *function, const struct module *module, uint64_t offset)
{
    return site->offset == offset && strcmp(site->function, function) == 0 && strcmp(site->module, module->name) == 0;
}

static bool write_site(struct site *site, const char *function, const struct module *module, uint64_t offset)
{
    uint32_t nobody = 0;

    if (!atomic_compare_exchange_strong(&site->state, &nobody, 1))
        return false;
    site->offset = offset;
    memcpy(site->function, function, strnlen(function, NAME_MAX_BYTES - 1)); /* the page begins with zeros */
    memcpy(site->module, module->name, strnlen(module->name, MODULE_MAX_BYTES - 1));
    atomic_store(&site->state, 2);
    return true;
}

/* Whoever was killed while writing leaves one unwritten; it is passed by. */
static bool is_written(struct site *site)
{
    for (int i = 0; i < SPINS_MAX && atomic_load(&site->state) == 1; i++)
        ;
    return atomic_load(&site->state) == 2;
}

static struct site *site_of(const char *function, const struct module *module, uint64_t offset)
{
    uint64_t hash = offset * UINT64_C(0x9E3779B97F4A7C15) + (unsigned char)function[0];

    for (unsigned i = 0; i < SITES_MAX; i++) {
        struct site *site = &page->sites[(hash >> 32 ^ (hash + i)) % SITES_MAX];
        if (write_site(site, function, module, offset))
            return site;
        if (is_written(site) && is_place(site, function, module, offset))
            return site;
    }
    atomic_store(&page->overflow, 1);
    return NULL;
}

bool strike_is_on(void)
{
    return page != NULL && atomic_load(&page->on) != 0;
}

bool strike_counts(const void *caller)
{
    return strike_is_on() && module_of(caller) != NULL;
}

static bool is_struck(const struct site *site, const struct module *module, uint32_t call)
{
    uint32_t left;

    if (page->occurrence != 0 && call == page->occurrence &&
        is_place(&page->target, site->function, module, site->offset)) {
        atomic_store(&page->left, page->exhaustion);
        return true;
    }
    if (site->takes_descriptor == 0)
        return false;
    left = atomic_load(&page->left);
    while (left > 0 && !atomic_compare_exchange_weak(&page->left, &left, left - 1))
        ;
    return left > 0;
}

int strike(const char *function, const void *caller, const int *errnos, size_t count)
{
    const struct module *module;
    struct site *site;

    if (!strike_is_on() || (module = module_of(caller)) == NULL)
        return 0;
    site = site_of(function, module, (uintptr_t)caller - module->base);
    if (site == NULL)
        return 0;
    site->errnos = (uint32_t)count;
    site->takes_descriptor = errnos[0] == EMFILE;
    if (!is_struck(site, module, atomic_fetch_add(&site->calls, 1) + 1))
        return 0;
    atomic_fetch_add(&page->struck, 1);
    return errnos[page->choice % count];
}

void strike_end(void)
{
    if (page != NULL)
        atomic_store(&page->on, 0);
}
