# SPDX-License-Identifier: Apache-2.0
"""The site of Django in the tests."""

import sys

import django.conf
import django.core.management

django.conf.settings.configure(INSTALLED_APPS=["site_app"], USE_TZ=True, SECRET_KEY="of the tests",
                               DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
django.core.management.execute_from_command_line(sys.argv)
