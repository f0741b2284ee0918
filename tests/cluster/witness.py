# SPDX-License-Identifier: Apache-2.0
"""Who works, as seen from outside: every worker sends a packet every 10 ms, and
the witness keeps from when to when each did. The times are the senders', by the
clock that all processes of one kernel share."""

import socket
import threading
import time
from dataclasses import dataclass

from controlplane.process import wait_for

PORT = 9999
_UDP_HEADER = 8  # bytes
_SO_RCVBUFFORCE = 33  # in Linux; Python has no name for it
_ROOM = 8 << 20  # bytes, for what comes while this machine is busy
SILENT_S = 0.5  # who has not been heard for so long has ended, or stands still
_NS = 1e9


@dataclass
class WorkPeriod:
    """One worker's life: from the first packet to the last one so far, in seconds of time.monotonic()."""
    namespace: str
    lock: str
    uid: str
    pod: str
    name: str
    life: str
    token: str
    first: float
    last: float
    packets: int = 1

    def __str__(self):
        return f"{self.pod} {self.name} (token {self.token}) from {self.first:.3f} to {self.last:.3f}"

    def overlaps(self, other):
        return self.first <= other.last and other.first <= self.last


def take_port(address):
    """The socket of the address that packets are sent to. It is never read: as long as it is open their senders are
    not refused."""
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taken.bind((address, PORT))
    return taken


class Witness(threading.Thread):
    """Use as `with Witness(address) as witness`: hears packets that are sent to that address and PORT, beside others
    in other processes that hear them too."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _ROOM)
        self._socket.bind((address, 0))
        self._socket.settimeout(1)
        self._periods = {}
        self._lock = threading.Lock()
        self._ended = False

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._ended = True
        self.join()
        self._socket.close()

    def run(self):
        while not self._ended:
            try:
                packet = self._socket.recv(2048)
            except TimeoutError:
                continue
            header = 4 * (packet[0] & 15)  # of IP: its length in words
            port = int.from_bytes(packet[header + 2:header + 4], "big")
            if port == PORT:
                self._hear(*packet[header + _UDP_HEADER:].decode().split(" "))

    def _hear(self, *sender_and_time):
        *sender, at = sender_and_time
        at, key = int(at) / _NS, tuple(sender)
        with self._lock:
            period = self._periods.get(key)
            if period is None:
                self._periods[key] = WorkPeriod(*sender, first=at, last=at)
            else:
                period.last, period.packets = max(period.last, at), period.packets + 1

    def periods(self, namespace, lock=None):
        """All so far of one lock, or of all, in the order in which they began."""
        with self._lock:
            found = [period for period in self._periods.values()
                     if period.namespace == namespace and lock in (None, period.lock)]
        return sorted(found, key=lambda period: period.first)

    def working(self, namespace, lock=None):
        """Those that have just been heard."""
        since = time.monotonic() - SILENT_S
        return [period for period in self.periods(namespace, lock) if period.last > since]

    def overlaps(self, namespace, lock=None):
        """Pairs that have worked at one time."""
        found = self.periods(namespace, lock)
        return [(one, other) for index, one in enumerate(found) for other in found[index + 1:]
                if one.lock == other.lock and one.overlaps(other)]

    def wait_for_work(self, namespace, lock=None, after=0.0, timeout=120.0, but=()):
        """The first period that has begun after that time, and is not one of `but`."""
        def found():
            return next((period for period in self.periods(namespace, lock)
                         if period.first > after and period not in but), None)
        return wait_for(f"work in {namespace}", found, timeout)
