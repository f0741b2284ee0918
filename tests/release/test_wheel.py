# SPDX-License-Identifier: Apache-2.0
"""The wheel where there is a Python and nothing else: no libcurl, no jansson, no certificates. And beside others who
bring the same libraries."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from controlplane.pods import running

from . import artefacts
from .artefacts import VERSION
from .roots import HANG_S, opened

PYTHON = "/usr/bin/python3"
STANDBY = Path(__file__).with_name("standby.py")


def test_the_root_has_nothing_of_what_leaderlife_stands_on(bare):
    """Else the other tests would show little."""
    for name in ("libcurl*", "libjansson*", "libyaml*", "libmicrohttpd*", "libnghttp2*"):
        assert not list(bare.path.glob(f"usr/lib/**/{name}")), name
    assert not (bare.path / "etc/ssl").exists()


def test_it_imports_and_tells_its_version(bare):
    words = [PYTHON, "-c", "import leaderlife; print(leaderlife.__version__, leaderlife.version())"]
    done = bare.run(*words)
    assert done.stdout == f"{VERSION} {VERSION}\n", done


@pytest.mark.parametrize("words", [["/usr/local/bin/leaderlife"], [PYTHON, "-m", "leaderlife"]],
                         ids=["on PATH", "python -m"])
def test_the_command_is_there(bare, words):
    done = bare.run(*words, "--version", environment={"PATH": "/usr/local/bin:/usr/bin:/bin"})
    assert done.stdout == f"leaderlife {VERSION}\n", done


def test_python_m_finds_the_command_that_pip_has_put_elsewhere(bare):
    """/usr/local/bin is not on PATH, and not beside /usr/bin/python3."""
    done = bare.run(PYTHON, "-m", "leaderlife", "--version", environment={"PATH": "/nowhere"})
    assert done.stdout == f"leaderlife {VERSION}\n", done


def test_two_elect_over_tls_and_hand_over(bare, namespace, starter):
    bare.carry(STANDBY)
    (_, of_a), (_, of_b) = (bare.play(namespace, name) for name in ("a", "b"))
    first = starter.start_words(bare.words([PYTHON, STANDBY]), of_a)
    first.wait_said("leads as a with " + VERSION)
    second = starter.start_words(bare.words([PYTHON, STANDBY]), of_b)
    second.wait_said("waits")
    assert namespace.lock_object()["metadata"]["ownerReferences"][0]["name"] == "a"
    first.send(signal.SIGTERM)
    assert first.wait() == 0, first.stderr()
    assert first.stdout().endswith("gave it back\n")
    second.wait_said("leads as b")


def test_the_command_of_the_wheel_elects(bare, namespace):
    _, environment = bare.play(namespace, "a")
    done = bare.run("/usr/local/bin/leaderlife", "run", "lock", "--", "/bin/sh", "-c", "echo $LEADERLIFE_HOLDER leads",
                    environment=environment)
    assert done.stdout == "a leads\n", done


def test_it_reads_no_file_but_those_configured(bare, namespace, tmp_path):
    """Python's own files apart: neither a configuration of OpenSSL's nor certificates that nobody has named."""
    _, environment = bare.play(namespace, "a")
    trace = tmp_path / "trace"
    program = ("import leaderlife\nwith leaderlife.become('lock', timeout=60, pod_network='any') as leader: "
               "print(leader.holder)")
    words = ["strace", "-f", "-qq", "-e", "trace=open,openat,openat2", "-o", trace,
             *bare.words([PYTHON, "-c", program])]
    done = subprocess.run([str(word) for word in words], env=environment, capture_output=True, text=True, check=False,
                          timeout=HANG_S)
    assert done.stdout == "a\n", done
    found = opened(trace)
    folder = environment["KUBECONFIG"].rpartition("/")[0]
    assert f"{folder}/ca.crt" in found, "the trace shows nothing"
    foreign = {path for path in found if not path.startswith(folder) and path.endswith((".pem", ".crt", ".cnf"))
               or "/ssl" in path and not path.endswith((".so", ".py", ".pyc")) or "libcurl" in path
               or "jansson" in path}
    assert not foreign


# ---- Beside others ----

@pytest.fixture(scope="session")
def unpacked(tmp_path_factory):
    """The wheel as a folder for PYTHONPATH."""
    return artefacts.unpack_wheel("x86_64", "gnu", tmp_path_factory.mktemp("wheel"))


@pytest.mark.parametrize("others", ["requests", "pycurl", "requests,pycurl", "kubernetes"])
def test_beside_other_copies_of_libcurl_and_openssl(unpacked, namespace, starter, others):
    """Each is loaded first, so that its symbols would win if ours were bound by name."""
    pod = namespace.pod("a")
    pod.set_status(phase="Running", containerStatuses=[running()])
    environment = {**pod.candidate().environment(), "PYTHONPATH": str(unpacked), "SERVER": namespace.cluster.url,
                   "CA_FILE": namespace.cluster.ca_file}
    started = starter.start_words([sys.executable, str(STANDBY), others], environment)
    started.wait_said("leads as a")
    for other in set(others.split(",")) - {"kubernetes"}:
        assert f"{other} 200" in started.stdout(), started.stdout()
    started.send(signal.SIGTERM)
    assert started.wait() == 0, started.stderr()
