# SPDX-License-Identifier: Apache-2.0
"""Tests of examples/python and examples/kubernetes/python on a real control plane."""
