# SPDX-License-Identifier: Apache-2.0
"""The build keeps the manners of CMake: it hears BUILD_SHARED_LIBS and the compiler's own sanitizers, promises in its
.pc file what it has installed, and takes away what it has put there."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILDS = Path(os.environ.get("LEADERLIFE_BUILD", ROOT / "build"))
CONSUMER = Path(__file__).parent / "consumer"
LIMIT_S = 600
SMALL = "-DLEADERLIFE_KUBERNETES=OFF"  # where it makes no difference, half as much is compiled
OWN_FUNCTIONS = "int text_copy(void)\n{\n    return 1;\n}\n\nint reactor_init(void)\n{\n    return text_copy();\n}\n"


def run(*command, environment=None, cwd=None):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=LIMIT_S, cwd=cwd,
                          env={**os.environ, **(environment or {})})
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def installed(build, prefix):
    """The folder of the libraries."""
    assert (BUILDS / build).exists(), f"{BUILDS / build} is missing: script/lib/suites/install.sh builds it"
    run("cmake", "--install", BUILDS / build, "--prefix", prefix)
    found, = prefix.rglob("leaderlife.pc")
    return found.parent.parent


def flags(libdir, *options, **environment):
    return shlex.split(run("pkg-config", *options, "leaderlife",
                           environment={"PKG_CONFIG_PATH": str(libdir / "pkgconfig"), **environment}))


def version_of(program, **more):
    return run(program, **more).split()[0]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    return installed("release", tmp_path_factory.mktemp("shared"))


@pytest.fixture(scope="module")
def static(tmp_path_factory):
    return installed("static", tmp_path_factory.mktemp("static"))


@pytest.fixture(scope="module")
def version(shared):
    return flags(shared, "--modversion")[0]


# ---- Static or shared, and what is promised ----

def test_a_program_needs_nothing_of_the_shared_library_s_own_libraries(shared, tmp_path, version):
    """No headers and no .pc files of them: pkg-config looks at ours alone. It promises no static library, as there is
    none."""
    alone = {"PKG_CONFIG_LIBDIR": str(shared / "pkgconfig"), "PKG_CONFIG_PATH": ""}
    assert not list(shared.glob("*.a"))
    assert flags(shared, "--libs", "--static", **alone) == flags(shared, "--libs", **alone)
    run("cc", CONSUMER / "main.c", *flags(shared, "--cflags", "--libs", **alone), "-o", tmp_path / "consumer")
    assert version_of(tmp_path / "consumer", environment={"LD_LIBRARY_PATH": str(shared)}) == version


def test_with_shared_libraries_off_a_static_one_is_installed(static):
    assert [path.name for path in static.glob("libleaderlife*")] == ["libleaderlife.a"]


def test_pkg_config_links_a_program_to_the_static_library(static, tmp_path, version):
    """Everything that it says is there. With --static it says what other static libraries would need, too."""
    said = flags(static, "--libs")
    assert {"-lleaderlife", "-lcurl", "-ljansson", "-lyaml"} <= set(said)
    assert set(said) <= set(flags(static, "--libs", "--static"))
    run("cc", CONSUMER / "main.c", *flags(static, "--cflags", "--libs"), "-o", tmp_path / "consumer")
    assert version_of(tmp_path / "consumer") == version


def test_cmake_links_a_program_to_the_static_library(static, tmp_path, version):
    run("cmake", "-S", CONSUMER, "-B", tmp_path, f"-DCMAKE_PREFIX_PATH={static.parent}", f"-DWANTED={version}")
    run("cmake", "--build", tmp_path)
    assert version_of(tmp_path / "consumer") == version


def test_the_static_library_takes_no_names_of_a_program(static, tmp_path):
    """Two of its own functions have names that a program may have, too."""
    names = run("nm", "--defined-only", static / "libleaderlife.a")
    assert " t text_copy\n" in names and " t reactor_init\n" in names
    (tmp_path / "own.c").write_text(OWN_FUNCTIONS, encoding="utf-8")
    run("cc", CONSUMER / "main.c", tmp_path / "own.c", *flags(static, "--cflags", "--libs"), "-o",
        tmp_path / "consumer")
    exported = {line.split()[2] for line in names.splitlines() if len(line.split()) == 3 and line.split()[1].isupper()}
    assert exported == {symbol.split("@")[0] for symbol in (ROOT / "tests" / "api" / "symbols.txt").read_text().split()}


def test_the_static_library_holds_no_code_of_one_compiler_alone(static):
    assert ".gnu.lto_" not in run("readelf", "--sections", "--wide", static / "libleaderlife.a")


def test_the_command_needs_no_shared_library_of_ours(static):
    assert "libleaderlife" not in run("ldd", static.parent / "bin" / "leaderlife")


# ---- Sanitizers by the compiler's own flags ----

@pytest.mark.skipif(not shutil.which("clang"), reason="there is no clang")
@pytest.mark.parametrize("options", [[], [SMALL, "-DBUILD_SHARED_LIBS=OFF"]], ids=["shared", "static"])
def test_clang_s_sanitizers_by_its_own_flags(tmp_path, options):
    """The library, an example and the command are linked, and elect."""
    run("cmake", "-S", ROOT, "-B", tmp_path, "-DCMAKE_C_COMPILER=clang", *options,
        "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_C_FLAGS=-fsanitize=address,undefined -fno-sanitize-recover=all",
        environment={"CMAKE_GENERATOR": "Ninja"})
    run("cmake", "--build", tmp_path, "--target", "leaderlife_command", "example_poll", "--parallel", "2")
    assert "__asan_" in run("nm", tmp_path / "bin" / "leaderlife")
    said = run(tmp_path / "bin" / "leaderlife", "run", f"sanitized-{os.getpid()}", "--", "echo", "this one leads")
    assert said == "this one leads\n"


# ---- Uninstalling ----

def entries(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """One to install from and to uninstall, whose prefix is the folder outside beside it."""
    folder = tmp_path_factory.mktemp("uninstall")
    run("cmake", "-S", ROOT, "-B", folder / "build", SMALL, "-DLEADERLIFE_COMMAND=OFF", "-DLEADERLIFE_EXAMPLES=OFF",
        f"-DCMAKE_INSTALL_PREFIX={folder / 'outside'}", environment={"CMAKE_GENERATOR": "Ninja"})
    run("cmake", "--build", folder / "build", "--parallel", "2")
    return folder / "build"


@pytest.mark.parametrize("destdir", [False, True], ids=["prefix", "DESTDIR"])
def test_uninstall_removes_what_install_wrote_and_nothing_else(build, tmp_path, destdir):
    """A stranger's file stays where it is, beside ours and in a folder of our name, and so does what DESTDIR does not
    hold."""
    outside, stage = build.parent / "outside", tmp_path / "stage"
    shutil.rmtree(outside, ignore_errors=True)
    within = stage if destdir else Path("/")
    environment = {"DESTDIR": str(stage) if destdir else ""}
    run("cmake", "--install", build, environment=environment)
    root = within / outside.relative_to("/")
    files = {name for name in entries(root) if not (root / name).is_dir() or (root / name).is_symlink()}
    assert len(files) > 8
    strangers = {"include/leaderlife/theirs.h", "lib/libtheirs.so"}
    for name in strangers:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("theirs", encoding="utf-8")
    if destdir:
        (outside / "include" / "leaderlife").mkdir(parents=True)
        (outside / "include" / "leaderlife" / "leaderlife.h").write_text("another installation's", encoding="utf-8")

    run("cmake", "--build", build, "--target", "uninstall", environment=environment)
    left = entries(root)
    assert {name for name in left if not (root / name).is_dir()} == strangers
    assert {name for name in left if Path(name).name == "leaderlife"} == {"include/leaderlife"}
    assert not destdir or (outside / "include" / "leaderlife" / "leaderlife.h").exists()

    again = subprocess.run(["cmake", "--build", build, "--target", "uninstall"], capture_output=True, text=True,
                           timeout=LIMIT_S)
    assert again.returncode != 0 and "nothing to uninstall" in again.stdout + again.stderr


def test_a_project_that_brings_us_in_keeps_its_own_targets_and_its_choice(tmp_path):
    """BUILD_SHARED_LIBS is the outer project's, and stays as it was there."""
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.18)\nproject(outer LANGUAGES C)\nadd_custom_target(uninstall)\n"
        f'add_subdirectory("{ROOT}" inner)\n'
        "get_target_property(kind leaderlife TYPE)\n"
        'message("they have chosen \'${BUILD_SHARED_LIBS}\', we are ${kind}")\n', encoding="utf-8")
    for options, said in [((), "they have chosen '', we are SHARED_LIBRARY"),
                          (("-DBUILD_SHARED_LIBS=OFF",), "they have chosen 'OFF', we are STATIC_LIBRARY")]:
        done = subprocess.run(["cmake", "-S", tmp_path, "-B", tmp_path / "build", *options], capture_output=True,
                              text=True, timeout=LIMIT_S)
        assert done.returncode == 0 and said in done.stderr, done.stderr
