# SPDX-License-Identifier: Apache-2.0
"""The shared control plane for what the README shows."""

from controlplane.fixtures import cluster  # noqa: F401
