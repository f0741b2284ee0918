/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaderlife: leader for life.
 *
 * Among identical candidates one becomes leader and stays it until its pod (on Kubernetes) or its process (on the
 * embedded lock) is gone. There is no lease time and no renewal, so no clock and no slow API can make a second leader.
 *
 * The embedded lock is one user's in one network namespace: other users, and containers with a network of their own,
 * have a lock of their own, and so a leader of their own. leaderlife_election_detail(e, "scope") and a log event of
 * level INFO say whose it is.
 *
 * The short form, which blocks until this process leads:
 *
 *     leaderlife_election *leader;
 *     if (leaderlife_become("my-operator", &leader) != LEADERLIFE_OK)
 *         errx(1, "%s", leaderlife_election_error_text(leader));
 *
 * The long form, for a program with an event loop of its own: leaderlife_election_new(), _set(), _start(); then,
 * whenever leaderlife_election_fd() is readable or leaderlife_election_timeout_ms() has passed:
 * leaderlife_election_process(), and leaderlife_election_pop_event() until it gives NULL.
 *
 * GENERAL RULES
 *
 * Statuses. Functions that can fail return LEADERLIFE_OK (0) or a negative LEADERLIFE_E... number. The text that goes
 * with the last failure of a handle is leaderlife_election_error_text(); it names the cause and the cure and never
 * holds a secret. Numbers are never given a new meaning.
 *
 * Output parameters come last, are called ret_..., and are left untouched when a function fails; the exceptions are
 * leaderlife_election_new() and leaderlife_become(), which say so.
 *
 * NULL. leaderlife_election_free() and leaderlife_event_free() ignore NULL. Given a NULL handle,
 * leaderlife_election_error_text() gives a static text, other getters give 0 or NULL (and leaderlife_election_fd() and
 * leaderlife_election_timeout_ms() give -1), every other function answers LEADERLIFE_EINVAL.
 *
 * Strings that a handle gives belong to it and are valid until the next call on the same handle that is not a getter
 * (getters: _get, _fd, _timeout_ms and the functions under "State").
 *
 * Threads. A handle may be used by one thread at a time; a call (other than a getter) that finds another thread inside
 * the same handle answers LEADERLIFE_EBUSY and does nothing. Only leaderlife_election_wakeup() may be called from any
 * thread and from signal handlers, while the handle exists. Different handles are independent. Functions without a
 * handle are safe in every thread. The library owns no thread, installs no signal handler, prints nothing and never
 * ends the process.
 *
 * Children. The one process that the library starts is the credential plugin that a kubeconfig's user names (exec),
 * while a credential is needed. It reaps it itself and waits for no other child; a program that reaps all children, or
 * ignores SIGCHLD, may do so.
 *
 * Fork. A handle belongs to the process that made it. In a forked child every function with a handle answers
 * LEADERLIFE_EFORKED (getters as for NULL), except leaderlife_election_free(), which there only closes the child's
 * descriptors and leaves the election of the parent untouched, and leaderlife_election_prepare_exec().
 *
 * Descriptors. Those that the library opens are its own until leaderlife_election_free(); the program must not close
 * them. closefrom(), os.closerange() and libraries that make a daemon do, and the lock is free with its descriptor: let
 * them keep what they did not open, or make the election after that. The next call of _process(), _resign(), _close(),
 * _become(), _start() or _diagnose(), and within a second one that waits, finds it out (five system calls, 3 us): the
 * election has ended then, LOST with LEADERLIFE_ELOST if it led, had claimed the lock or was giving it back, else
 * FAILED with LEADERLIFE_ESYSTEM (one that had ended before says it by a notice); nothing is written or given back any
 * more, and nothing is ever done by numbers that may be another file's: what was the library's is closed, or leaked.
 * (But libcurl has a thread while it resolves the name of an API server, which closes by number what it has opened.)
 * Until such a call is_leader stays as it was, and a loop that only waits for the descriptor is not woken: where a
 * program may close descriptors, call _process() every second or so. (The descriptors of connections alone are made
 * anew.)
 *
 * Unknown values. A newer library may report statuses, states, event kinds and counters that an older program does not
 * know: treat a status by its class, ignore events of unknown kinds.
 */
#ifndef LEADERLIFE_LEADERLIFE_H
#define LEADERLIFE_LEADERLIFE_H

#include <stddef.h>
#include <stdint.h>

