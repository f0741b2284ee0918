# SPDX-License-Identifier: Apache-2.0
"""python -m leaderlife run|status|doctor|rbac …: the leaderlife command, where it
is installed."""

import os
import shutil
import sys
import sysconfig


def find_command() -> "str | None":
    """Where pip puts it for this Python, or for this user; else by PATH."""
    folders = [os.path.dirname(sys.executable), sysconfig.get_path("scripts"),
               sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user"))]
    for folder in folders:
        command = os.path.join(folder, "leaderlife")
        if os.access(command, os.X_OK):
            return command
    return shutil.which("leaderlife")


def main(arguments: "list[str]") -> int:
    command = find_command()
    if command is None:
        print("leaderlife: the command is not installed here, neither beside this Python nor on PATH: wheels have it, "
              "a package that was built from the sources has not; install it, and let PATH name its folder",
              file=sys.stderr)
        return 127
    os.execv(command, [command, *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
