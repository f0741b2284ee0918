# SPDX-License-Identifier: Apache-2.0
"""The frameworks: which example, how a replica of it is started, and how it behaves. The table of the tests and of
docs/python/howto.md."""

import dataclasses
import re
import shutil

HERE = __file__.rpartition("/")[0]


@dataclasses.dataclass(frozen=True)
class Framework:
    """name: as the table has it. package: what its version is that of, in PyPI. shown: the command of a replica, as
    docs/python/howto.md has it. lock: the name of the lock in that or in the example; tests replace it by one of their
    own. extra: what tests add to the command, with a free port as {port}. example: its file, and files: what it needs
    beside. broker: replicas hand out the work by one. worker: the command of what does it then, beside the replicas.
    hangup: SIGHUP restarts what leads. replicas: in the core. seconds: from tick to tick. patience: the ticks that are
    waited for at a time."""
    name: str
    package: str
    shown: str
    lock: str
    example: str | None = None
    files: tuple = ()
    extra: str = ""
    broker: bool = False
    worker: str | None = None
    hangup: bool = False
    replicas: int = 3
    seconds: float = 0.2
    patience: int = 2

    @property
    def test(self):
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")

    @property
    def runs(self):
        """It is under `leaderlife run`."""
        return self.shown.startswith(f"leaderlife run {self.lock} -- ")

    @property
    def ticks_itself(self):
        """In the process that leads, not in a worker or a child."""
        return not (self.broker or self.runs)

    def command(self, lock, port, elects):
        """The words of it. elects: with leaderlife."""
        words = self.shown.split()
        if self.runs:
            words[2] = lock
            words = words if elects else words[4:]
        elif words[0] == "python":
            words[2:] = [{self.lock: lock, "8080": str(port)}.get(word, word) for word in words[2:]]
        return words + self.extra.format(port=port).split()


CELERY = {"package": "celery", "lock": "beat", "example": "celery_beat.py", "broker": True}
WORKER = "celery -A celery_beat worker"

FRAMEWORKS = [
    Framework("Celery beat, `leaderlife run`", shown="leaderlife run beat -- celery -A celery_beat beat",
              worker=WORKER, **CELERY),
    Framework("Celery beat, in its process", shown="celery -A celery_beat beat", worker=WORKER, **CELERY),
    Framework("Celery, `worker -B`", shown="celery -A celery_beat worker -B", extra="--concurrency 1 -n {port}@%h",
              **CELERY),
    Framework("APScheduler", "APScheduler", "python apscheduler_service.py scheduler", "scheduler",
              "apscheduler_service.py"),
    Framework("FastAPI, uvicorn with 2 workers", "fastapi", "uvicorn --workers 2 fastapi_app:app", "fastapi",
              "fastapi_app.py", extra="--port {port}"),
    Framework("Django", "Django", "python manage.py scheduler --lock django-scheduler", "django-scheduler",
              "django_command.py", ("manage.py",)),
    Framework("gunicorn, 2 workers", "gunicorn", "gunicorn --config gunicorn_conf.py --workers 2 hello:app", "gunicorn",
              "gunicorn_conf.py", ("hello.py",), extra="--bind 127.0.0.1:{port}", hangup=True),
    Framework("aiohttp", "aiohttp", "python aiohttp_app.py aiohttp 8080", "aiohttp", "aiohttp_app.py"),
    Framework("Dagster's daemon, `leaderlife run`", "dagster",
              "leaderlife run dagster -- dagster-daemon run -f dagster_definitions.py", "dagster",
              files=("dagster_definitions.py",), replicas=2, seconds=5, patience=1),
]


def lay_out(framework, lock, root, directory):
    """A replica's folder: the example with that lock, the ticks, and what is needed beside, as an image has them."""
    directory.mkdir()
    examples = root / "examples" / "python"
    shutil.copy(examples / "ticks.py", directory)
    for file in framework.files:
        shutil.copy(root / "tests" / "python" / "howto" / "programs" / file, directory)
    if framework.example is None:
        return
    text = (examples / framework.example).read_text(encoding="utf-8")
    text, count = re.subn(rf'^LOCK = "{framework.lock}"$', f'LOCK = "{lock}"', text, flags=re.MULTILINE)
    assert count + framework.shown.split().count(framework.lock) >= 1, f"{framework.name} names no {framework.lock}"
    target = directory / framework.example
    if framework.package == "Django":
        target = directory / "site_app" / "management" / "commands" / "scheduler.py"
        target.parent.mkdir(parents=True)
    target.write_text(text, encoding="utf-8")
