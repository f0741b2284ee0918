# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 servers for the tests of http, with nothing but the frames that they need.

One refuses every request by resetting its stream, and counts them: a client may take such a reset as leave to send the
request again. One begins an answer to each, and never goes on; it counts PINGs, and answers them or not.
"""

import socketserver
import ssl
import struct
import threading

REFUSED_STREAM, HTTP_1_1_REQUIRED = 7, 13
PREFACE, HEAD = 24, 9
DATA, HEADERS, RST_STREAM, SETTINGS, PING = 0, 1, 3, 4, 6
ACK = 1
END_HEADERS = 4
STATUS_200 = b"\x88"


def frame(kind, flags, stream, body=b""):
    return struct.pack(">I", len(body))[1:] + struct.pack(">BBI", kind, flags, stream) + body


class Handler(socketserver.StreamRequestHandler):
    def setup(self):
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self):
        self.rfile.read(PREFACE)
        self.wfile.write(frame(SETTINGS, 0, 0))
        while len(head := self.rfile.read(HEAD)) == HEAD:
            kind, flags, stream = struct.unpack(">BBI", head[3:])
            body = self.rfile.read(int.from_bytes(head[:3], "big"))
            if kind == SETTINGS and not flags & ACK:
                self.wfile.write(frame(SETTINGS, ACK, 0))
            else:
                self.take(kind, stream, body)

    def take(self, kind, stream, _body):
        if kind == HEADERS:
            self.server.count()
            self.wfile.write(frame(RST_STREAM, 0, stream, struct.pack(">I", self.server.code)))


class QuietHandler(Handler):
    def take(self, kind, stream, body):
        if kind == HEADERS:
            self.wfile.write(frame(HEADERS, END_HEADERS, stream, STATUS_200))
            self.wfile.write(frame(DATA, 0, stream, b"only line\n"))
        elif kind == PING:
            if self.server.answers:
                self.wfile.write(frame(PING, ACK, 0, body))
            self.server.count()


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, pair, count, handler=Handler, code=None, answers=True):
        super().__init__(("127.0.0.1", 0), handler)
        self.code = code
        self.answers = answers
        self.count = count
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*pair)
        self.context.set_alpn_protocols(["h2"])
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass
