# SPDX-License-Identifier: Apache-2.0
"""What `cmake --install` leaves is enough for other people's builds: found by CMake and by pkg-config, in any place,
even when that place is moved afterwards."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("LEADERLIFE_BUILD", ROOT / "build")) / "release"
CONSUMER = Path(__file__).parent / "consumer"
WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
HANG_S = 60

VERSION = re.search(r"VERSION (\d+\.\d+\.\d+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")).group(1)
MAJOR, MINOR, PATCH = map(int, VERSION.split("."))


def run(*command, environment=None, **more):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=10 * HANG_S,
                          env={**os.environ, **(environment or {})}, **more)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    assert BUILD.exists(), f"{BUILD} is missing: run script/build"
    first = tmp_path_factory.mktemp("first") / "usr"
    run("cmake", "--install", BUILD, "--prefix", first)
    moved = tmp_path_factory.mktemp("moved") / "opt"
    shutil.move(first, moved)
    return moved


@pytest.fixture(scope="module")
def libdir(prefix):
    found = list(prefix.rglob("libleaderlife.so"))
    assert len(found) == 1
    return found[0].parent


def pkg_config(libdir, *options):
    return shlex.split(run("pkg-config", *options, "leaderlife",
                           environment={"PKG_CONFIG_PATH": str(libdir / "pkgconfig")}))


def cmake_consumer(prefix, folder, wanted):
    return subprocess.run(["cmake", "-S", str(CONSUMER), "-B", str(folder), f"-DCMAKE_PREFIX_PATH={prefix}",
                           f"-DWANTED={wanted}"], capture_output=True, text=True)


def test_what_is_installed(prefix, libdir):
    lib = libdir.relative_to(prefix)
    found = {str(path.relative_to(prefix)) for path in prefix.rglob("*") if not path.is_dir()}
    targets = {name for name in found if re.fullmatch(rf"{lib}/cmake/leaderlife/leaderlife-targets-\w+\.cmake", name)}
    assert len(targets) == 1
    assert found - targets == {
        "include/leaderlife/leaderlife.h",
        f"{lib}/libleaderlife.so", f"{lib}/libleaderlife.so.0", f"{lib}/libleaderlife.so.{VERSION}",
        f"{lib}/cmake/leaderlife/leaderlife-config.cmake",
        f"{lib}/cmake/leaderlife/leaderlife-config-version.cmake",
        f"{lib}/cmake/leaderlife/leaderlife-targets.cmake",
        f"{lib}/pkgconfig/leaderlife.pc",
        "share/doc/leaderlife/LICENSE", "share/doc/leaderlife/README.md",
        "bin/leaderlife", "share/man/man1/leaderlife.1", "share/man/man3/leaderlife.3",
        "share/bash-completion/completions/leaderlife",
        "share/zsh/site-functions/_leaderlife",
    }


def test_nothing_installed_names_the_machine_that_built_it(prefix):
    for path in prefix.rglob("*"):
        if path.is_file():
            assert str(ROOT).encode() not in path.read_bytes(), path


def test_the_command_finds_its_library_where_it_was_moved(prefix):
    assert run(prefix / "bin" / "leaderlife", "--version") == f"leaderlife {VERSION}\n"


def test_cmake_finds_it(prefix, tmp_path):
    configured = cmake_consumer(prefix, tmp_path, f"{MAJOR}.{MINOR}")
    assert configured.returncode == 0, configured.stderr
    run("cmake", "--build", tmp_path)
    assert run(tmp_path / "consumer") == f"{VERSION} {MAJOR * 10000 + MINOR * 100 + PATCH}\n"


def test_cmake_refuses_another_minor_version(prefix, tmp_path):
    configured = cmake_consumer(prefix, tmp_path, f"{MAJOR}.{MINOR + 1}")
    assert configured.returncode != 0
    assert "leaderlife" in configured.stderr


def test_pkg_config_finds_it(libdir, tmp_path):
    flags = pkg_config(libdir, "--cflags", "--libs")
    run("cc", *WARNINGS, CONSUMER / "main.c", *flags, "-o", tmp_path / "consumer")
    assert run(tmp_path / "consumer", environment={"LD_LIBRARY_PATH": str(libdir)}).startswith(VERSION + " ")


def test_pkg_config_knows_the_version_and_asks_users_for_no_other_library(libdir):
    assert pkg_config(libdir, "--modversion") == [VERSION]
    assert [flag for flag in pkg_config(libdir, "--libs") if flag.startswith("-l")] == ["-lleaderlife"]


def test_it_can_be_part_of_another_project(tmp_path):
    """add_subdirectory: the library alone, no tests, no examples."""
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.18)\nproject(outer LANGUAGES C)\n"
        f'add_subdirectory("{ROOT}" inner)\n'
        f'add_executable(consumer "{CONSUMER}/main.c")\ntarget_link_libraries(consumer leaderlife::leaderlife)\n',
        encoding="utf-8")
    run("cmake", "-S", tmp_path, "-B", tmp_path / "build")
    run("cmake", "--build", tmp_path / "build", "--parallel", 2)
    assert run(tmp_path / "build" / "consumer").startswith(VERSION + " ")
    assert not (tmp_path / "build" / "inner" / "examples").exists()
