# SPDX-License-Identifier: Apache-2.0
"""Other versions of Python than the system's, with the module linked for each:
an isolated sub-interpreter (3.12 and later) is told clearly, and crashes nothing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from controlplane.fixtures import require

from .script import Script

BUILD = Path(os.environ.get("LEADERLIFE_BUILD", Path(__file__).resolve().parents[2] / "build")) / "python"
LIBRARIES = ("libcurl", "jansson", "yaml-0.1")

_ASK = ("import sys, sysconfig; print(sys.executable, sysconfig.get_path('include'), "
        "sysconfig.get_config_var('EXT_SUFFIX'))")


def _commands(name):
    """On PATH, or kept by pyenv, which shows only those that are switched on."""
    yield name
    if shutil.which("pyenv"):
        root = subprocess.run(["pyenv", "root"], capture_output=True, text=True).stdout.strip()
        yield from map(str, Path(root, "versions").glob(f"*/bin/{name}"))


def _interpreter(name):
    """(path, folder of headers, suffix of modules), or None."""
    for command in filter(shutil.which, _commands(name)):
        asked = subprocess.run([command, "-c", _ASK], capture_output=True, text=True)
        if asked.returncode == 0:
            path, headers, suffix = asked.stdout.split()
            if os.path.exists(os.path.join(headers, "Python.h")):
                return path, headers, suffix
    return None


def _build(folder, headers, suffix):
    """The package in that folder, of the same sources and core as the system's."""
    package = folder / "leaderlife"
    shutil.copytree(BUILD / "python" / "leaderlife", package, ignore=shutil.ignore_patterns("*.so"))
    flags = subprocess.run(["pkg-config", "--libs", *LIBRARIES], check=True, capture_output=True, text=True).stdout
    include = Path(__file__).resolve().parents[2] / "c" / "include"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", package / ("capi" + suffix), BUILD / "capi_wrap.c", f"-I{headers}",
                    f"-I{include}", BUILD / "libleaderlife_static.a", *flags.split()], check=True)


@pytest.fixture(scope="module", params=["python3.12", "python3.13"])
def newer(request, leaderlife, tmp_path_factory):  # noqa: ARG001  the package must be there
    """(interpreter, PYTHONPATH) of a newer Python."""
    found = _interpreter(request.param)
    if found is None:
        require("python", f"no {request.param} with its headers is on PATH")
    path, headers, suffix = found
    folder = tmp_path_factory.mktemp(request.param)
    _build(folder, headers, suffix)
    return path, str(folder)


@pytest.fixture
def newer_script(newer, tmp_path, lock):
    made = Script(tmp_path, lock, python=newer[0])
    yield made
    made.abandon()


def test_an_isolated_interpreter_is_told(newer, newer_script):
    out = newer_script.run("""
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

leader = local().become(HANG)
identity = interpreters.create()
code = '''
try:
    import leaderlife
    print("imported")
except ImportError as error:
    print(error)
'''
for _ in range(2):
    interpreters.run_string(identity, code)
interpreters.destroy(identity)
assert leader.is_leader
leader.close()
""", environment={"PYTHONPATH": newer[1]})
    line = ("leaderlife cannot be used in an isolated sub-interpreter: import it in the main interpreter, or in a "
            "process of its own\n")
    assert out == line * 2


def test_it_elects_and_ends_there(newer, newer_script):
    newer_script.run("""
import warnings

warnings.simplefilter("ignore", ResourceWarning)  # of the leader that is dropped
leader, other = local(log_level="debug").become(HANG), local()
other.start()
until(other, "standby")
leader.me = leader
del leader
gc.collect()
alive = other.become(HANG)
""", environment={"PYTHONPATH": newer[1]})


@pytest.mark.parametrize("handler", ["default_int_handler", "SIG_IGN"])
def test_what_become_does_at_a_loss_in_one_that_shares_the_gil(script, handler):
    """It gets no signals, so the process ends. (mod_wsgi and uWSGI have such interpreters.)"""
    script.run(f"signal.signal(signal.SIGINT, signal.{handler})" + """
try:
    import _interpreters as interpreters
    identity = interpreters.create("legacy")
except ImportError:
    import _xxsubinterpreters as interpreters
    identity = interpreters.create(isolated=False)
interpreters.run_string(identity, f'''
import leaderlife, os, time
leader = leaderlife.become("{LOCK}", backend="local", logger=False)
os.close(leader.fileno())
time.sleep({HANG})
''')
""", status=70, says="leaderlife: leadership of ")