#if defined(LEADERLIFE_BUILDING)
#define LEADERLIFE_API __attribute__((visibility("default")))
#else
#define LEADERLIFE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* An election: one candidate's (or observer's) part in the contest for one lock. Made by leaderlife_election_new() or
 * leaderlife_become(), ended by leaderlife_election_free(). */
typedef struct leaderlife_election leaderlife_election;

/* Something that happened, as leaderlife_election_pop_event() hands it out. */
typedef struct leaderlife_event leaderlife_event;

/* Statuses. Each has a name, a text and a class: retriable (the same call may succeed later), fatal (this election
 * cannot go on), misuse (the program called wrongly), or none of them. */
enum {
    LEADERLIFE_OK = 0,
    LEADERLIFE_EINVAL = -1,      /* misuse: an argument is NULL or out of its range */
    LEADERLIFE_ESTATE = -2,      /* misuse: not possible in the handle's present state */
    LEADERLIFE_EBUSY = -3,       /* misuse: another thread is inside; as a notice: a child or another handle has it */
    LEADERLIFE_EFORKED = -4,     /* misuse: the handle belongs to the parent process */
    LEADERLIFE_EOPTION = -5,     /* misuse: no option has this name */
    LEADERLIFE_EVALUE = -6,      /* misuse: the option cannot have this value */
    LEADERLIFE_ENAME = -7,       /* misuse: not a valid lock or namespace name */
    LEADERLIFE_ENOMEM = -8,      /* retriable: no memory */
    LEADERLIFE_ESYSTEM = -9,     /* fatal: the operating system refused something; the text says what */
    LEADERLIFE_ETIMEDOUT = -10,  /* retriable: the time that the caller gave has passed */
    LEADERLIFE_EINTR = -11,      /* retriable: a signal handler ran, or leaderlife_election_wakeup() was called */
    LEADERLIFE_ENOTSUP = -12,    /* fatal: this version cannot do that */
    LEADERLIFE_ECONFIG = -13,    /* fatal: a file or a setting is missing, unreadable or malformed */
    LEADERLIFE_EIDENTITY = -14,  /* fatal: identity missing, contradictory or a static pod's, or the pod is gone */
    LEADERLIFE_EAUTH = -15,      /* retriable: no credentials from a plugin, or the server does not accept them (401) */
    LEADERLIFE_EFORBIDDEN = -16, /* fatal: a right is missing (403); the text names verb and resource */
    LEADERLIFE_ENAMESPACE = -17, /* fatal: the namespace is absent or being deleted */
    LEADERLIFE_EREJECTED = -18,  /* fatal: the server calls the request invalid (400, 422) */
    LEADERLIFE_ENETWORK = -19,   /* retriable: no connection, or it broke */
    LEADERLIFE_ETLS = -20,       /* retriable: the server's certificate or the TLS handshake is not good */
    LEADERLIFE_ESERVER = -21,    /* retriable: the server failed (5xx) or is overloaded (429) */
    LEADERLIFE_EPROTOCOL = -22,  /* retriable: the answer is not one of a Kubernetes API server */
    LEADERLIFE_EQUOTA = -23,     /* retriable: a ResourceQuota forbids the object */
    LEADERLIFE_EBLOCKED =
        -24,               /* retriable: somebody else's object or socket has the lock's name, or a hand was at it */
    LEADERLIFE_ELOST = -25 /* fatal: leadership was lost */
};

/* Public states of an election, in the order in which one can go through them. */
enum {
    LEADERLIFE_STATE_NEW = 0,       /* made, not started */
    LEADERLIFE_STATE_STARTING = 1,  /* finding out who we are and who leads */
    LEADERLIFE_STATE_STANDBY = 2,   /* waiting, or (mode observe) watching */
    LEADERLIFE_STATE_LEADER = 3,    /* this process leads */
    LEADERLIFE_STATE_RESIGNING = 4, /* no longer leading; giving the lock back */
    LEADERLIFE_STATE_RESIGNED = 5,  /* given back after leaderlife_election_resign() */
    LEADERLIFE_STATE_LOST = 6,      /* led, or claimed, and lost it: others may lead already */
    LEADERLIFE_STATE_FAILED = 7,    /* cannot take part; the error text says why */
    LEADERLIFE_STATE_CLOSED = 8     /* given back after leaderlife_election_close() */
};

