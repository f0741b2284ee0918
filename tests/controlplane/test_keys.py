# SPDX-License-Identifier: Apache-2.0
"""The certificate authority of the tests serves threads that ask at the same time."""

import subprocess
from concurrent.futures import ThreadPoolExecutor

from .keys import Authority


def test_threads_get_certificates_of_their_own(tmp_path):
    authority = Authority(str(tmp_path))
    with ThreadPoolExecutor(8) as threads:
        pairs = list(threads.map(lambda number: authority.serving(f"server-{number}"), range(12)))
    subprocess.run(["openssl", "verify", "-CAfile", authority.cert, *[pair.cert for pair in pairs]], check=True,
                   stdout=subprocess.DEVNULL)
    serials = {subprocess.check_output(["openssl", "x509", "-noout", "-serial", "-in", pair.cert]) for pair in pairs}
    assert len(serials) == len(pairs)
