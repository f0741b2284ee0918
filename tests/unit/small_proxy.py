# SPDX-License-Identifier: Apache-2.0
"""A proxy for the tests of http: CONNECT and SOCKS5 on one port, by the first byte. What it is asked, it keeps."""

import base64
import socket
import socketserver
import ssl
import struct
import threading

ASKED = []  # texts: heads of CONNECT, and "SOCKS5 host port user password"
USER, PASSWORD = "us:er", "pass word %41"


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            connection = self.request
            if self.server.context is not None:
                connection = self.server.context.wrap_socket(connection, server_side=True)
            first = connection.recv(1)
            target = self.socks(connection) if first == b"\5" else self.connect(connection, first)
            if target is None:
                return
            with socket.create_connection(target) as far:
                self.found(connection, first == b"\5")
                threading.Thread(target=pump, args=(far, connection), daemon=True).start()
                pump(connection, far)
        except OSError:
            pass

    @staticmethod
    def found(connection, by_socks):
        """The answer to CONNECT has headers, which are not the server's."""
        connection.sendall(b"\5\0\0\1\0\0\0\0\0\0" if by_socks else
                           b"HTTP/1.1 200 Go on\r\nContent-Type: text/of-the-proxy\r\nRetry-After: 77\r\n\r\n")

    def connect(self, connection, head):
        while not head.endswith(b"\r\n\r\n"):
            byte = connection.recv(1)
            if not byte:
                return None
            head += byte
        ASKED.append(head.decode())
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode())
        code = self.server.code
        if code == 407 and b"Proxy-Authorization: Basic " + login + b"\r\n" in head:
            code = 200
        if code != 200:
            connection.sendall(b"HTTP/1.1 %d No\r\nProxy-Authenticate: Basic realm=x\r\nRetry-After: 77\r\n"
                               b"Content-Type: text/of-the-proxy\r\nContent-Length: 5\r\n\r\nno no" % code)
            return None
        host, _, port = head.split()[1].decode().rpartition(":")
        return self.server.names.get(host, host).strip("[]"), int(port)

    @staticmethod
    def exactly(connection, count):
        data = b""
        while len(data) < count:
            more = connection.recv(count - len(data))
            if not more:
                raise OSError
            data += more
        return data

    def socks(self, connection):
        def take(count):
            return self.exactly(connection, count)

        methods = take(take(1)[0])
        user = password = b""
        needs = self.server.code == 407
        connection.sendall(b"\5\2" if needs and b"\2" in methods else b"\5\xff" if needs else b"\5\0")
        if needs and b"\2" not in methods:
            return None
        if needs:
            take(1)
            user = take(take(1)[0])
            password = take(take(1)[0])
            right = (user.decode(), password.decode()) == (USER, PASSWORD)
            connection.sendall(b"\1\0" if right else b"\1\1")
            if not right:
                return None
        kind = take(4)[3]
        host = (take(take(1)[0]).decode() if kind == 3 else
                socket.inet_ntop(socket.AF_INET6, take(16)) if kind == 4 else socket.inet_ntoa(take(4)))
        port = struct.unpack("!H", take(2))[0]
        ASKED.append(f"SOCKS5 {host} {port} {user.decode()} {password.decode()}\n")
        if self.server.code not in (200, 407):
            connection.sendall(b"\5\2\0\1\0\0\0\0\0\0" if self.server.code == 403 else b"\5\4\0\1\0\0\0\0\0\0")
            return None
        return self.server.names.get(host, host), port


class Proxy(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """code: 200, or what it answers to all, 407 only to those without the right login. pair: certificate and key."""

    daemon_threads = True
    request_queue_size = 50

    def __init__(self, code=200, pair=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.code = code
        self.names = {"known-to-the-proxy.example": "127.0.0.1"}
        self.context = None
        if pair is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*pair)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass
