# SPDX-License-Identifier: Apache-2.0
"""The package in the frameworks and servers in which Python runs."""
