# SPDX-License-Identifier: Apache-2.0
"""nginx and HAProxy with examples/lua, run for real, each with folders and ports of its own."""
