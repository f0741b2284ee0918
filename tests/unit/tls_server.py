# SPDX-License-Identifier: Apache-2.0
"""A small HTTPS server (HTTP/1.1) that misbehaves on demand, for test_http.c.

Makes a test CA and certificates in a temporary folder, prints one line "key=value ..." when it serves, and ends when
its standard input ends: so it cannot outlive the test.
"""

import collections
import email.utils
import gzip
import http.server
import os
import shutil
import socket
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse
import zlib

import small_http2
import small_proxy

SERVERS = {}
COUNTS = collections.Counter()
HELD = []  # sockets that hold a port, and do not listen
GOING = threading.Event()


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_ca(folder, name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", f"/CN=test CA {name}", "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.crt",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")


def make_certificate(folder, name, names, days="2", ca="ca"):
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
            "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.csr")
    with open(f"{folder}/{name}.ext", "w", encoding="ascii") as extensions:
        extensions.write(f"subjectAltName={names}\n")
    openssl("x509", "-req", "-in", f"{folder}/{name}.csr", "-CA", f"{folder}/{ca}.crt", "-CAkey", f"{folder}/{ca}.key",
            "-CAcreateserial", "-days", days, "-extfile", f"{folder}/{name}.ext", "-out", f"{folder}/{name}.crt")


