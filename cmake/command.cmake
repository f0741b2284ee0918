# SPDX-License-Identifier: Apache-2.0
#
# The leaderlife command: on the public API of the shared library, with libmicrohttpd for --health. Of the library's sources
# it shares only base/text.c, which knows nothing of elections.

leaderlife_require(MICROHTTPD "libmicrohttpd>=0.9.71" libmicrohttpd-dev libmicrohttpd-devel
    "\nWithout the command: -DLEADERLIFE_COMMAND=OFF")

file(GLOB command_sources CONFIGURE_DEPENDS c/cli/*.c)
add_executable(leaderlife_command ${command_sources} c/src/base/text.c)
set_target_properties(leaderlife_command PROPERTIES
    OUTPUT_NAME leaderlife
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin"
    INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
target_include_directories(leaderlife_command PRIVATE c/src)
target_compile_options(leaderlife_command PRIVATE $<$<CONFIG:Release>:-Os>)
target_link_libraries(leaderlife_command PRIVATE leaderlife leaderlife_flags PkgConfig::MICROHTTPD PkgConfig::JANSSON)
install(TARGETS leaderlife_command DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT runtime)
install(FILES docs/leaderlife.1 DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT runtime)
install(FILES c/cli/leaderlife.bash RENAME leaderlife
    DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" COMPONENT runtime)
install(FILES c/cli/_leaderlife DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" COMPONENT runtime)
