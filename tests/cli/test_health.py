# SPDX-License-Identifier: Apache-2.0
"""--health and --ready-file: what probes and Prometheus are told, limits on what
is read, and addresses that cannot be used."""

import http.client
import os
import re
import resource
import signal
import socket
import time

import pytest
from controlplane.process import free_port, wait_for


def get(port, path, method="GET", host="127.0.0.1", body=None):
    connection = http.client.HTTPConnection(host, port, timeout=20)
    try:
        connection.request(method, path, body=body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers
    finally:
        connection.close()


def metrics(port):
    """{name and labels: value}"""
    status, text, headers = get(port, "/metrics")
    assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
    samples = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            assert re.fullmatch(r'[a-z_]+(\{([a-z]+="[^"]*",?)*\})?', name), line
            assert name not in samples
            samples[name] = int(value)
        else:
            assert re.fullmatch(r"# (HELP \w+ .+|TYPE \w+ (counter|gauge))", line), line
    return samples


@pytest.fixture
def server(command, lock):
    """(process, port) of a leader."""
    port = free_port()
    started = command.start("run", "--health", f"127.0.0.1:{port}", lock, "--", "sleep", "1000")
    started.wait_said("leading")
    return started, port


def test_a_leader_is_ready_and_alive(server, lock):
    started, port = server
    assert get(port, "/readyz")[:2] == (200, "leader\n")
    assert get(port, "/livez")[:2] == (200, "leader\n")
    seen = metrics(port)
    label = f'{{lock="{lock}"}}'
    assert seen[f"leaderlife_leader{label}"] == 1 and seen[f"leaderlife_ready{label}"] == 1
    assert seen[f"leaderlife_transitions_total{label}"] == 1
    assert any(re.match(rf'leaderlife_holder_info{{lock="{lock}",holder="pid {started.pid} \(', name) for name in seen)


def test_a_standby_is_ready_and_does_not_lead(command, server, lock):
    port = free_port()
    standby = command.start("run", "--health", f"127.0.0.1:{port}", lock, "--", "sleep", "1000")
    standby.wait_said("waiting for")
    assert get(port, "/readyz")[:2] == (200, "standby\n")
    label = f'{{lock="{lock}"}}'
    assert metrics(port)[f"leaderlife_leader{label}"] == 0
    server[0].send(signal.SIGTERM)
    standby.wait_said("leading")
    seen = metrics(port)
    assert seen[f"leaderlife_leader{label}"] == 1 and seen[f"leaderlife_transitions_total{label}"] == 2


def test_what_cannot_take_over_is_not_ready(command, lock, tmp_path):
    """No API server answers: it is alive, and not ready."""
    port, nobody = free_port(), free_port()
    (tmp_path / "token").write_text("secret-token")
    started = command.start(
        "run", "--health", f"127.0.0.1:{port}", "--ready-file", "ready", "--backend", "kubernetes",
        "--server", f"https://127.0.0.1:{nobody}", "--token-file", "token", "--namespace", "n", "--pod-name", "p",
        "--pod-uid", "u", lock, "--", "true")
    started.wait_said("leaderlife: ")
    assert get(port, "/readyz")[:2] == (503, "starting\n")
    assert get(port, "/livez")[0] == 200
    assert not os.path.exists(tmp_path / "ready")
    wait_for("a failure", lambda: metrics(port)[f'leaderlife_request_failures_total{{lock="{lock}",kind="read"}}'] > 0)
    started.send(signal.SIGTERM)
    assert started.wait() == 128 + signal.SIGTERM
    assert "secret-token" not in started.stderr()


def test_pages_and_methods(server):
    _, port = server
    assert get(port, "/nosuch")[0] == 404
    assert get(port, "/")[0] == 404
    assert get(port, "/readyz/../metrics")[0] == 404
    assert get(port, "/readyz?verbose=1")[0] == 200
    status, text, headers = get(port, "/readyz", "HEAD")
    assert (status, text, headers["Content-Length"]) == (200, "", "7")
    for method in ("POST", "PUT", "DELETE", "NOSUCH"):
        status, _, headers = get(port, "/readyz", method, body="x" * 100)
        assert (status, headers["Allow"]) == (405, "GET, HEAD")


def test_one_connection_serves_many_requests(server):
    connection = http.client.HTTPConnection("127.0.0.1", server[1], timeout=20)
    for _ in range(50):
        connection.request("GET", "/readyz")
        assert connection.getresponse().read() == b"leader\n"
    connection.close()


@pytest.mark.parametrize("request_bytes", [
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) * 4,
    b"GET\r\n\r\n", b"\r\n\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0" * 5000,
    b"POST /readyz HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /readyz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n",
], ids=lambda value: repr(value[:24]))
def test_what_is_no_request_harms_nobody(server, request_bytes):
    started, port = server
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        try:
            connection.sendall(request_bytes)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(4096)
        except OSError:
            pass  # it hung up
    assert get(port, "/readyz")[0] == 200
    assert started.running()


def resident_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])


