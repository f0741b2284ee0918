# SPDX-License-Identifier: Apache-2.0
"""Where the cluster's CA is given, nobody else's certificate is taken: not even
one of a CA that the whole system trusts, as a proxy that opens TLS has it."""

import os
import shutil
import subprocess

from controlplane.proxy import Proxy
from scenarios import programs

_TRUSTED = 'mount --bind "$0" /etc/ssl/certs; exec "$@"'


def test_the_systems_cas_do_not_count_beside_the_clusters(candidates, cluster, stranger, running, tmp_path):
    folder = tmp_path / "certs"
    folder.mkdir()
    name = subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", stranger.cert], check=True, capture_output=True,
                          text=True).stdout.strip()
    shutil.copy(stranger.cert, folder / f"{name}.0")
    shutil.copy(stranger.cert, folder / "ca-certificates.crt")
    os.chmod(folder, 0o755)
    server = running(Proxy(cluster, serving=stranger.serving("in-between")))
    words = ["unshare", "--mount", "sh", "-c", _TRUSTED, str(folder), *programs.required("c", "proxies")]
    process = candidates.start(candidates.files(proxy=server), command=words)
    candidates.notices(process, "LEADERLIFE_ETLS", server.url, "ca.crt of the service account")
