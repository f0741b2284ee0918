# SPDX-License-Identifier: Apache-2.0
"""python -m leaderlife run|status|doctor|rbac …: the leaderlife command, where it
is installed."""

import os
import shutil
import sys


def main(arguments: "list[str]") -> int:
    beside = os.path.join(os.path.dirname(sys.executable), "leaderlife")
    command = beside if os.access(beside, os.X_OK) else shutil.which("leaderlife")
    if command is None:
        print("leaderlife: the command is not installed here, neither beside this Python nor on PATH: it is no part of the "
              "Python package; install it, and let PATH name its folder", file=sys.stderr)
        return 127
    os.execv(command, [command, *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
