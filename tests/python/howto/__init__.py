# SPDX-License-Identifier: Apache-2.0
"""Tests of the examples for frameworks: several replicas, one of which ticks, whatever is done to them."""
