# SPDX-License-Identifier: Apache-2.0
"""Tests of examples/python and examples/manifests on a real control plane."""
