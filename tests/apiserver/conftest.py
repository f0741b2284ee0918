# SPDX-License-Identifier: Apache-2.0
"""The fake server, and the real control plane that it is compared with."""

from controlplane.fixtures import cluster  # noqa: F401

from .fixtures import server  # noqa: F401
