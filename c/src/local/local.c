/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The local backend: the machine's commands on a lock that the kernel holds (io/kernel_lock.h). Identity, seat and
 * record are formalities here: each handle is a candidate of its own. Decides nothing of the protocol.
 */
#include "local/state.h"

#include "base/random.h"
#include "io/boot_clock.h"
#include "local/diagnosis.h"
#include "local/facts.h"
#include "local/fencing_token.h"
#include "local/find_holder.h"
#include "local/holder.h"
#include "local/lock_facts.h"
#include "local/messages.h"

#include <errno.h>
#include <inttypes.h>
#include <leaderlife/leaderlife.h>
#include <stdlib.h>
#include <unistd.h>

static struct local *local_of(struct backend *backend)
{
    return (struct local *)backend;
}

/* P11: the clock was read while the lock was held, so a later holder reads it later. */
static void hold(struct local *local, int listener, uint64_t now)
{
    struct lock_view *own = &local->own;

    local_forget_holder(local, false);
    local->listener = listener;
    local->listener_file = file_id_of(listener);
    local->look_at = NEVER;
    local->taken = 0;
    local->noted = 0;
    *own = (struct lock_view){.kind = LOCK_VIEW_OWNED, .owner = local->self};
    local_next_token(local, now, own->version);
    text_format(own->uid, sizeof own->uid, "lock-%s", own->version);
}

static void fail_create(struct local *local, unsigned number, bool for_ever, const char *text)
{
    struct fact *answer = local_answer(local, number, for_ever ? OUTCOME_PERMANENT : OUTCOME_RETRY);

    answer->status = LEADERLIFE_ESYSTEM;
    text_copy(answer->text, sizeof answer->text, text);
}

/* Without a token that is sure to be newer than those before, nobody leads (P11); nor takes the lock to find that
 * out. */
static bool has_clock(struct local *local, unsigned number, uint64_t *ret_now)
{
    char text[TEXT_MESSAGE];
    int error = boot_clock_read(ret_now, text, sizeof text);

    if (error != 0)
        fail_create(local, number, error != EMFILE && error != ENFILE && error != ENOMEM, text);
    return error == 0;
}

static void create_lock(struct local *local, unsigned number)
{
    char text[TEXT_MESSAGE];
    uint64_t now;
    int listener;

    if (!has_clock(local, number, &now))
        return;
    int error = local->listener >= 0 ? EADDRINUSE : kernel_lock_acquire(&local->name, &listener);
    if (error == EADDRINUSE) {
        local_answer(local, number, OUTCOME_EXISTS);
        local_learn_taken(local, clock_now());
    } else if (error != 0) {
        local_describe_error(local, error, text, sizeof text);
        fail_create(local, number, local_is_refusal(error), text);
    } else if (has_clock(local, number, &now)) {
        hold(local, listener, now);
        local_answer(local, number, OUTCOME_OK)->lock = local->own;
    } else {
        close(listener);
    }
}

static bool is_own(const struct local *local, const struct command *command, enum outcome *ret_outcome)
{
    bool same = text_equal(command->uid, local->own.uid) &&
                (command->version[0] == '\0' || text_equal(command->version, local->own.version));

    if (local->listener >= 0 && same)
        return true;
    *ret_outcome = local->listener < 0 ? OUTCOME_NOT_FOUND : OUTCOME_CONFLICT;
    return false;
}

/* P10. */
static void delete_lock(struct local *local, const struct command *command)
{
    enum outcome outcome = OUTCOME_OK;
    int listener = local->listener;
    char text[TEXT_MESSAGE];

    if (!is_own(local, command, &outcome)) {
        local_answer(local, command->number, outcome);
        return;
    }
    local->listener = -1; /* before it is closed: exec_fd may be read at any moment */
    local->own = (struct lock_view){.kind = LOCK_VIEW_NOTHING};
    if (kernel_lock_release(&local->name, listener) == 1) {
        text_format(text, sizeof text,
                    "lock '%s' was given back, but a child that was forked while it was held, and did not exec, keeps "
                    "its descriptor: nobody can lead until that child ends; end it, or let children exec or call "
                    "leaderlife_election_free()",
                    local->lock);
        local_note(local, 0, LEADERLIFE_EBUSY, text);
    }
    local_answer(local, command->number, OUTCOME_OK);
    local->reported = LOCK_VIEW_NOTHING;
    if (local->watching)
        local_look_soon(local);
}

static void put_lock(struct local *local, const struct command *command)
{
    enum outcome outcome = OUTCOME_OK;
    bool mine = is_own(local, command, &outcome);
    struct fact *answer = local_answer(local, command->number, outcome);

    if (!mine)
        return;
    local->own.released = command->nonce[0] == '\0';
    answer->lock = local->own;
}

