# SPDX-License-Identifier: Apache-2.0
#
# The target uninstall: what the last installations of this build folder have written goes again.

configure_file(cmake/uninstall_now.cmake.in uninstall_now.cmake @ONLY)
add_custom_target(uninstall
    COMMAND "${CMAKE_COMMAND}" -P "${PROJECT_BINARY_DIR}/uninstall_now.cmake"
    COMMENT "Removing what was installed"
    VERBATIM)
