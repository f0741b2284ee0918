# SPDX-License-Identifier: Apache-2.0
"""The application that gunicorn serves in the tests."""


def app(_environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello\n"]
