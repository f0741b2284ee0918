# SPDX-License-Identifier: Apache-2.0
"""The ABI: what the shared library shows is what the header declares, the map names and symbols.txt remembers.
Nothing else, and nothing less: a symbol that was released is never taken away."""

import re
import shutil
import subprocess
from pathlib import Path

from sources import public_functions

# 150 KiB is what it should be. Diagnosis (12 KiB), credential plugins (11), Events (4), what the protocol's corners
# take (16: strangers, orphans, the own pod, writes that are reset, texts), looks at the embedded lock that leave
# nothing with its holder (12), descriptors that the host program has closed (5), where an election takes place (3),
# heads of answers, refusals without a body and times (4), what people are told of static pods, expired credentials,
# seccomp and libcurl (4), kubeconfigs as client-go reads them (16: YAML's types, the types of all fields, URLs) and
# proxies (12), and JSON that is read whole or not at all when memory runs out (1) have brought it above that. Without
# unwind tables it would fit, and no debugger would find the way from a wait to its caller.
SIZE_MAX = 244 * 1024

FORBIDDEN = {
    # The host program's own: output, end of the process, signals, threads, children.
    "printf", "fprintf", "vprintf", "vfprintf", "puts", "putchar", "fputs", "fputc", "perror", "stdout", "stderr",
    "__printf_chk", "__fprintf_chk", "__vprintf_chk", "__vfprintf_chk", "syslog",
    "exit", "_exit", "_Exit", "quick_exit", "abort", "__assert_fail", "raise", "tgkill", "atexit",
    "signal", "sigaction", "sigprocmask", "pthread_sigmask", "alarm", "setitimer",
    "pthread_create", "thrd_create", "fork", "vfork", "system", "popen", "posix_spawn",
    # Shared with the host program.
    "curl_global_cleanup", "json_set_alloc_funcs", "json_set_alloc_funcs2", "setlocale", "setenv", "unsetenv", "putenv",
    # There is a safer one, which takes a size.
    "strcpy", "strcat", "sprintf", "gets",
}


def nm(library, *options):
    lines = subprocess.run(["nm", "-D", *options, str(library)], check=True, capture_output=True, text=True).stdout
    return [line.split()[-1] for line in lines.splitlines()]


def exported(library):
    symbols = nm(library, "--defined-only", "--with-symbol-versions")
    return sorted(symbol for symbol in symbols if not re.fullmatch(r"LEADERLIFE_[\d.]+(@@?LEADERLIFE_[\d.]+)?", symbol))


def listed():
    return sorted((Path(__file__).parent / "symbols.txt").read_text(encoding="utf-8").split())


def header(root):
    return (root / "c" / "include" / "leaderlife" / "leaderlife.h").read_text(encoding="utf-8")


def mapped(root):
    """{function: node} of the version script."""
    text = re.sub(r"/\*.*?\*/", "", (root / "c" / "leaderlife.map").read_text(encoding="utf-8"), flags=re.DOTALL)
    return {name: node
            for node, body in re.findall(r"(LEADERLIFE_[\d.]+)\s*\{(.*?)\}", text, re.DOTALL)
            for name in re.findall(r"\b(leaderlife_\w+)\s*;", body)}


def test_the_library_exports_what_the_list_says(library):
    assert exported(library) == listed()


def test_the_map_says_what_the_list_says(root):
    assert sorted(f"{name}@@{node}" for name, node in mapped(root).items()) == listed()


def test_the_header_declares_what_the_map_says(root):
    declared = public_functions(header(root))
    assert len(declared) == len(set(declared))
    assert sorted(declared) == sorted(mapped(root))


def test_every_function_of_the_header_is_marked_as_public(root):
    code = re.sub(r"/\*.*?\*/", "", header(root), flags=re.DOTALL)
    assert sorted(set(re.findall(r"\b(leaderlife_\w+)\s*\(", code))) == sorted(public_functions(header(root)))


def test_the_library_calls_nothing_that_belongs_to_the_host_program(library):
    needed = {symbol.split("@")[0] for symbol in nm(library, "--undefined-only")}
    assert "getenv" in needed  # nm speaks as expected
    assert not needed & FORBIDDEN


def test_the_soname_is_leaderlife_0(library):
    dynamic = subprocess.run(["readelf", "-d", str(library)], check=True, capture_output=True, text=True).stdout
    assert "Library soname: [libleaderlife.so.0]" in dynamic
    assert "BIND_NOW" in dynamic


def test_the_library_needs_two_others_and_the_c_library(library):
    """And libcurl when Kubernetes is first needed: test_libcurl.py."""
    dynamic = subprocess.run(["readelf", "-d", str(library)], check=True, capture_output=True, text=True).stdout
    needed = {name.split(".so")[0] for name in re.findall(r"Shared library: \[([^]]+)\]", dynamic)}
    assert needed == {"libjansson", "libyaml-0", "libc"}


def test_the_stripped_library_is_small(library, tmp_path):
    stripped = tmp_path / "stripped.so"
    shutil.copy(library, stripped)
    subprocess.run(["strip", str(stripped)], check=True)
    print(f"stripped: {stripped.stat().st_size} bytes")
    assert stripped.stat().st_size <= SIZE_MAX