static void get_pod(struct local *local, unsigned number, const char *uid)
{
    enum pod_sign sign = local_is_alive(local, uid) ? POD_ALIVE : POD_DEAD;
    struct fact *answer = local_answer(local, number, OUTCOME_OK);

    text_copy(answer->pod.uid, sizeof answer->pod.uid, uid);
    answer->pod.sign = sign;
}

static void submit(struct backend *backend, const struct command *command)
{
    struct local *local = local_of(backend);
    unsigned number = command->number;

    switch (command->kind) {
    case COMMAND_IDENTIFY: local_answer(local, number, OUTCOME_OK)->self = local->self; break;
    case COMMAND_GET_OWN_POD: get_pod(local, number, local->self.uid); break;
    case COMMAND_TAKE_SEAT: local_answer(local, number, OUTCOME_OK)->seat = SEAT_MINE; break;
    case COMMAND_RELEASE_SEAT: local_answer(local, number, OUTCOME_OK); break;
    case COMMAND_GET_LOCK: local_ask(local, number); break;
    case COMMAND_CREATE_LOCK: create_lock(local, number); break;
    case COMMAND_PUT_LOCK: put_lock(local, command); break;
    case COMMAND_DELETE_LOCK: delete_lock(local, command); break;
    case COMMAND_GET_POD: get_pod(local, number, command->pod.uid); break;
    case COMMAND_GET_NODE:
    case COMMAND_GET_RECORD:
    case COMMAND_PUT_RECORD:
    case COMMAND_EMPTY_RECORD: local_answer(local, number, OUTCOME_FORBIDDEN)->status = LEADERLIFE_ENOTSUP; break;
    case COMMAND_NONE:
    case COMMAND_KINDS: break;
    }
}

static void want(struct backend *backend, unsigned watches, const struct pod_id *pod)
{
    (void)pod; /* the lock itself tells whether its holder lives */
    local_want(local_of(backend), (watches & WATCH_LOCK) != 0);
}

static bool next_fact(struct backend *backend, struct fact *ret_fact)
{
    struct local *local = local_of(backend);

    local_check_waiter(local);
    if (local->facts.count == 0)
        local_look(local, clock_now());
    return fact_queue_take(&local->facts, ret_fact);
}

static int64_t deadline(const struct backend *backend)
{
    const struct local *local = (const struct local *)backend;

    return local->facts.count > 0 ? 0 : clock_earlier(local->look_at, local->left_at);
}

static const char *detail(const struct backend *backend, const char *name)
{
    return text_equal(name, "scope") ? ((const struct local *)backend)->scope : NULL;
}

static bool lock_is_ours(const struct backend *backend)
{
    const struct local *local = (const struct local *)backend;

    return local->listener < 0 || file_is_at(local->listener, &local->listener_file);
}

static int exec_fd(const struct backend *backend)
{
    return ((const struct local *)backend)->listener;
}

static void end(struct backend *backend, bool forked)
{
    struct local *local = local_of(backend);

    local_forget_holder(local, forked);
    file_close(local->listener, &local->listener_file);
    free(local);
}

static const struct backend_ops ops = {
    .name = "local",
    .late_writes = false, /* the kernel answers before it returns */
    .records = false,
    .guard = LEADERLIFE_GUARD_KERNEL,
    .want = want,
    .submit = submit,
    .next_fact = next_fact,
    .deadline = deadline,
    .detail = detail,
    .lock_is_ours = lock_is_ours,
    .exec_fd = exec_fd,
    .diagnose = local_diagnose,
    .free = end,
};

int local_backend_new(const struct backend_setup *setup, struct backend **ret_backend, char *text, size_t size)
{
    struct local *local = calloc(1, sizeof *local);
    char user[24];

    if (local == NULL) {
        text_format(text, size, "no memory for the local backend");
        return LEADERLIFE_ENOMEM;
    }
    local->base.ops = &ops;
    local->lock = setup->lock;
    local->reactor = setup->reactor;
    local->user = geteuid();
    local->observes = setup->wish == WISH_OBSERVE;
    local->listener = -1;
    local->waiter.fd = local->process.fd = -1;
    local->look_at = local->follow_at = local->left_at = NEVER;
    local_describe_scope(local->user, local->scope, sizeof local->scope);
    local_name_process(getpid(), local->self.name, sizeof local->self.name);
    text_format(local->self.uid, sizeof local->self.uid, "local-%ld-%08x", (long)getpid(), (unsigned)random_number());
    text_format(user, sizeof user, "%lu", (unsigned long)local->user);
    kernel_lock_make_name(&local->name, "leaderlife", user, setup->lock);
    struct fact *fact = fact_queue_add(&local->facts, FACT_NOTE);
    fact->level = LEADERLIFE_LOG_INFO;
    text_format(fact->text, sizeof fact->text, "lock '%s' is that of %s", setup->lock, local->scope);
    *ret_backend = &local->base;
    return LEADERLIFE_OK;
}
