# SPDX-License-Identifier: Apache-2.0
"""As the package beside it."""

from . import Term


async def campaign(lock, work, **_options):
    return await work(Term(lock))
