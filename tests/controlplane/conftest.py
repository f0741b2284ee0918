# SPDX-License-Identifier: Apache-2.0
"""Makes the control plane's fixtures known to its own tests."""

from .fixtures import cluster, hollow_node, namespace, proxy  # noqa: F401
