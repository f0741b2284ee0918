# SPDX-License-Identifier: Apache-2.0
"""leaderlife doctor finds what is wrong with files, server and credentials."""

import os
import socket
import time

import pytest
from controlplane.fixtures import proxy  # noqa: F401
from controlplane.keys import Authority
from controlplane.process import free_port
from controlplane.proxy import status


def without_token(doctor, files):
    os.remove(files.token_file)
    return ("ECONFIG", files.token_file, "No such file", "correct the path"), {}


def strange_authority(doctor, files):
    stranger = Authority(str(doctor.directory / "stranger"), "a stranger")
    with open(stranger.cert, encoding="ascii") as source, open(files.ca_file, "w", encoding="ascii") as target:
        target.write(source.read())
    return ("ETLS", doctor.cluster.url, "option ca-file"), {}


def nobody_there(doctor, files):
    url = f"https://127.0.0.1:{free_port()}"
    return ("ENETWORK", url, "check that the server runs"), {"server": url}


def unknown_host(doctor, files):
    return ("ENETWORK", "no-such-host.invalid", "DNS"), {"server": "https://no-such-host.invalid:6443"}


def refused_token(doctor, files):
    files.renew_token(doctor.keep_secret("not-a-token-of-anybody"))
    return ("EAUTH", "401", "not expired"), {}


def no_context(doctor, files):
    return ("ECONFIG", 'no context "prod"', "one of those it has"), {"context": "prod"}


@pytest.mark.parametrize("breaks",
                         [without_token, strange_authority, nobody_there, unknown_host, refused_token, no_context])
def test_server_and_credentials(doctor, space, breaks):
    files = doctor.files(space)
    said, options = breaks(doctor, files)
    report = doctor.examine(files, *[f"--{name}={value}" for name, value in options.items()])
    report.only("error", *said)
    proxy = breaks is unknown_host  # that none is used, which is said of servers elsewhere
    assert len(report.findings) == 2 + proxy  # the backend, and nothing that follows from the first


def test_a_server_that_says_nothing(doctor, space):
    """--timeout is kept to, and what was not looked at is told."""
    files = doctor.files(space)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()  # examine() has a limit of its own, for a machine that is busy
        report = doctor.examine(files, f"--server=https://127.0.0.1:{silent.getsockname()[1]}", "--timeout=1.5s")
        assert time.monotonic() - began > 1.4
    report.only("error", "ETIMEDOUT", "not all was looked at", "no answer from https://127.0.0.1:", "GET /version",
                "give more time")


def test_a_server_that_becomes_silent(doctor, space, proxy):  # noqa: F811
    proxy.hold(count=0, path="/configmaps/lock")
    report = doctor.examine(doctor.files(space, proxy=proxy), "--timeout=8s")
    report.only("error", "ETIMEDOUT")
    report.has("ok", "OK", "rights: all are there")


ANSWERS = {
    "old": ("/version", 200, {"major": "1", "minor": "22+", "gitVersion": "v1.22.3"}, "warning", "ENOTSUP", "v1.22.3",
            "upgrade the cluster"),
    "failing": ("/version", 500, status(500, "InternalError", "etcd is on fire"), "error", "ESERVER",
                "etcd is on fire"),
    "a-web-site": ("/version", 200, "<html>", "error", "EPROTOCOL", "check its address"),
    "no-reviews": ("selfsubjectaccessreviews", 403, status(403, "Forbidden", 'User "x" may not'), "warning",
                   "EFORBIDDEN", "does not tell which there are"),
    "no-dry-run": ("/configmaps", 400, status(400, "BadRequest", "admission webhook x does not support dry run"),
                   "warning", "EREJECTED", "what it will say is not known"),
}


@pytest.mark.parametrize("case", ANSWERS.values(), ids=ANSWERS)
def test_strange_answers(doctor, space, proxy, case):  # noqa: F811
    where, code, body, level, status_name, *says = case
    proxy.answer(code, body, count=0, path=where, method="GET" if where == "/version" else "POST")
    doctor.examine(doctor.files(space, proxy=proxy)).only(level, status_name, *says)