def test_many_silent_connections_cost_little_and_go(server):
    """64 are kept, 16 of one address; those that say nothing are ended after 10 s, and then it answers again."""
    started, port = server
    before = resident_kb(started.pid)
    silent = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(100)]
    time.sleep(0.5)
    assert len(os.listdir(f"/proc/{started.pid}/fd")) < 44
    assert resident_kb(started.pid) - before < 4096
    for connection in silent:
        try:
            assert connection.recv(100) == b""
        except ConnectionResetError:
            pass
        connection.close()
    assert get(port, "/readyz")[0] == 200


def cpu_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_connection_for_which_there_is_no_descriptor_costs_nothing(server):
    """It is always ready and can never be taken. With a descriptor it is answered."""
    started, port = server
    used = max(map(int, os.listdir(f"/proc/{started.pid}/fd")))
    limits = resource.prlimit(started.pid, resource.RLIMIT_NOFILE)
    highest = [int(name) for name in os.listdir(f"/proc/{started.pid}/fd")]
    free_below = min(set(range(used + 2)) - set(highest))
    resource.prlimit(started.pid, resource.RLIMIT_NOFILE, (free_below, limits[1]))
    with socket.create_connection(("127.0.0.1", port), timeout=60) as waiting:
        waiting.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
        before = cpu_s(started.pid)
        time.sleep(2)
        assert cpu_s(started.pid) - before < 0.6
        resource.prlimit(started.pid, resource.RLIMIT_NOFILE, limits)
        assert waiting.recv(100).startswith(b"HTTP/1.1 200")


def test_a_busy_client_does_not_keep_the_signals_out(server):
    """One loop: requests without end do not starve the program's end."""
    started, port = server
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 2000)
        started.send(signal.SIGTERM)
        assert started.wait(60) == 128 + signal.SIGTERM


@pytest.mark.parametrize(("address", "said"), [
    ("nowhere", "it takes HOST:PORT, [IPv6]:PORT, :PORT or PORT"), ("127.0.0.1:", "it takes HOST:PORT"),
    ("127.0.0.1:http", "it takes HOST:PORT"), (":99999", "it takes HOST:PORT"), ("::1:80", "it takes HOST:PORT"),
    ("a" * 300 + ":80", "it takes HOST:PORT"), (":0", "it takes HOST:PORT"),
    ("192.0.2.1:8080", "Cannot assign requested address"), ("no.such.host.invalid:80", "is unknown"),
])
def test_an_unusable_address_is_known_before_the_election(command, lock, address, said):
    command.start("run", lock, "--", "sleep", "1000").wait_said("leading")
    ended = command.run("run", "--health", address, lock, "--", "true")
    assert ended.returncode == 125 and said in ended.stderr, ended


def test_an_address_in_use(command, server, lock):
    ended = command.run("run", "--health", f"127.0.0.1:{server[1]}", lock, "--", "true")
    assert ended.returncode == 125
    assert "Address already in use; choose another address or port" in ended.stderr


@pytest.mark.parametrize(("form", "host"), [(":{}", "127.0.0.1"), ("{}", "127.0.0.1"), ("localhost:{}", "localhost"),
                                            ("[::1]:{}", "::1"), (":{}", "::1")])
def test_forms_of_an_address(command, lock, form, host):
    if host == "::1" and not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    port = free_port()
    started = command.start("run", "--health", form.format(port), lock, "--", "sleep", "1000")
    started.wait_said("leading")
    assert get(port, "/readyz", host=host)[0] == 200


# ---- The ready file ----

def test_the_ready_file_is_there_while_it_is_ready(command, lock, tmp_path):
    path = tmp_path / "ready"
    path.touch()  # of an earlier life
    started = command.start("run", "--ready-file", path, lock, "--", "sh", "-c",
                            'trap "exit 3" TERM; while :; do sleep 0.02; done')
    started.wait_said("leading")
    wait_for("the file", path.exists)
    standby_path = tmp_path / "standby"
    standby = command.start("run", "--ready-file", standby_path, lock, "--", "true")
    wait_for("the standby's file", standby_path.exists)
    assert path.stat().st_size == 0
    started.send(signal.SIGTERM)
    assert started.wait() == 3
    assert not path.exists()
    assert standby.wait() == 0 and not standby_path.exists()


def test_a_ready_file_that_cannot_be_made_is_known_before_the_election(command, lock, tmp_path):
    for path in ("/nosuch/folder/ready", "/proc/ready"):
        ended = command.run("run", "--ready-file", path, lock, "--", "echo", "ran")
        assert ended.returncode == 125 and "choose a path" in ended.stderr and ended.stdout == ""
    precious = tmp_path / "precious"
    precious.write_text("not empty")
    (tmp_path / "link").symlink_to(precious)
    for path in (precious, tmp_path / "link", tmp_path):
        ended = command.run("run", "--ready-file", path, lock, "--", "echo", "ran")
        assert ended.returncode == 125 and "not a file of ours" in ended.stderr
    assert precious.read_text() == "not empty"


def test_a_file_that_another_has_put_there_stays(command, lock, tmp_path):
    path = tmp_path / "ready"
    started = command.start("run", "--ready-file", path, lock, "--", "sleep", "1000")
    wait_for("the file", path.exists)
    (tmp_path / "theirs").touch()
    (tmp_path / "theirs").rename(path)
    started.send(signal.SIGTERM)
    assert started.wait() == 128 + signal.SIGTERM
    assert path.exists() and "cannot remove the file" in started.stderr()
