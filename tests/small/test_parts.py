# SPDX-License-Identifier: Apache-2.0
"""The library of the embedded lock alone: it needs libc and nothing else, shows the same functions, and is small; its
modules for Python and Lua and its command elect, and so does a program that is linked without any shared library."""

import os
import re
import shlex
import shutil
import subprocess

LIMIT_S = 300
SIZE_MAX = 104 * 1024

PROGRAM = """
#include <leaderlife/leaderlife.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    leaderlife_election *election;
    if (argc != 2 || leaderlife_become(argv[1], &election) != LEADERLIFE_OK)
        return 1;
    printf("leading on %s\\n", leaderlife_election_backend(election));
    leaderlife_election_free(election);
    return 0;
}
"""


def run(*command, environment=None):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=LIMIT_S,
                          env={**os.environ, **(environment or {})})
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def needed(path):
    dynamic = run("readelf", "-d", path)
    assert "Dynamic section" in dynamic
    return {name.split(".so")[0] for name in re.findall(r"Shared library: \[([^]]+)\]", dynamic)} - {"ld-linux-x86-64",
                                                                                                     "ld-linux-aarch64"}


def lock(name):
    return f"small-{name}-{os.getpid()}"


def module(small, language):
    found, = (small / language).rglob("capi*.so")
    return found


def test_library_and_modules_need_libc_alone(small):
    assert needed(small / "libleaderlife.so") == {"libc"}
    assert needed(small / "bin" / "leaderlife") == {"libleaderlife", "libjansson", "libmicrohttpd", "libc"}
    assert needed(module(small, "python")) == {"libc"}
    assert needed(module(small, "lua")) == {"libc"}


def test_it_shows_the_same_functions(small, root):
    symbols = run("nm", "-D", "--defined-only", "--with-symbol-versions", small / "libleaderlife.so").split()
    assert sorted(name for name in symbols if name.startswith("leaderlife_")) == \
        sorted((root / "tests" / "api" / "symbols.txt").read_text(encoding="utf-8").split())


def test_it_is_small(small, tmp_path):
    sizes = {}
    for part in (small / "libleaderlife.so", small / "bin" / "leaderlife", module(small, "python"),
                 module(small, "lua")):
        shutil.copy(part, tmp_path / part.name)
        run("strip", tmp_path / part.name)
        sizes[part.name] = (tmp_path / part.name).stat().st_size
    for name, size in sizes.items():
        print(f"stripped, for the embedded lock alone: {name} {size} bytes")
    assert sizes["libleaderlife.so"] <= SIZE_MAX


def test_the_python_package_elects(small):
    said = run("/usr/bin/python3", "-c", "import sys, leaderlife\n"
               "with leaderlife.become(sys.argv[1]) as election:\n    print(election.backend, election.is_leader)",
               lock("python"), environment={"PYTHONPATH": str(small / "python")})
    assert said == "local True\n"


def test_the_lua_module_elects(small):
    said = run("lua5.4", "-e", f"local l = require 'leaderlife'; local e = assert(l.become('{lock('lua')}')); "
               "print(e:backend(), e:is_leader()); e:close()",
               environment={"LUA_PATH": f"{small}/lua/share/?.lua;;", "LUA_CPATH": f"{small}/lua/5.4/?.so;;"})
    assert said.split() == ["local", "true"]


def test_the_command_elects_and_looks(small):
    name = lock("command")
    command = small / "bin" / "leaderlife"
    assert run(command, "run", name, "--", command, "status", "-o", "json", name).count('"backend": "local"') == 1


def test_a_program_without_shared_libraries(root, tmp_path):
    """BUILD_SHARED_LIBS=OFF, too, and `pkg-config --static`: a file that runs where there is nothing but a kernel."""
    build, prefix = tmp_path / "build", tmp_path / "prefix"
    run("cmake", "-S", root, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DLEADERLIFE_KUBERNETES=OFF",
        "-DBUILD_SHARED_LIBS=OFF", "-DLEADERLIFE_EXAMPLES=OFF", "-DLEADERLIFE_COMMAND=OFF",
        f"-DCMAKE_INSTALL_PREFIX={prefix}", environment={"PKG_CONFIG_LIBDIR": str(tmp_path), "PKG_CONFIG_PATH": ""})
    run("cmake", "--build", build, "--parallel", "2")
    run("cmake", "--install", build)
    package, = prefix.rglob("leaderlife.pc")
    flags = shlex.split(run("pkg-config", "--static", "--cflags", "--libs", "leaderlife",
                            environment={"PKG_CONFIG_LIBDIR": str(package.parent), "PKG_CONFIG_PATH": ""}))
    (tmp_path / "program.c").write_text(PROGRAM, encoding="utf-8")
    run("cc", "-static", tmp_path / "program.c", *flags, "-o", tmp_path / "program")
    assert needed_by_nothing(tmp_path / "program")
    assert run(tmp_path / "program", lock("static")) == "leading on local\n"
    run("strip", tmp_path / "program")
    print(f"stripped, with libc and the library in it: {(tmp_path / 'program').stat().st_size} bytes")


def needed_by_nothing(program):
    return "There is no dynamic section" in run("readelf", "-d", program)