def make_ca_folder(folder, name, bundled):
    """Where OpenSSL looks CAs up by their hash, as a system has it, beside a bundle with another one."""
    os.mkdir(f"{folder}/system")
    shutil.copy(f"{folder}/{bundled}.crt", f"{folder}/system/ca-certificates.crt")
    done = subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", f"{folder}/{name}.crt"], check=True,
                          stdout=subprocess.PIPE)
    shutil.copy(f"{folder}/{name}.crt", f"{folder}/system/{done.stdout.decode().strip()}.0")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    requests = 0

    def log_message(self, *arguments):
        pass

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def begin_chunks(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def any_method(self):
        self.requests += 1
        name = self.path.split("?")[0].strip("/").replace("-", "_")
        length = int(self.headers.get("Content-Length", 0))
        self.sent = b"" if name.startswith("early_") else self.rfile.read(length)
        COUNTS[self.path] += 1
        getattr(self, "on_" + name, self.on_unknown)()

    do_GET = do_POST = do_PUT = do_DELETE = any_method

    def on_unknown(self):
        self.answer(404, b"no such page")

    def on_plain(self):
        self.answer(200, b'{"kind":"Plain"}', Content_Type="application/json")

    def on_echo(self):
        text = f"{self.command} {self.path}\n{self.headers}body={self.sent.decode()}\n"
        self.answer(200, text.encode(), Content_Type="text/plain")

    def on_lines(self):
        self.begin_chunks()
        for piece in (b"fir", b"st\nse", b"cond\n", b"third\n"):
            self.chunk(piece)
            time.sleep(0.05)
        self.chunk(b"")

    def on_stall(self):
        self.begin_chunks()
        self.chunk(b"only line\n")
        GOING.wait()

    def on_silent(self):
        GOING.wait()

    def on_cut(self):
        self.begin_chunks()
        self.chunk(b"half a ")
        self.close_connection = True

    def on_reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.close_connection = True

    def on_big(self):
        self.answer(200, b"x" * 300_000)

    def on_retry(self):
        self.answer(429, b"later", Retry_After="7")

    def on_retry_date(self):
        self.answer(503, b"later", Retry_After=email.utils.formatdate(time.time() + 60, usegmt=True))

    def on_redirect(self):
        self.answer(302, b"", Location="/plain")

    def on_die(self):
        """Answers the first request of a connection, and cuts the connection at any later one."""
        if self.requests > 1:
            self.close_connection = True
        else:
            self.answer(200, b"alive")

    def asked(self):
        return urllib.parse.unquote_to_bytes(self.path.partition("?")[2])

    def on_raw(self):
        """The bytes in the query, and the end of the connection."""
        self.wfile.write(self.asked())
        self.close_connection = True

    def on_raw_bytes(self):
        for byte in self.asked():
            self.wfile.write(bytes([byte]))
        self.close_connection = True

    def on_raw_silent(self):
        self.wfile.write(self.asked())
        GOING.wait()

    on_early_silent = on_raw_silent  # what is sent is not read

    def on_early_end(self):
        """Nor does it end by a reset, before which the answer might be dropped."""
        self.wfile.write(self.asked())
        self.connection.shutdown(socket.SHUT_WR)
        GOING.wait()

    def on_packed(self):
        """In the query: values of Content-Encoding, separated by ";", then "|", then how the body is packed."""
        values, _, layers = self.asked().decode().partition("|")
        body = b"x" * 10_000_000 if layers == "bomb" else b'{"kind":"Packed"}'
        for layer in filter(None, layers.replace("bomb", "gzip").split("+")):
            half = len(body) // 2 if layer == "halves" else 0  # each packed by itself
            body = zlib.compress(body) if layer == "zlib" else \
                (gzip.compress(body[:half]) if half else b"") + gzip.compress(body[half:])
        self.send_response(200)
        for value in values.split(";"):
            self.send_header("Content-Encoding", value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def on_packed_lines(self):
        """As on_lines, in one stream of gzip."""
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        packer = zlib.compressobj(wbits=31)
        self.chunk(packer.compress(b"first\nse") + packer.flush(zlib.Z_SYNC_FLUSH))
        if self.asked() == b"wait":
            GOING.wait()
        self.chunk(packer.compress(b"cond\n") + packer.flush())
        self.chunk(b"")

    def on_seen(self):
        path = "/" + self.path.partition("?")[2]
        self.answer(200, str(COUNTS[path]).encode())

    def on_connections(self):
        self.answer(200, str(self.server.connections).encode())

    def on_asked(self):
        """All that the proxies were asked since the last time."""
        self.answer(200, "".join(small_proxy.ASKED).encode(), Content_Type="text/plain")
        small_proxy.ASKED.clear()

    def on_garbage(self):
        self.wfile.write(b"\x16\x03garbage, not HTTP\n\n")
        self.close_connection = True


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 50

    def __init__(self, folder, certificate, client_ca=None, address="127.0.0.1"):
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        super().__init__((address, 0), Handler)
        self.connections = 0
        self.context = None
        if certificate is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(f"{folder}/{certificate}.crt", f"{folder}/{certificate}.key")
            self.context.set_alpn_protocols(["http/1.1"])
        if client_ca is not None:
            self.context.verify_mode = ssl.CERT_REQUIRED
            self.context.load_verify_locations(f"{folder}/{client_ca}.crt")
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)

    def finish_request(self, request, client_address):
        self.connections += 1
        if self.context is not None:
            try:
                request = self.context.wrap_socket(request, server_side=True)
            except OSError:
                return
        super().finish_request(request, client_address)
        # Closed without TLS's goodbye where the test asked for a cut; harmless else.
        request.close()

    def handle_error(self, request, client_address):
        pass


def held_port():
    """A port that nobody else gets while we live. It refuses connections, unless a server of the test listens on it."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a server that asks for the same may have it, too
    holder.bind(("127.0.0.1", 0))
    HELD.append(holder)
    return holder.getsockname()[1]


def serve(folder):
    make_ca(folder, "ca")
    make_ca(folder, "other")
    make_ca_folder(folder, "ca", bundled="other")
    here = "DNS:localhost,IP:127.0.0.1,IP:::1"
    make_certificate(folder, "good", here)
    make_certificate(folder, "elsewhere", "DNS:api.elsewhere.example")
    make_certificate(folder, "names",
                     "DNS:api.elsewhere.example,DNS:my_host.example,DNS:Capital.example,IP:10.1.2.3,IP:fd00::9")
    make_certificate(folder, "expired", here, days="-1")
    make_certificate(folder, "client", "DNS:client.example")
    make_certificate(folder, "strange", here, ca="other")
    SERVERS["good"] = Server(folder, "good")
    SERVERS["elsewhere"] = Server(folder, "elsewhere")
    SERVERS["names"] = Server(folder, "names")
    SERVERS["expired"] = Server(folder, "expired")
    SERVERS["clients"] = Server(folder, "good", client_ca="ca")
    SERVERS["clear"] = Server(folder, None)
    try:
        SERVERS["six"] = Server(folder, "good", address="::1")
    except OSError:
        pass
    ports = {name: server.server_address[1] for name, server in SERVERS.items()}
    for name, proxy in (("proxy", small_proxy.Proxy()), ("login", small_proxy.Proxy(407)),
                        ("forbids", small_proxy.Proxy(403)), ("fails", small_proxy.Proxy(502)),
                        ("secure", small_proxy.Proxy(pair=(f"{folder}/good.crt", f"{folder}/good.key"))),
                        ("strange", small_proxy.Proxy(pair=(f"{folder}/strange.crt", f"{folder}/strange.key")))):
        ports[name] = proxy.server_address[1]
    for name, kind in (("refuses", {"code": small_http2.REFUSED_STREAM}),
                       ("wants-old", {"code": small_http2.HTTP_1_1_REQUIRED}),
                       ("lives", {"handler": small_http2.QuietHandler}),
                       ("mute", {"handler": small_http2.QuietHandler, "answers": False})):
        server = small_http2.Server((f"{folder}/good.crt", f"{folder}/good.key"),
                                    lambda path=f"/{name}": COUNTS.update([path]), **kind)
        ports[name] = server.server_address[1]
    ports["refused"] = held_port()
    ports["free"] = held_port()
    print(f"folder={folder}", *(f"{name}={port}" for name, port in ports.items()), flush=True)
    sys.stdin.read()


def main():
    folder = tempfile.mkdtemp(prefix="leaderlife-tls-")
    result = 1
    try:
        serve(folder)
        result = 0
    except Exception:
        traceback.print_exc()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(result)  # the handlers' threads may be asleep


main()
