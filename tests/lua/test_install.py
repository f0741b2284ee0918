# SPDX-License-Identifier: Apache-2.0
"""From a clean checkout, without a network: luarocks makes a rock, and CMake
installs into the paths of each version. What is installed elects."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from controlplane.fixtures import require
from scenarios.places import base_environment

from .script import ROOT, VERSIONS, Script

PATIENCE_S = 300  # a build on a busy machine
ROCKSPEC = "bindings/lua/leaderlife-scm-1.rockspec"
# What is said to the network: nobody is there. luarocks and CMake must not even ask.
OFFLINE = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}


@pytest.fixture
def checkout(tmp_path):
    """What git would have checked out, in a folder of its own."""
    folder = tmp_path / "checkout"
    names = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "-z"], check=True,
                           capture_output=True).stdout.decode().split("\0")
    for name in filter(None, names):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def run(*command, cwd, status=0):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=PATIENCE_S,
                          env={**base_environment(), "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(cwd),
                               **OFFLINE})
    assert (done.returncode == 0) == (status == 0), f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def elects(tmp_path, lock, version, share, lib):
    paths = {"LUA_PATH": f"{share}/?.lua", "LUA_CPATH": f"{lib}/?.so"}
    script = Script(tmp_path, lock, version)
    try:
        script.run("local leader = assert(leaderlife.become(LOCK, { backend = 'local' })) assert(leader:close())",
                   environment=paths)
    finally:
        script.abandon()


@pytest.mark.parametrize("version", ["5.1", "5.4"])
def test_a_rock(checkout, tmp_path, lock, version):
    if not shutil.which("luarocks"):
        require("lua", "luarocks is not installed")
    tree = tmp_path / "tree"
    run("luarocks", "--lua-version", version, "--tree", str(tree), "make", ROCKSPEC, cwd=checkout)
    elects(tmp_path, lock, version, tree / "share/lua" / version, tree / "lib/lua" / version)
    if version == "5.1":
        elects(tmp_path, lock, "jit", tree / "share/lua/5.1", tree / "lib/lua/5.1")
    module = tree / "lib/lua" / version / "leaderlife" / "capi.so"
    symbols = subprocess.run(["nm", "-D", "--defined-only", module], check=True, capture_output=True, text=True).stdout
    assert [line.split()[-1] for line in symbols.splitlines()] == ["luaopen_leaderlife_capi"]
    assert module.stat().st_size < 300_000


def test_cmake_installs_every_version(checkout, tmp_path, lock):
    build, prefix = tmp_path / "build", tmp_path / "prefix"
    run("cmake", "-G", "Ninja", "-S", checkout, "-B", build, "-DCMAKE_BUILD_TYPE=Release", "-DLEADERLIFE_LUA=ON",
        "-DLEADERLIFE_EXAMPLES=OFF", "-DLEADERLIFE_COMMAND=OFF", "-DCMAKE_INSTALL_LIBDIR=lib", cwd=checkout)
    run("cmake", "--build", build, cwd=checkout)
    run("cmake", "--install", build, "--prefix", prefix, "--component", "lua", cwd=checkout)
    for version in ("5.1", "5.3", "5.4"):
        elects(tmp_path, lock, version, prefix / "share/lua" / version, prefix / "lib/lua" / version)
    elects(tmp_path, lock, "jit", prefix / "share/lua/5.1", prefix / "lib/lua/5.1")
    installed = {str(path.relative_to(prefix / "share/lua/5.4")) for path in (prefix / "share/lua/5.4").rglob("*.lua")}
    sources = {str(path.relative_to(ROOT / "bindings/lua")) for path in (ROOT / "bindings/lua").rglob("*.lua")}
    assert installed == sources
    assert not (prefix / "include").exists(), "the component lua has brought more than Lua's"


def test_the_newest_swig_and_clang_have_nothing_to_say(checkout, tmp_path, lock):
    """Debian's SWIG and gcc build what all other tests here use, under -Werror too."""
    swig = Path(sys.executable).with_name("swig")
    if not swig.exists() or not shutil.which("clang"):
        require("lua", "clang, or SWIG of script/requirements.txt, is not installed")
    build = tmp_path / "build"
    run("cmake", "-G", "Ninja", "-S", checkout, "-B", build, "-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DLEADERLIFE_LUA=ON",
        "-DLEADERLIFE_EXAMPLES=OFF", "-DLEADERLIFE_COMMAND=OFF", "-DLEADERLIFE_WERROR=ON", "-DCMAKE_C_COMPILER=clang",
        f"-DSWIG_EXECUTABLE={swig}", cwd=checkout)
    run("cmake", "--build", build, cwd=checkout)
    for version in VERSIONS:
        elects(tmp_path, lock, version, build / "lua/share", build / "lua" / version)


# id: options, and what CMake must say
BAD = {
    "version": ("-DLEADERLIFE_LUA=5.9", "5.1;5.3;5.4;jit"),
    "rock": ("-DLEADERLIFE_LUA=rock", "there is no lua.h in LEADERLIFE_LUA_INCLUDE_DIR"),
}


@pytest.mark.parametrize("option, says", BAD.values(), ids=BAD)
def test_a_bad_option_has_a_cure(tmp_path, option, says):
    assert says in " ".join(run("cmake", "-S", ROOT, "-B", tmp_path / "build", option, cwd=tmp_path, status=1).split())
