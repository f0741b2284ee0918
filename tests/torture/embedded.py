# SPDX-License-Identifier: Apache-2.0
"""The embedded lock as the kernel has it: an abstract Unix socket. Neither our code nor the shim writes its list."""

import os


def name_of_lock(lock):
    """Of the socket."""
    return f"leaderlife/{os.geteuid()}/{lock}"


def is_held(lock):
    """By anybody."""
    with open("/proc/net/unix", encoding="ascii") as file:
        return any(line.endswith(f" @{name_of_lock(lock)}\n") for line in file)
