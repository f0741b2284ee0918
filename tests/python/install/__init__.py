# SPDX-License-Identifier: Apache-2.0
"""The Python package as people get it: source distribution, wheel, pip, and the versions of Python."""
