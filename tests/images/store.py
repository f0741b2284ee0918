# SPDX-License-Identifier: Apache-2.0
"""Images without a daemon and without a registry: a base made by debootstrap from this machine's own Debian mirror,
Dockerfiles built on it by buildah, and run by runc. What is built stays in one folder, so that the next run builds what
has changed."""

import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BASE = "localhost/leaderlife-test-base"
LIMIT_S = 1800
TOOLS = {"buildah": "buildah", "runc": "runc", "debootstrap": "debootstrap", "tar": "tar"}


def run(*command, limit_s=LIMIT_S, **more):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=limit_s, **more)
    assert done.returncode == 0, f"{command}\n{done.stdout[-8000:]}{done.stderr[-8000:]}"
    return done.stdout


def missing():
    """Why no image can be built here; None."""
    if os.geteuid() != 0:
        return "only root may build images as these tests do"
    lacking = [package for tool, package in TOOLS.items() if not shutil.which(tool)]
    if lacking:
        return f"missing packages: {' '.join(lacking)}"
    if mirror() is None:
        return "apt knows no mirror of Debian here"
    return None


def release():
    return platform.freedesktop_os_release().get("VERSION_CODENAME", "")


def mirror():
    """Where this machine gets its own packages from; None."""
    if not shutil.which("apt-get") or platform.freedesktop_os_release().get("ID") != "debian":
        return None
    lines = run("apt-get", "indextargets", "--format", "$(SITE) $(COMPONENT) $(CODENAME)").splitlines()
    return next((site for site, component, codename in map(str.split, sorted(set(lines)))
                 if component == "main" and codename == release()), None)


class Store:
    """Images below a folder, which is kept."""

    def __init__(self, folder):
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)

    def buildah(self, *words, **more):
        return run("buildah", "--root", self._folder / "storage", "--runroot", self._folder / "run", "--storage-driver",
                   "overlay", *words, **more)

    def base(self):
        """The name of a Debian as small as its own images are."""
        name = f"{BASE}:{release()}"
        if not self.buildah("images", "--quiet", "--filter", f"reference={name}").strip():
            with tempfile.TemporaryDirectory(dir=self._folder) as folder:
                run("debootstrap", "--variant=minbase", release(), f"{folder}/root", mirror())
                for pattern in ("var/cache/apt/archives/*.deb", "var/lib/apt/lists/*_*"):
                    for path in Path(folder, "root").glob(pattern):
                        path.unlink()
                container = self.buildah("from", "scratch").strip()
                self.buildah("add", container, f"{folder}/root", "/")
                self.buildah("commit", "--rm", container, name)
        return name

    def build(self, dockerfile, name):
        """Layers that are as they were are taken from the last run; what nothing uses any more goes. The first stage
        has a name, too, since a layer without one would go."""
        base = self.base()
        for stage, options in [(f"{name}-build", ["--target", "build"]), (name, [])]:
            self.buildah("bud", "--isolation", "chroot", "--layers", "--build-arg", f"BASE={base}", "--file",
                         dockerfile, "--tag", stage, *options, ROOT)
        self.buildah("rmi", "--prune", "--force")
        return name

    def settings(self, image):
        """What the Dockerfile says of how it is run: User, Entrypoint, Env."""
        return json.loads(self.buildah("inspect", "--type", "image", image))["OCIv1"]["config"]

    @contextmanager
    def unpacked(self, image):
        """The folder of its files."""
        container = self.buildah("from", image).strip()
        try:
            yield Path(self.buildah("mount", container).strip())
        finally:
            self.buildah("rm", container)


def bundle(folder, root, settings, arguments):
    """Writes what runc wants to know: an image's program, as its user, on files that cannot be written, among this
    machine's processes that share its network."""
    run("runc", "spec", "--bundle", folder)
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    user, _, group = settings["User"].partition(":")
    config["root"] = {"path": str(root), "readonly": True}
    config["process"].update(terminal=False, args=[*settings["Entrypoint"], *arguments], cwd="/",
                             user={"uid": int(user), "gid": int(group)}, noNewPrivileges=True,
                             capabilities={kind: [] for kind in config["process"]["capabilities"]},
                             env=settings.get("Env") or ["PATH=/usr/bin:/bin"])
    config["linux"]["namespaces"] = [space for space in config["linux"]["namespaces"] if space["type"] != "network"]
    path.write_text(json.dumps(config), encoding="utf-8")


def packages(root):
    """The names of what is installed there."""
    text = (root / "var" / "lib" / "dpkg" / "status").read_text(encoding="utf-8")
    return set(re.findall(r"^Package: (\S+)\nStatus: install ok installed$", text, re.MULTILINE))


def size(folder):
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
