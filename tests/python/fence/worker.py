# SPDX-License-Identifier: Apache-2.0
"""A leader that writes to every store: once when it leads, and once more when the file GO is there; the second time
through the fence, and if that refuses it, without. Says what becomes of it, a line for each.

    worker.py LOCK GO ADDRESSES      JSON: {"sqlite": path, ...}; "kubernetes": [server, ca_file, token_file, path]
"""

import json
import sys
import time
from pathlib import Path

import leaderlife
from controlplane.client import ApiError, Client
from leaderlife.fence import StaleTokenError

from . import stores


def say(*words):
    print(*words, flush=True)


def opened(addresses, lock):
    server, ca_file, token_file, path = addresses["kubernetes"]
    client = Client(server, ca_file, token=Path(token_file).read_text(encoding="ascii"))
    return [kind({**addresses, "kubernetes": (client, path)}[name], lock) for name, kind in stores.ALL.items()]


def write_late(store, token):
    try:
        store.write(token, "late")
        say("wrote", store.name)
    except StaleTokenError as error:
        say("refused", store.name, error.lock, error.token, error.newest)


def main(lock, go, addresses):
    writers = opened(json.loads(addresses), lock)
    with leaderlife.become(lock, on_lost=None) as leader:
        token = leader.token
        for store in writers:
            store.write(token, "early")
        kubernetes = writers[-1]
        found = kubernetes.read(token)
        say("working with token", token)
        while not Path(go).exists():
            time.sleep(0.02)
        try:
            kubernetes.replace(found, token, "late")
            say("replaced")
        except ApiError as error:
            say("not replaced:", error.code)
        for store in writers:
            write_late(store, token)
        for store in writers:
            store.write_past(token, "past the fence")
            say("wrote past the fence of", store.name)
        say("done")


if __name__ == "__main__":
    main(*sys.argv[1:])
