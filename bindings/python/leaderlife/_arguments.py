# SPDX-License-Identifier: Apache-2.0
"""Checks what callers pass: texts, options and timeouts."""

# Imported here and not where they are used: a finalizer may close an election when imports fail already.
import os
import time

from . import errors


def text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be str, not {type(value).__name__}")
    if "\0" in value:
        raise errors.ConfigError(f"{name} must not contain a NUL character", errors.EVALUE)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise errors.ConfigError(f"{name} must be valid UTF-8, without surrogates", errors.EVALUE) from None
    return value


def deadline(timeout: "float | None") -> float:
    """The time at which so many seconds have passed, on the clock of left()."""
    if timeout is None:
        return float("inf")
    if not hasattr(timeout, "__float__"):
        raise TypeError(f"timeout must be a number of seconds or None, not {type(timeout).__name__}")
    if timeout != timeout:
        raise errors.ConfigError("timeout must be a number of seconds or None, not NaN", errors.EVALUE)
    return float(timeout) - left(0.0)


def left(end: float) -> float:
    """Seconds until that time."""
    return end - time.monotonic()


def option_name(name: str) -> str:
    return text("name", name).replace("_", "-")


def option_text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if not isinstance(value, str):
        raise TypeError(f"{name} must be str, bool or a path, not {type(value).__name__}")
    return text(name, value)
