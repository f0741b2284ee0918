# SPDX-License-Identifier: Apache-2.0
"""Where the control plane's binary is. It is never built from here: a test run
must not turn into minutes of compiling unasked."""

import os
import subprocess

_SCRIPT = os.path.join(os.path.dirname(__file__), "..", "..", "script", "controlplane")


class BinaryMissing(Exception):
    """The binary is not there; the text says how to get it."""


def binary():
    """The path from LEADERLIFE_CONTROLPLANE, else the one script/controlplane built."""
    named = os.environ.get("LEADERLIFE_CONTROLPLANE")
    if named:
        if os.access(named, os.X_OK):
            return os.path.abspath(named)
        raise BinaryMissing(f"LEADERLIFE_CONTROLPLANE names {named}, which cannot be run")
    printed = subprocess.run([_SCRIPT, "--print"], capture_output=True, text=True)
    if printed.returncode:
        raise BinaryMissing(("the tests' control plane is not built: run script/controlplane\n"
                             + printed.stderr).strip())
    return printed.stdout.strip()
