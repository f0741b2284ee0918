/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A database that refuses the leaders of the past. A leader can be frozen in its work and go on when another one leads.
 * Asking before the write is not enough, for it can be frozen after the answer: only the database itself can refuse.
 *
 *     fenced LOCK DATABASE     ends with 1: no longer leader, 2: wrong use or a database that fails, 3: refused
 *     cc fenced.c $(pkg-config --cflags --libs leaderlife sqlite3) -o fenced
 */
#include <err.h>
#include <leaderlife/leaderlife.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

/* A token may be too long for SQL's integers, and as text "99" is greater than "100": so the longer one is the greater
 * one, then bytes decide. A trigger, for it is one transaction with its INSERT, and no program can forget to ask it. */
static const char schema[] =
    "CREATE TABLE IF NOT EXISTS fence (lock TEXT PRIMARY KEY NOT NULL, token TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS work (number INTEGER PRIMARY KEY, lock TEXT NOT NULL, token TEXT NOT NULL);"
    "CREATE TRIGGER IF NOT EXISTS refuse_older BEFORE INSERT ON work BEGIN SELECT RAISE(ABORT, 'older token')"
    "  FROM fence WHERE lock = new.lock AND (length(token), token) > (length(new.token), new.token);"
    "  INSERT INTO fence VALUES (new.lock, new.token) ON CONFLICT (lock) DO UPDATE SET token = new.token; END";
static sqlite3 *database;

static int check(int answer)
{
    if (answer != SQLITE_OK && answer != SQLITE_CONSTRAINT) /* which is the trigger's refusal */
        errx(2, "database: %s; name an unlocked SQLite file in a folder you may write to", sqlite3_errmsg(database));
    return answer;
}

static int run(const char *sql, const char *lock, const char *token)
{
    sqlite3_stmt *statement;

    check(sqlite3_prepare_v2(database, sql, -1, &statement, NULL) || sqlite3_bind_text(statement, 1, lock, -1, NULL) ||
          sqlite3_bind_text(statement, 2, token, -1, NULL));
    if (sqlite3_step(statement) == SQLITE_ROW) /* only the question after a refusal gives one */
        printf("%d: refused: token %s is older than %s\n", (int)getpid(), token, sqlite3_column_text(statement, 0));
    return check(sqlite3_finalize(statement)); /* tells again how the step has failed */
}

int main(int argc, char **argv)
{
    leaderlife_election *election;
    sigset_t ending;
    int status = 1;

    if (argc != 3)
        errx(2, "wrong number of arguments; usage: fenced LOCK DATABASE");
    setvbuf(stdout, NULL, _IOLBF, 0);
    check(sqlite3_open(argv[2], &database) || sqlite3_busy_timeout(database, 10000) ||
          sqlite3_exec(database, schema, NULL, NULL, NULL));
    printf("%d: waiting\n", (int)getpid());
    int left = leaderlife_become(argv[1], &election) == LEADERLIFE_OK ? 150 : 0; /* steps of 100 ms after the close */
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigprocmask(SIG_BLOCK, &ending, NULL);
    for (const char *token; left && leaderlife_election_state(election) < LEADERLIFE_STATE_RESIGNED; left -= !status) {
        if ((token = leaderlife_election_token(election)) != NULL) { /* work: half a second, which SIGTERM ends */
            printf("%d: working\n", (int)getpid());
            if (sigtimedwait(&ending, NULL, &(struct timespec){.tv_nsec = 500000000}) == SIGTERM)
                status = leaderlife_election_close(election);
            else if (run("INSERT INTO work (lock, token) VALUES (?1, ?2)", argv[1], token) == SQLITE_OK)
                printf("%d: wrote %lld with token %s\n", (int)getpid(), sqlite3_last_insert_rowid(database), token);
            else if (run("SELECT token FROM fence WHERE lock = ?1 AND token <> ?2", argv[1], token) == SQLITE_OK)
                status = 3, left = 0;
        }
        leaderlife_election_wait(election, token != NULL ? 0 : 100);
        leaderlife_election_process(election);
        for (leaderlife_event *event; (event = leaderlife_election_pop_event(election)) != NULL;)
            leaderlife_event_free(event);
    }
    if (status == 1)
        fprintf(stderr, "%d: %s\n", (int)getpid(), leaderlife_election_error_text(election));
    leaderlife_election_free(election);
    return status;
}
