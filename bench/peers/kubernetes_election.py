# SPDX-License-Identifier: Apache-2.0
"""The leader election of the Python client for Kubernetes, with the durations of its own example.

    python kubernetes_election.py LOCK"""

import os
import sys
import threading
import time

from kubernetes import config
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock


def say(word):
    print(f"{word} {time.monotonic() * 1e3:.3f}", flush=True)


class Lock(LeaseLock):
    """Says when another is first seen to lead."""

    seen = False

    def get(self, name, namespace):
        found, record = super().get(name, namespace)
        if found and record is not None and record.holder_identity != self.identity and not self.seen:
            self.seen = True
            say("standby")
        return found, record


def lead():
    say("leader")
    threading.Event().wait()


config.load_kube_config(os.environ["KUBECONFIG"])
lock = Lock(sys.argv[1], os.environ["POD_NAMESPACE"], os.environ["POD_NAME"])
leaderelection.LeaderElection(electionconfig.Config(
    lock, lease_duration=17, renew_deadline=15, retry_period=5, onstarted_leading=lead, onstopped_leading=None)).run()