/* What keeps a second leader out when the lock object is removed under a living leader. */
enum {
    LEADERLIFE_GUARD_NONE = 0,   /* not known yet */
    LEADERLIFE_GUARD_KERNEL = 1, /* the embedded lock: the kernel holds it, nobody can remove it */
    LEADERLIFE_GUARD_MEMORY = 2, /* only the memory of standbys that saw the leader: a candidate that has just started
                                  * may lead beside it. Option guard=memory, or no right to Leases (a notice says so) */
    LEADERLIFE_GUARD_RECORD = 3  /* the holder record beside the lock: everybody waits for the leader's pod to end */
};

/* Kinds of events. */
enum {
    LEADERLIFE_EVENT_STATE = 1,  /* the public state changed: _event_state(); on LEADER also _token() */
    LEADERLIFE_EVENT_HOLDER = 2, /* another holder, or none: _event_holder() */
    LEADERLIFE_EVENT_NOTICE = 3, /* a condition that a person should know: _event_status(), _text() */
    LEADERLIFE_EVENT_LOG = 4,    /* what the library does, by level: _event_level(), _text() */
    LEADERLIFE_EVENT_FINDING = 5 /* what leaderlife_election_diagnose() found: _event_level(), _status(), _text() */
};

/* Levels of log events; an event has the level that it says, or a smaller (graver) one. */
enum {
    LEADERLIFE_LOG_ERROR = 1,
    LEADERLIFE_LOG_WARNING = 2,
    LEADERLIFE_LOG_INFO = 3,
    LEADERLIFE_LOG_DEBUG = 4,
};

/* ---- Life ------------------------------------------------------------------------------------- */

/* Makes an election for the lock of that name: a DNS subdomain (lower-case letters, digits, '-' and '.', each part
 * beginning and ending with a letter or digit) of at most 242 bytes. Nothing is contacted. *ret_election is set on
 * every failure but LEADERLIFE_EINVAL (a NULL argument) and LEADERLIFE_ENOMEM, where it becomes NULL if ret_election
 * itself is not: on LEADERLIFE_ENAME the handle is FAILED, carries the text, and must be freed like any other. */
LEADERLIFE_API int leaderlife_election_new(const char *lock, leaderlife_election **ret_election);

/* Sets an option (see "Options") before the start; the value is copied. LEADERLIFE_EOPTION for an unknown name (the
 * text names the nearest known one), LEADERLIFE_EVALUE for a value that the option cannot have, LEADERLIFE_ESTATE after
 * the start. */
LEADERLIFE_API int leaderlife_election_set(leaderlife_election *election, const char *name, const char *value);

/* The value of an option as it was set, else its default; "" where it has none; NULL for an unknown name. */
LEADERLIFE_API const char *leaderlife_election_get(const leaderlife_election *election, const char *name);

/* Begins to take part. Never blocks; the work is done by leaderlife_election_process(). A handle has one life:
 * LEADERLIFE_ESTATE if it was started before. On LEADERLIFE_ECONFIG, _ENOTSUP and _ESYSTEM the election is FAILED. */
LEADERLIFE_API int leaderlife_election_start(leaderlife_election *election);

/* Does what is due now and never blocks: call it when the descriptor is readable or the timeout has passed; a call too
 * many does no harm. (With a libcurl before 7.87 it can wait for a look-up of a name: docs/requirements.md.)
 * leaderlife_election_is_leader() changes only inside _process(), _resign() and _close(). LEADERLIFE_ESTATE before the
 * start. The result is about the call: how the election fares is told by _state() and the events. */
LEADERLIFE_API int leaderlife_election_process(leaderlife_election *election);

/* Gives up leading or standing by. is_leader is 0 at once; then drive _process() until the state is RESIGNED (at most
 * about 15 s after a write whose answer was lost), so that the next leader need not wait for this pod to end. On
 * Kubernetes the holder record is emptied and the lock deleted; after that the handle goes on watching both while it is
 * driven, and takes away what a late write of its own brings back. While the API server cannot be reached it does not
 * get there: set a limit of your own, and free the handle; the lock is then free when the pod ends. A handle that is
 * told to resign before it has come to standing by has nothing to give back, even if an earlier one of the pod had. In
 * a pod with several containers: see _close(). Pop events meanwhile, or the descriptor stays readable. A second call
 * does nothing. LEADERLIFE_ESTATE before the start; LEADERLIFE_OK and no effect in every ended state. */
LEADERLIFE_API int leaderlife_election_resign(leaderlife_election *election);

/* As _resign(), with CLOSED at the end; with nothing held (or before the start) it is CLOSED at once, or when the
 * request under way has ended. In an ended state it becomes CLOSED at once and stops watching. Never blocks, may be
 * repeated, and the handle stays valid until it is freed. In a pod with several containers whoever gives back at
 * SIGTERM must be the one that does the work, after having stopped it: all containers get that signal at once, and the
 * next leader does not wait for the others. Where another container works, let the process end without _resign() and
 * _close() (_free() sends nothing): the lock is then free when the pod has ended. */
