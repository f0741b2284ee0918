# SPDX-License-Identifier: Apache-2.0
"""The programs in C of README and docs are compiled with what pkg-config says of an installed library, and lead."""

import os
import shlex
import signal
import subprocess

import pytest

from .pages import ROOT, to_run

BUILD = ROOT / "build" if "LEADERLIFE_BUILD" not in os.environ else ROOT / os.environ["LEADERLIFE_BUILD"]
PROGRAMS = {block.place: block.code for block in to_run("c", "tests/readme/test_programs.py")}
WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
HANG_S = 60


def run(*words, **environment):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True,
                          timeout=10 * HANG_S, env={**os.environ, **environment}).stdout


@pytest.fixture(scope="module")
def libdir(tmp_path_factory):
    prefix = tmp_path_factory.mktemp("usr")
    run("cmake", "--install", BUILD / "release", "--prefix", prefix)
    library, = prefix.rglob("libleaderlife.so")
    return library.parent


def compiled(code, libdir, folder):
    (folder / "program.c").write_text(code, encoding="utf-8")
    flags = run("pkg-config", "--cflags", "--libs", "leaderlife", PKG_CONFIG_PATH=str(libdir / "pkgconfig"))
    run("cc", *WARNINGS, folder / "program.c", *shlex.split(flags), "-o", folder / "program")
    return folder / "program"


def test_there_are_programs():
    """Or the tests here have lost their object."""
    assert len(PROGRAMS) >= 2


@pytest.mark.parametrize("place", PROGRAMS)
def test_a_program_leads(place, libdir, tmp_path):
    """With a lock of its own: somebody else may be using the page's."""
    program = compiled(PROGRAMS[place].replace("my-operator", f"readme-{os.getpid()}"), libdir, tmp_path)
    child = subprocess.Popen([program], stdout=subprocess.PIPE, text=True,
                             env={"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": str(libdir)})
    try:
        output, _ = child.communicate(timeout=HANG_S)
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGKILL)
        output, _ = child.communicate()
        pytest.fail(f"still running after {HANG_S} s; it said: {output}")
    assert child.returncode == 0
    assert "lead" in output


def test_a_program_that_is_wrong_is_noticed(libdir, tmp_path):
    with pytest.raises(subprocess.CalledProcessError):
        compiled("#include <leaderlife/leaderlife.h>\nint main(void) { return leaderlife_absent(); }\n", libdir,
                 tmp_path)
