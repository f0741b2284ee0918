# SPDX-License-Identifier: Apache-2.0
"""uWSGI: with and without Python threads, with the application loaded in the master or in each worker."""

import re
import shutil
import signal
import urllib.request

import pytest

from controlplane.fixtures import require
from controlplane.process import wait_for

from .servers import HANG_S, WORKERS, changed_by, kill_leader, long_form, program, python

WORDS = ["--http-socket", "127.0.0.1:PORT", "--wsgi-file", "app.py", "--need-app", "--die-on-term"]
# A worker that is just starting does not hear uWSGI's signals, and is killed after so many seconds.
MASTER = ["--master", "--processes", WORKERS, "--worker-reload-mercy", "8"]


@pytest.fixture
def uwsgi(serve):
    """uwsgi(options, …): that of PyPI, whose threads always run."""
    def start(*options, **more):
        # At a reload it would look for the Python that the venv's is a link to.
        return serve([program("uwsgi"), "--binary-path", python(), *WORDS, *options], "uWSGI", **more)
    return start


@pytest.fixture
def old_uwsgi(serve):
    """Debian's, whose threads run only with --enable-threads."""
    def start(*options, **more):
        found = shutil.which("uwsgi-core")
        if not found:
            require("python_frameworks", "there is no uwsgi-core here: install Debian's uwsgi-plugin-python3")
        return serve([found, "--plugin", "python3", *WORDS, *options], "uWSGI", **more)
    return start


def ask(server):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/", timeout=HANG_S) as answer:
            return answer.read().decode()
    except OSError:
        return None


def told(server):
    """What the application has said, once it serves."""
    wait_for("an answer", lambda: ask(server), HANG_S)
    return [line[4] for line in server.lines.said("^says ")]


# The row of the page: options.
WAYS = {"uWSGI, apps loaded in the master": [], "uWSGI, --lazy-apps": ["--lazy-apps"]}


@pytest.mark.parametrize("way", WAYS)
def test_one_of_the_workers_leads(uwsgi, gap, way):
    server = uwsgi(*MASTER, *WAYS[way])
    gap(way, kill_leader(server))
    changed_by(server, lambda: server.send(signal.SIGHUP))
    wait_for("an answer of the leader", lambda: ask(server) == "leads", HANG_S)
    server.end_in_order()


def test_one_of_the_workers_leads_in_an_older_one(old_uwsgi, gap):
    server = old_uwsgi(*MASTER, "--enable-threads")
    gap("uWSGI, --enable-threads", kill_leader(server))
    server.end_in_order()


@long_form
def test_workers_that_end_after_so_many_requests(uwsgi):
    server = uwsgi("--master", "--processes", "2", "--max-requests", "5", "--min-worker-lifetime", "0",
                   "--worker-reload-mercy", "20")
    led = {server.lines.wait_all(2)[0][0]}

    def three_have_led():
        ask(server)
        led.update(line[1] for line in server.lines.check())
        return len(led) >= 3
    wait_for("three leaders", three_have_led, HANG_S)
    assert all(server.lines.ended_in_order(pid) for pid in led - {server.lines.wait_leader()[0]})


APP = """
import leaderlife
from jobs import tell, work


def try_all():
    campaign = leaderlife.Campaign("my-lock", work)
    for make in (campaign.start, campaign.run, lambda: leaderlife.become("my-lock"),
                 lambda: leaderlife.become("my-lock", on_lost="exit"),
                 lambda: leaderlife.become("my-lock", on_lost=print)):
        try:
            tell("says", more=f"says {make()}")
        except leaderlife.ConfigError as error:
            tell("says", more=f"says {error.name} {error}")


WHERE


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"served"]
"""
POSTFORK = "from uwsgidecorators import postfork\npostfork(try_all)"


@pytest.mark.parametrize("where", ["try_all()", POSTFORK], ids=["module", "postfork"])
@pytest.mark.parametrize("taken", [False, True], ids=["free", "taken"])
def test_without_threads_all_that_needs_one_is_refused(old_uwsgi, leaderlife, lock, where, taken):
    rival = leaderlife.become(lock, backend="local") if taken else None
    try:
        server = old_uwsgi("--master", "--processes", "1", *(["--lazy-apps"] if where == "try_all()" else []),
                           files={"app.py": APP.replace("WHERE", where)})
        said = told(server)
    finally:
        if rival is not None:
            rival.close()
    assert len(said) == 5 and all(re.match("says LEADERLIFE_EVALUE uWSGI runs no Python threads.*--enable-threads.*"
                                           r"process\(\)", text) for text in said), said
    assert not server.lines.of_work()


def test_in_the_master_all_that_needs_a_thread_is_refused(uwsgi):
    said = told(uwsgi(*MASTER, files={"app.py": APP.replace("WHERE", "try_all()")}))
    assert len(said) == 5 and all(re.match("says LEADERLIFE_EVALUE this is uWSGI's master.*@uwsgidecorators.postfork.*"
                                           "--lazy-apps", text) for text in said), said


def test_one_process_without_a_master_leads(uwsgi):
    """It loads the application itself, and does not fork."""
    server = uwsgi("--processes", "1", files={"app.py": APP.replace(
        "WHERE", 'campaign = leaderlife.Campaign("my-lock", work)\ncampaign.start()')})
    server.end_in_order(signal.SIGINT)


def test_without_threads_an_election_is_driven_by_the_program(old_uwsgi):
    """Here by requests."""
    server = old_uwsgi("--master", "--processes", "1", files={"app.py": """
import leaderlife
from uwsgidecorators import postfork


@postfork
def begin():
    global election
    election = leaderlife.Election("my-lock")
    election.start()


def application(environ, start_response):
    election.process()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(election.is_leader).encode()]
"""})
    wait_for("it leads", lambda: ask(server) == "True", HANG_S)


def test_what_was_made_before_the_fork_is_refused(uwsgi):
    """An election without a thread can be made in the master. In the workers it is good for nothing."""
    server = uwsgi(*MASTER, files={"app.py": APP.replace("WHERE", """
early = leaderlife.become("my-lock", on_lost=None)


def use():
    try:
        early.process()
    except leaderlife.ForkError as error:
        tell("says", more=f"says {error.name} {error} {early.is_leader}")


from uwsgidecorators import postfork
postfork(use)
""")})
    wait_for("all workers", lambda: len(told(server)) == WORKERS, HANG_S)
    assert all(re.match("says LEADERLIFE_EFORKED .*@postfork.* False$", text) for text in told(server)), told(server)
