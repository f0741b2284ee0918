# SPDX-License-Identifier: Apache-2.0
"""The files that kubeconfigs name, in a folder and, with other content, in its
folder `sub`."""

import os
import shutil

from controlplane.keys import Authority


def make(folder):
    for name, token in (("", "t0ken-of-file"), ("sub", "t0ken-of-sub\n")):
        inside = os.path.join(folder, name)
        authority = Authority(inside, "test CA")
        client = authority.client("someone", name="client")
        other = authority.client("other", name="other")
        for made, wanted in ((client.cert, "client.crt"), (client.key, "client.key"), (other.key, "other.key")):
            if os.path.abspath(made) != os.path.join(os.path.abspath(inside), wanted):
                shutil.copyfile(made, os.path.join(inside, wanted))
        for file, content in (("token", token), ("empty", "")):
            with open(os.path.join(inside, file), "w", encoding="ascii") as opened:
                opened.write(content)
    return folder
