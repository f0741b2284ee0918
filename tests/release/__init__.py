# SPDX-License-Identifier: Apache-2.0
"""What script/release makes, where there is nothing else: in a root file system with Python alone, and in an empty
one."""
