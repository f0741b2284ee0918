# SPDX-License-Identifier: Apache-2.0
"""Forwards TCP connections to a cluster's API server, and can lose those that
there are: they stay open and are silent for ever, as behind a gateway that has
forgotten them, while new ones work. (The fault proxy's pause() silences all.)"""

import socket
import threading

_HOST = "127.0.0.1"
_BLOCK = 65536


class _Connection:
    """One client's, and ours to the server. Bytes flow until it is lost."""

    def __init__(self, client, server):
        self._sockets = (client, server)
        self.flows = threading.Event()
        self.flows.set()
        for source, target in ((client, server), (server, client)):
            target.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source, target):
        try:
            while True:
                data = source.recv(_BLOCK)
                self.flows.wait()
                if not data:
                    target.shutdown(socket.SHUT_WR)
                    return
                target.sendall(data)
        except OSError:  # one side is gone: so is the other
            self.close()

    def close(self):
        for end in self._sockets:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it was not connected any more
            end.close()
        self.flows.set()


class Tunnel:
    """Use as `with Tunnel(cluster) as tunnel`; candidates get it as their server."""

    def __init__(self, cluster):
        self.host, self.ca_file = _HOST, cluster.ca_file
        self._server = (cluster.host, cluster.port)
        self._connections = []
        self._changed = threading.Lock()
        self._listener = socket.create_server((_HOST, 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"https://{self.host}:{self.port}"

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)  # ends accept(), which a close would not
        self._listener.close()
        with self._changed:
            for connection in self._connections:
                connection.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # the end
            try:
                server = socket.create_connection(self._server)
            except OSError:
                client.close()
                continue
            with self._changed:
                self._connections.append(_Connection(client, server))

    def lose_connections(self):
        """All that there are. Returns how many."""
        with self._changed:
            for connection in self._connections:
                connection.flows.clear()
            return len(self._connections)
