# SPDX-License-Identifier: Apache-2.0
"""A management command of Django that works in one replica at a time.

    cp django_command.py APP/management/commands/scheduler.py
    python manage.py scheduler [--lock LOCK]

Run it in a Deployment of its own, with as many replicas as you like.
"""

import signal
import sys

import django.db
import leaderlife
import ticks
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "does the periodic work in one replica at a time"

    def add_arguments(self, parser):
        parser.add_argument("--lock", default="django-scheduler")

    def handle(self, *_arguments, lock, **_options):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        leaderlife.campaign(lock, self.work)  # leads, and is elected again after a loss, until the process ends

    def work(self, term):
        """Called whenever this process leads, in a thread of its own, which has its own connections to databases."""
        self.stdout.write(f"leading, token {term.token}")
        try:
            while True:
                django.db.close_old_connections()  # as between two requests: one that has broken is made anew
                ticks.tick(term.token)
                if term.wait(ticks.SECONDS):
                    return
        finally:
            django.db.connections.close_all()
