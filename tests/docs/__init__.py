# SPDX-License-Identifier: Apache-2.0
"""Tests of the pages as texts: what they are made of, where their links lead, how long they are."""
