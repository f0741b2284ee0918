# SPDX-License-Identifier: Apache-2.0
"""The options as types. Only type checkers and leaderlife.options() import this, because importing `typing` is slow."""

import os
from typing import Literal, NamedTuple, TypedDict


State = Literal["new", "starting", "standby", "leader", "resigning", "resigned", "lost", "failed", "closed"]
Kind = Literal["state", "holder", "notice", "log", "finding", "unknown"]


class Option(NamedTuple):
    """One option of the C library, as leaderlife.options() lists it.

    name     as in C, with '-'; as a keyword of Election and become() with '_'
    type     "string", "path", "bool", or the possible words joined by '|'
    default  "" where there is none
    help     one line, for people
    """

    name: str
    type: str
    default: str
    help: str


class Options(TypedDict, total=False):
    """The keywords of Election and become(): one for each option of the C library, in its order."""

    backend: Literal["auto", "local", "kubernetes"]
    mode: Literal["campaign", "observe"]
    namespace: str
    pod_name: str
    pod_uid: str
    pod_network: Literal["pod", "any"]
    kubeconfig: str | os.PathLike[str]
    context: str
    server: str
    ca_file: str | os.PathLike[str]
    token_file: str | os.PathLike[str]
    guard: Literal["auto", "required", "memory"]
    node_policy: Literal["strict", "fenced", "unready"]
    retry_permanent: bool
    events: bool
    log_level: Literal["none", "error", "warning", "info", "debug"]
    user_agent: str
    rehearse_loss: str
