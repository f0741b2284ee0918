# SPDX-License-Identifier: Apache-2.0
"""A kopf operator that acts only while it leads. Any number of replicas; no kopf
peering, so no custom resource for it and no objects rewritten every minute.

    pip install kopf kubernetes
    python kopf_operator.py LOCK [PORT]     (in a pod; or with KUBECONFIG, POD_NAME and POD_UID)

It signs each ConfigMap with the label example.com/sign: "yes". PORT answers readiness probes, of standbys too (kopf's
own --liveness begins only with kopf).

kopf begins after the election, in the same loop: then it lists all objects, and handles what has changed since any
leader saw them. Handlers that standbys skip (`when=` it leads) would lose changes instead: kopf asks such a filter when
the object changes, and not again when the lead does. A standby becomes leader then, and never handles what came before.
"""

import asyncio
import os
import sys

import kopf

import leaderlife.aio


@kopf.on.startup()
def settle(settings, **_):
    # A Role is enough then (configmaps: list, watch, patch). Else kopf asks for cluster-wide rights before it begins,
    # and where it has none, again and again for a minute: the next leader would be that late.
    settings.scanning.disabled = True


@kopf.on.resume("configmaps", labels={"example.com/sign": "yes"})
@kopf.on.create("configmaps", labels={"example.com/sign": "yes"})
@kopf.on.update("configmaps", labels={"example.com/sign": "yes"}, field="data")
def sign(name, patch, memo, **_):
    """No fence: kopf's patches carry no version. What must be fenced is written as in kubernetes_loop.py."""
    if not memo.election.is_leader:
        raise kopf.TemporaryError("no longer the leader", delay=5)
    patch.metadata.annotations["example.com/signed-by"] = memo.election.holder
    patch.metadata.annotations["example.com/leader-token"] = memo.election.token
    print(f"signed {name}", flush=True)


async def lead(election):
    await election.become()
    print(f"leading, token {election.token}", flush=True)
    operator = kopf.operator(namespaces=[os.environ["POD_NAMESPACE"]], standalone=True,
                             memo=kopf.Memo(election=election))
    # ends at SIGTERM, which kopf takes while it runs, or cancelled with LostError
    await election.while_leading(operator)


async def main(lock, port):
    election = leaderlife.aio.Election(lock)

    async def ready(_reader, writer):
        status = "200 OK" if election.is_ready else "503 Service Unavailable"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        writer.close()

    async with await asyncio.start_server(ready, port=port), election:  # gives the lock back when kopf has ended
        await lead(election)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: kopf_operator.py LOCK [PORT]")
    asyncio.run(main(sys.argv[1], int((*sys.argv, 8080)[2])))