LEADERLIFE_API int leaderlife_election_close(leaderlife_election *election);

/* Frees the handle and its events that were not popped. Sends nothing: a lock that is held on Kubernetes stays until
 * the pod ends or a later handle of the same pod takes it up again; an embedded lock is free at once (unless a forked
 * child still has its descriptor). In a forked child: see "Fork". */
LEADERLIFE_API void leaderlife_election_free(leaderlife_election *election);

/* new, start, and wait without limit until this process leads. Sets *ret_election as leaderlife_election_new() does,
 * also on failure. LEADERLIFE_EINTR (as of leaderlife_election_become()) leaves the campaign running:
 * leaderlife_election_become() goes on with it. */
LEADERLIFE_API int leaderlife_become(const char *lock, leaderlife_election **ret_election);

/* The same for a handle that was made and perhaps configured: starts it if it is new, then drives it until it leads
 * (LEADERLIFE_OK), it has ended (the status of its end, and the text; LEADERLIFE_ESTATE if it has resigned, does so, or
 * is closed), leaderlife_election_wakeup() is or was called or a signal handler ran (LEADERLIFE_EINTR), or timeout_ms
 * have passed (LEADERLIFE_ETIMEDOUT; negative: no limit); in this order. After _ETIMEDOUT and _EINTR the campaign is
 * still running. Events are left in the queue. LEADERLIFE_ESTATE in mode observe. */
LEADERLIFE_API int leaderlife_election_become(leaderlife_election *election, int timeout_ms);

/* What an election for this lock would meet, started here and now with these options: settings, credentials, server,
 * identity, rights, lock, record, the leader's pod and its standbys; in mode observe what an observer needs. On a
 * handle that is NEW (LEADERLIFE_ESTATE otherwise), which stays NEW and can be started afterwards. Each finding is an
 * event LEADERLIFE_EVENT_FINDING. Its level: ERROR: no election can succeed; WARNING: one can, with less, or something
 * will go wrong later; INFO: good. Its text: what it is about, the cause, and the cure; never a secret. LEADERLIFE_OK
 * without an ERROR, else the status of the first one. Blocks, for timeout_ms in all (then the last finding is an ERROR
 * LEADERLIFE_ETIMEDOUT; negative: for as long as the requests' own limits allow, about 15 s each), or until a signal
 * handler runs or leaderlife_election_wakeup() is called (LEADERLIFE_EINTR). Sends the API server reads, access reviews
 * and dry runs; writes nothing that stays, takes neither lock nor seat. */
LEADERLIFE_API int leaderlife_election_diagnose(leaderlife_election *election, int timeout_ms);

/* For a program that will replace itself by exec and keep leading (no function can be called afterwards: nothing
 * watches the leadership any more, the lock stays). Only for a new program that keeps descriptors that it does not know
 * (ssh, sudo and whatever calls closefrom() do not): else the kernel lock, on Kubernetes the pod's seat, is free while
 * it runs, and another process leads beside it. Only a leader: LEADERLIFE_ESTATE otherwise. In the process that made
 * the handle it ends or finishes requests (may block, at most 15 s) and lets the descriptor of the kernel lock (whose
 * number is far above those of scripts, 731 or the next) survive exec; after it only _free() is allowed, and only if
 * exec failed. In a forked child it clears close-on-exec on that descriptor, is async-signal-safe, and leaves the
 * parent's handle untouched. */
LEADERLIFE_API int leaderlife_election_prepare_exec(leaderlife_election *election);

/* ---- Loop ------------------------------------------------------------------------------------- */

/* The one descriptor to poll for reading, the same from _new() to _free(); the program must not read, write or close
 * it. It is readable before the first _process() and as long as events are queued. -1 once the program has closed it,
 * see "Descriptors": then do not poll the old number any more. */
LEADERLIFE_API int leaderlife_election_fd(const leaderlife_election *election);

/* Milliseconds until _process() should be called even if the descriptor is not readable: 0 while events are queued, and
 * when the program has closed descriptors and _process() has not told so yet; -1 for no limit. The descriptor becomes
 * readable by itself at that time: a loop that only polls it needs no timer. */
LEADERLIFE_API int leaderlife_election_timeout_ms(const leaderlife_election *election);

