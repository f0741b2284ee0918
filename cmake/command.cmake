# SPDX-License-Identifier: Apache-2.0
#
# The leaderlife command: on the public API of the library, with libmicrohttpd for --health and jansson for JSON. Of the
# library's sources it shares only base/text.c, which knows nothing of elections and which the library does not show.

leaderlife_require(MICROHTTPD "libmicrohttpd>=0.9.71" libmicrohttpd-dev libmicrohttpd-devel
    "\nWithout the command: -DLEADERLIFE_COMMAND=OFF")
file(GLOB command_sources CONFIGURE_DEPENDS c/cli/*.c c/cli/run/*.c c/cli/status/*.c)
add_executable(leaderlife_command ${command_sources} c/src/base/text.c)
set_target_properties(leaderlife_command PROPERTIES
    OUTPUT_NAME leaderlife
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
# Zig's compiler makes programs for a fixed address unless it is told otherwise; so do some distributions'.
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)
set_target_properties(leaderlife_command PROPERTIES POSITION_INDEPENDENT_CODE ON)
if(BUILD_SHARED_LIBS)
    set_target_properties(leaderlife_command PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
endif()
target_include_directories(leaderlife_command PRIVATE c c/src)
target_compile_options(leaderlife_command PRIVATE $<$<CONFIG:Release>:-Os>)
# A frame that is larger than a guard page is touched page by page.
check_c_compiler_flag(-fstack-clash-protection can_probe_stack)
if(can_probe_stack)
    target_compile_options(leaderlife_command PRIVATE -fstack-clash-protection)
endif()
if(LEADERLIFE_COMMAND_ALONE)
    set_target_properties(leaderlife_command PROPERTIES INTERPROCEDURAL_OPTIMIZATION_RELEASE ${whole_program})
    target_link_libraries(leaderlife_command PRIVATE leaderlife_static)
    target_link_options(leaderlife_command PRIVATE LINKER:--gc-sections)
else()
    target_link_libraries(leaderlife_command PRIVATE leaderlife)
endif()
target_link_libraries(leaderlife_command PRIVATE leaderlife_flags PkgConfig::MICROHTTPD PkgConfig::JANSSON)
install(TARGETS leaderlife_command DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT runtime)
install(FILES docs/leaderlife.1 DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT runtime)
install(FILES c/cli/completions/leaderlife.bash RENAME leaderlife
    DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" COMPONENT runtime)
install(FILES c/cli/completions/_leaderlife DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" COMPONENT runtime)
