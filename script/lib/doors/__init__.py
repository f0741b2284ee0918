# SPDX-License-Identifier: Apache-2.0
"""Newcomers who do what docs/start says."""
