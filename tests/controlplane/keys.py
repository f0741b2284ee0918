# SPDX-License-Identifier: Apache-2.0
"""Keys and certificates by the openssl command: the cluster's CA, serving and
client certificates, and deliberately bad ones for the tests of bad input."""

import os
import secrets
import subprocess
from typing import NamedTuple


class Pair(NamedTuple):
    """Paths of a PEM certificate and of its PEM key."""
    cert: str
    key: str


def _openssl(*arguments, environment=None):
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True,
                          env={**os.environ, **(environment or {})})
    if done.returncode:
        raise RuntimeError(f"openssl {arguments[0]}: {done.stderr.strip()}")


def _ec_key(path):
    _openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", path)


def service_account_keys(directory):
    """The RSA pair that signs ServiceAccount tokens: (private, public) paths."""
    private = os.path.join(directory, "sa.key")
    public = os.path.join(directory, "sa.pub")
    _openssl("genrsa", "-out", private, "2048")
    _openssl("rsa", "-in", private, "-pubout", "-out", public)
    return private, public


class Authority:
    """A CA in a directory of its own. Two of them do not trust each other. Threads may ask at the same time.
    environment: more of it for the openssl command, such as another clock."""

    def __init__(self, directory, name="leaderlife test CA", environment=None):
        os.makedirs(directory, exist_ok=True)
        self.directory = directory
        self._environment = environment
        self.cert = os.path.join(directory, "ca.crt")
        self.key = os.path.join(directory, "ca.key")
        _ec_key(self.key)
        _openssl("req", "-x509", "-new", "-key", self.key, "-subj", f"/CN={name}",
                 "-days", "30", "-out", self.cert, environment=environment)

    def serving(self, name="serving", hosts=("IP:127.0.0.1", "DNS:localhost"), expired=False):
        """A server's certificate; hosts as in subjectAltName."""
        extensions = ["extendedKeyUsage=serverAuth", "subjectAltName=" + ",".join(hosts)]
        return self._issue(name, "/CN=" + name, extensions, expired)

    def client(self, user, groups=(), name=None, expired=False):
        """A client certificate that the API server reads as this user."""
        subject = "".join(f"/O={group}" for group in groups) + f"/CN={user}"
        return self._issue(name or "client-" + user.replace(":", "-"), subject,
                           ["extendedKeyUsage=clientAuth"], expired)

    def _issue(self, name, subject, extensions, expired):
        pair = Pair(os.path.join(self.directory, name + ".crt"),
                    os.path.join(self.directory, name + ".key"))
        request = os.path.join(self.directory, name + ".csr")
        extension_file = os.path.join(self.directory, name + ".ext")
        with open(extension_file, "w", encoding="ascii") as file:
            file.write("basicConstraints=CA:FALSE\n" + "\n".join(extensions) + "\n")
        _ec_key(pair.key)
        _openssl("req", "-new", "-key", pair.key, "-subj", subject, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self.key,
                 "-set_serial", str(1 + secrets.randbits(63)), "-days", "-1" if expired else "30",
                 "-extfile", extension_file, "-out", pair.cert, environment=self._environment)
        return pair