/* Waits until _process() has something to do or events are queued: LEADERLIFE_OK; LEADERLIFE_ETIMEDOUT after timeout_ms
 * (negative: no limit); LEADERLIFE_EINTR when a signal handler ran, whatever SA_RESTART says, and when
 * leaderlife_election_wakeup() is or was called, which goes first; LEADERLIFE_ESTATE on a handle that has no
 * descriptor, because its making failed or the program has closed it, and that has been told. Returns at once while
 * events are queued: pop them. */
LEADERLIFE_API int leaderlife_election_wait(leaderlife_election *election, int timeout_ms);

/* Ends a _wait(), _become() or _diagnose() in another thread with LEADERLIFE_EINTR, or the next one if none waits: it
 * counts until one of these has returned LEADERLIFE_EINTR, and several count as one. Also makes the descriptor
 * readable, until the next _process() or such a return; _process() does not use up what ends a wait. From any thread,
 * and from a signal handler; errno is kept.
 *
 * A signal handler that only sets a mark may run just before a wait, which then goes on for its whole time. One that is
 * sure to end it sets its mark and calls this; the handle must have been made before the handler is set up:
 *
 *     static void on_signal(int number) { told_to_end = 1; leaderlife_election_wakeup(election); }
 *     ...
 *     while (!told_to_end && leaderlife_election_become(election, -1) == LEADERLIFE_EINTR)
 *         ;
 */
LEADERLIFE_API int leaderlife_election_wakeup(leaderlife_election *election);

/* ---- State ------------------------------------------------------------------------------------ */

/* LEADERLIFE_STATE_... */
LEADERLIFE_API int leaderlife_election_state(const leaderlife_election *election);

/* 1 while this process may act as the leader, else 0. */
LEADERLIFE_API int leaderlife_election_is_leader(const leaderlife_election *election);

/* 1 while this process leads or is able to take over: what a readiness probe should say. Tying readiness to leading
 * deadlocks rolling updates. A standby is not able to while its pod is terminating, or while somebody else's object has
 * the name of the lock or of the record. */
LEADERLIFE_API int leaderlife_election_is_ready(const leaderlife_election *election);

/* Who leads, as far as is known: a pod name, or on the embedded lock "pid N (command)" (of a hidden process "a process
 * of user N (name)"; of one that has ended "pid N (gone; a child of it still holds the lock)"); NULL if nobody is known
 * to. A pod that only a record, or a lock without its owner, names is told once it has been looked for. */
LEADERLIFE_API const char *leaderlife_election_holder(const leaderlife_election *election);

/* The fencing token of this process's term: a decimal string, constant within a term (also while lock or record are put
 * back) and greater in each later term of the same lock and guard (embedded lock: within one boot of this machine;
 * Kubernetes at LEADERLIFE_GUARD_MEMORY: a term that a restarted process resumes without the right to update the lock
 * keeps the token of the term before). NULL unless leading; in mode observe that of the leader, as the holder record
 * tells it, NULL where there is none. Compare with leaderlife_token_compare(); the resource that refuses older tokens
 * must do so in the transaction of the write (c/examples/fenced.c). */
LEADERLIFE_API const char *leaderlife_election_token(const leaderlife_election *election);

/* The number of this term as the holder record counts it, from 1 on; 0 where there is no record or no term. In mode
 * observe that of the leader. */
LEADERLIFE_API int64_t leaderlife_election_term(const leaderlife_election *election);

/* LEADERLIFE_GUARD_...: what guards the present term, this process's or, for a standby or observer, that of the leader
 * it sees; with no leader, what would guard its own. In the middle of a term that began with a record it is MEMORY only
 * while the right to Leases is taken away (for more than 10 s). */
LEADERLIFE_API int leaderlife_election_guard(const leaderlife_election *election);

/* "local" or "kubernetes"; NULL before the start. */
LEADERLIFE_API const char *leaderlife_election_backend(const leaderlife_election *election);

/* What the last failure of a call or of the election was, with its cure; "" if there was none. */
LEADERLIFE_API const char *leaderlife_election_error_text(const leaderlife_election *election);

