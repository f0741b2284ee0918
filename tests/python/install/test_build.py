# SPDX-License-Identifier: Apache-2.0
"""The CMake build of the package: without a warning by both compilers and by Debian's SWIG and the newest, under the
sanitizers, always up to date, and with words that help when something is missing."""

import re
import shutil
import subprocess

import pytest

from . import checkout, pythons
from .commands import TOOLS, attempt, run, with_tools

SWIGS = {"debian": "/usr/bin/swig", "newest": TOOLS / "swig"}


def configure(source, build, *options):
    return attempt("cmake", "-G", "Ninja", "-S", source, "-B", build, "-DLEADERLIFE_PYTHON=ON",
                   "-DLEADERLIFE_EXAMPLES=OFF", "-DLEADERLIFE_COMMAND=OFF", f"-DPython3_EXECUTABLE={pythons.DEBIAN}",
                   *options)


def make(build):
    return run("cmake", "--build", build, "--target", "leaderlife_python")


def package(build):
    return build / "python" / "leaderlife"


@pytest.fixture(scope="module")
def builds(tmp_path_factory):
    """A folder for each compiler: the core is compiled once, the module by each SWIG."""
    return tmp_path_factory.mktemp("builds")


def limited(swig):
    said = subprocess.run([swig, "-version"], check=True, capture_output=True, text=True).stdout
    return tuple(map(int, re.search(r"SWIG Version (\d+)\.(\d+)", said).groups())) >= (4, 2)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("swig", SWIGS)
def test_it_builds_without_a_warning(compiler, swig, builds, clean):
    configured = configure(clean, builds / compiler, f"-DSWIG_EXECUTABLE={SWIGS[swig]}",
                           f"-DCMAKE_C_COMPILER={compiler}", "-DLEADERLIFE_WERROR=ON")
    assert configured.returncode == 0, configured.stderr
    assert "warning" not in make(builds / compiler).lower()
    modules = [path.name for path in package(builds / compiler).glob("*.so")]
    assert len(modules) == 1, "that of another SWIG would be loaded instead"
    assert (modules == ["capi.abi3.so"]) == limited(SWIGS[swig])
    run(pythons.DEBIAN, "-X", "dev", "-W", "error", checkout.ROOT / "tests/python/install/elect.py",
        PYTHONPATH=str(builds / compiler / "python"), PYTHONDONTWRITEBYTECODE="1")


def test_it_builds_and_runs_under_the_sanitizers(tmp_path, clean):
    configured = configure(clean, tmp_path, "-DLEADERLIFE_SANITIZE=ON", "-DLEADERLIFE_WERROR=ON",
                           "-DCMAKE_C_COMPILER=gcc", "-DCMAKE_BUILD_TYPE=Debug")
    assert configured.returncode == 0, configured.stderr
    make(tmp_path)
    # Python itself leaves memory behind, so leaks are not looked for here.
    runtime = run("gcc", "-print-file-name=libasan.so").strip()
    run(pythons.DEBIAN, checkout.ROOT / "tests/python/install/elect.py", PYTHONPATH=str(tmp_path / "python"),
        LD_PRELOAD=runtime, ASAN_OPTIONS="detect_leaks=0", PYTHONDONTWRITEBYTECODE="1")


def test_the_build_folder_follows_the_sources(tmp_path):
    """A plain build, without a change of the module: new, changed and removed files of Python."""
    source, build = checkout.copy(tmp_path / "source"), tmp_path / "build"
    assert configure(source, build).returncode == 0
    target = ("cmake", "--build", build, "--target", "leaderlife_python_modules")
    run(*target)
    written = source / checkout.PACKAGE
    assert {path.name for path in package(build).iterdir()} == checkout.hand_written(source)
    shutil.move(written / "_on_lost.py", written / "watchman.py")
    (written / "aio.py").write_text("changed = True\n", encoding="utf-8")
    run(*target)
    assert {path.name for path in package(build).iterdir()} == checkout.hand_written(source)
    assert (package(build) / "aio.py").read_text(encoding="utf-8") == "changed = True\n"
    assert "no work to do" in run(*target)


# ---- What is missing is named, with its cure ----

MISSING = {
    "swig": ("-DSWIG_EXECUTABLE=/nowhere/swig", ["needs SWIG 4.1 or newer", "apt install swig", "pip install swig"]),
    "headers": ("-DCMAKE_IGNORE_PATH={headers}", ["needs the headers of /usr/bin/python3", "apt install python3-dev"]),
    "python": ("-DPython3_EXECUTABLE=/nowhere/python", ["needs Python 3.10 or newer", "-DPython3_EXECUTABLE="]),
}


@pytest.mark.parametrize("what", MISSING)
def test_what_is_missing_is_named_with_its_cure(what, tmp_path, clean):
    option, texts = MISSING[what]
    headers = run(pythons.DEBIAN, "-c", "import sysconfig; print(sysconfig.get_path('platinclude'))").strip()
    configured = configure(clean, tmp_path, option.format(headers=headers))
    assert configured.returncode != 0
    said = " ".join(configured.stderr.split())
    assert not [text for text in texts if text not in said], configured.stderr


def test_a_swig_that_is_too_old_is_refused(tmp_path, clean):
    old = tmp_path / "swig"
    old.write_text("#!/bin/sh\ncase $1 in -swiglib) pwd ;; *) echo 'SWIG Version 4.0.2' ;; esac\n", encoding="utf-8")
    old.chmod(0o755)
    configured = configure(clean, tmp_path / "build", f"-DSWIG_EXECUTABLE={old}")
    assert configured.returncode != 0
    assert "needs SWIG 4.1 or newer" in " ".join(configured.stderr.split())


def test_pip_shows_what_cmake_says(littered, dist, tmp_path):
    """A missing library: its name and its package, and not our own stack besides."""
    done = attempt(TOOLS / "python", "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path,
                   littered, PKG_CONFIG_LIBDIR="/nowhere", PATH=with_tools())
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "leaderlife needs libcurl" in said and "apt install libcurl4-openssl-dev" in said
    assert "leaderlife was not built: what CMake says above tells why" in said
    assert "setup.py\", line" not in said, said


def test_a_missing_cmake_is_named(tmp_path):
    source = checkout.copy(tmp_path / "source")
    done = attempt(TOOLS / "python", "setup.py", "--quiet", "build_ext", cwd=source, PATH="/nowhere")
    assert done.returncode != 0
    assert done.stderr.splitlines()[-1] == ("error: leaderlife is built by CMake, and there is no cmake here "
                                            "(pip install cmake)")
