# SPDX-License-Identifier: Apache-2.0
"""A program for the Python that the wheel was installed for: leads until it is asked to stop, and then gives the lock
back. Prints what it sees. An argument makes it import these modules first, by commas, and use them."""

import os
import signal
import sys

for name in filter(None, sys.argv[1:2] and sys.argv[1].split(",")):
    __import__(name)

import leaderlife  # noqa: E402


def use_others():
    """Each asks the same server by its own libcurl or OpenSSL, while we lead by ours."""
    server, ca = os.environ.get("SERVER"), os.environ.get("CA_FILE")
    if "requests" in sys.modules:
        import requests
        print("requests", requests.get(server + "/livez", verify=ca, timeout=60).status_code)
    if "pycurl" in sys.modules:
        import pycurl
        easy = pycurl.Curl()
        easy.setopt(pycurl.URL, server + "/livez")
        easy.setopt(pycurl.CAINFO, ca)
        easy.setopt(pycurl.WRITEFUNCTION, lambda _: None)
        easy.perform()
        print("pycurl", easy.getinfo(pycurl.RESPONSE_CODE))
        easy.close()


signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
print("waits", flush=True)
with leaderlife.become("lock", timeout=120, pod_network="any") as leader:
    use_others()
    print("leads as", leader.holder, "with", leaderlife.version(), flush=True)
    signal.sigwait([signal.SIGTERM])
print("gave it back", flush=True)