/* What else is known, by name; NULL for an unknown name and for what is not known now. For people: it decides nothing.
 *   "namespace"       of the lock
 *   "server"          the URL of the API server, without credentials
 *   "holder-uid"      of the pod that leads; on the embedded lock a word of this handle for this holder's term
 *   "holder-phase"    of that pod as it was seen last: "Pending", "Running", "Succeeded", "Failed", "Unknown";
 *                     "Terminating" once it is being deleted
 *   "holder-node"     where that pod runs
 *   "since"           when the term began, by the leader's clock: RFC 3339, from the holder record
 *   "scope"           whose embedded lock it is: the user and the network namespace, beside which others have their own
 *   "settled"         "true" when all that there is to see of the present holder (or that there is none) has been seen,
 *                     else "false"
 *   "pod-containers"  how many containers the pod of this process has, init and ephemeral ones aside (native sidecars
 *                     are init containers); known to every leader on Kubernetes. More than one: see _close()
 * On the embedded lock only "scope", "holder-uid" and "settled" are known. It costs no request: what is told is what
 * the election watches anyway. */
LEADERLIFE_API const char *leaderlife_election_detail(const leaderlife_election *election, const char *name);

/* A counter since the start, -1 for an unknown name: "wakeups" (calls of _process that found work), "requests" (to the
 * API server, watches included), "watches", "writes", "failures" (requests without a usable answer), "failed-watches"
 * and "failed-writes" (those of the failures that were watches, and writes), "events-dropped" (events other than of
 * state that a full queue did not take). */
LEADERLIFE_API int64_t leaderlife_election_counter(const leaderlife_election *election, const char *name);

/* ---- Events ----------------------------------------------------------------------------------- */

/* The oldest queued event, now the caller's: free it with leaderlife_event_free(). NULL when there is none. State
 * events are never lost; of all others 256 are kept until they are popped. An event outlives its election. */
LEADERLIFE_API leaderlife_event *leaderlife_election_pop_event(leaderlife_election *election);

/* LEADERLIFE_EVENT_...; ignore kinds that you do not know. */
LEADERLIFE_API int leaderlife_event_kind(const leaderlife_event *event);
/* The public state when the event happened. */
LEADERLIFE_API int leaderlife_event_state(const leaderlife_event *event);
/* What a notice or an end is about: LEADERLIFE_OK or LEADERLIFE_E... */
LEADERLIFE_API int leaderlife_event_status(const leaderlife_event *event);
/* Text for people, in English; "" if there is none. Valid until the event is freed, as all its strings. */
LEADERLIFE_API const char *leaderlife_event_text(const leaderlife_event *event);
/* LEADERLIFE_LOG_... */
LEADERLIFE_API int leaderlife_event_level(const leaderlife_event *event);
/* The holder when the event happened; NULL if nobody was known to lead. */
LEADERLIFE_API const char *leaderlife_event_holder(const leaderlife_event *event);
/* This process's token when the event happened; NULL unless it led. */
LEADERLIFE_API const char *leaderlife_event_token(const leaderlife_event *event);

LEADERLIFE_API void leaderlife_event_free(leaderlife_event *event);

/* ---- Options ---------------------------------------------------------------------------------- */

/* The options that leaderlife_election_set() knows, numbered from 0; NULL beyond the last. _type gives "string",
 * "path", "bool" (true or false), or the possible words joined by '|'; _default gives "" where there is none. */
LEADERLIFE_API size_t leaderlife_option_count(void);
LEADERLIFE_API const char *leaderlife_option_name(size_t index);
LEADERLIFE_API const char *leaderlife_option_type(size_t index);
LEADERLIFE_API const char *leaderlife_option_default(size_t index);
LEADERLIFE_API const char *leaderlife_option_help(size_t index);

/* ---- Without a handle ------------------------------------------------------------------------- */

/* A short English text for a status; for an unknown number too. */
LEADERLIFE_API const char *leaderlife_strerror(int status);
/* "LEADERLIFE_EINVAL" and so on; NULL for an unknown number. */
LEADERLIFE_API const char *leaderlife_status_name(int status);
/* 1 if the same call may succeed later. */
LEADERLIFE_API int leaderlife_status_is_retriable(int status);
/* 1 if the election that gave it cannot go on. */
LEADERLIFE_API int leaderlife_status_is_fatal(int status);

/* "standby" and so on; NULL for an unknown number. */
LEADERLIFE_API const char *leaderlife_state_name(int state);

/* The version of the library that runs, as text "1.2.3" and as a number 10203. */
LEADERLIFE_API const char *leaderlife_version(void);
LEADERLIFE_API int leaderlife_version_number(void);

/* Less than 0, 0, or more: a is older than, the same as, newer than b. NULL and "" are older than every token. A
 * resource that stores the greatest token it has seen can refuse a leader of the past. */
LEADERLIFE_API int leaderlife_token_compare(const char *a, const char *b);

#ifdef __cplusplus
}
#endif

#endif
