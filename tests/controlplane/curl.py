# SPDX-License-Identifier: Apache-2.0
"""The command curl as a candidate's client: the one at hand that speaks HTTP/2
and says what its connection went through."""

import subprocess
from typing import NamedTuple


class Done(NamedTuple):
    """What it printed for each URL ("version code "), and all else that it said."""
    printed: str
    said: str
    status: int

    @property
    def codes(self):
        return self.printed.split()[1::2]


def command(candidate, *options):
    """The command line but for the URLs, with the candidate's token from a file, not in sight of all."""
    with open(candidate.token_file, encoding="ascii") as file:
        token = file.read()
    header = candidate.token_file + ".header"
    with open(header, "w", encoding="ascii") as file:
        file.write("Authorization: Bearer " + token)
    return ["curl", "-sS", "--http2", "--cacert", candidate.ca_file, "-H", "@" + header, *options]


def curl(proxy, candidate, *paths, options=()):
    """Gets the paths one after another, if possible on one connection."""
    urls = [part for path in paths for part in ("-o", "/dev/null", proxy.url + path)]
    done = subprocess.run(command(candidate, "-w", "%{http_version} %{http_code} ", *options, *urls),
                          capture_output=True, text=True, timeout=60)
    return Done(done.stdout, done.stderr, done.returncode)
