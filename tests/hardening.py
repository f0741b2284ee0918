# SPDX-License-Identifier: Apache-2.0
"""What readelf and objdump show of a program's or a library's hardening (docs/security.md)."""

import re
import subprocess


def _text(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout


def _segments(path):
    """[(type, flags)]"""
    return re.findall(r"^ +([A-Z_]+) +(?:0x\w+ +){5}([RWE ]{3})", _text("readelf", "-lW", path), re.MULTILINE)


def faults(path, fortified=True):
    """What is wrong, as words. fortified: its C library has the functions of _FORTIFY_SOURCE, and is linked at run
    time."""
    found = []
    segments, dynamic = _segments(path), _text("readelf", "-dW", path)
    symbols = _text("readelf", "--dyn-syms", "-W", path)
    header = _text("readelf", "-hW", path)
    if not re.search(r"Type: +DYN ", header):
        found.append("at a fixed address")
    if not any(kind == "GNU_RELRO" for kind, _ in segments):
        found.append("no RELRO")
    if "BIND_NOW" not in dynamic and not re.search(r"Flags:.*\bNOW\b", dynamic):
        found.append("bound lazily")
    if [flags.strip() for kind, flags in segments if kind == "GNU_STACK"] != ["RW"]:
        found.append("an executable stack")
    if any("W" in flags and "E" in flags for _, flags in segments):
        found.append("a segment that can be written and executed")
    if "TEXTREL" in dynamic:
        found.append("relocations in the code")
    # Stripped and static, it has no name of the function that is called; on x86-64 the guard is read from there.
    guarded = "__stack_chk_fail" in symbols
    if not guarded and "X86-64" in header:
        guarded = "%fs:0x28" in _text("objdump", "-d", path)
    if not guarded and ("X86-64" in header or fortified):
        found.append("no stack protector")
    if fortified and not re.search(r"UND __\w+_chk\b", symbols.replace("__stack_chk_fail", "")):
        found.append("not fortified")
    return found
