# SPDX-License-Identifier: Apache-2.0
"""An operator whose peering is kopf's: while another with more priority lives, it handles nothing. It says `leader`
when it handles.

    kopf run --peering LOCK --priority N kopf_operator.py"""

import time

import kopf


@kopf.on.event("configmaps")
def handle(**_):
    """Each namespace has one from its beginning."""
    print(f"leader {time.monotonic() * 1e3:.3f}", flush=True)
