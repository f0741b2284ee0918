# SPDX-License-Identifier: Apache-2.0
#
# Each tests/fuzz/fuzz_<what>.c is one program: a target of libFuzzer, or with AFL++'s compiler one of AFL++. What is
# tried must be built for it: script/lib/suites/fuzz.sh has the flags.

file(GLOB fuzz_targets CONFIGURE_DEPENDS tests/fuzz/fuzz_*.c)
set(fuzz_command ${command_sources} c/src/base/text.c)
list(FILTER fuzz_command EXCLUDE REGEX "/main\\.c$")
foreach(source IN LISTS fuzz_targets)
    get_filename_component(target "${source}" NAME_WE)
    add_executable(${target} "${source}")
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/fuzz")
    target_include_directories(${target} PRIVATE c c/src tests)
    target_link_libraries(${target} PRIVATE leaderlife_static leaderlife_flags)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
endforeach()

# Parts of the command.
target_sources(fuzz_arguments PRIVATE ${fuzz_command})
target_link_options(fuzz_arguments PRIVATE LINKER:--wrap=log_say)
list(FILTER fuzz_command EXCLUDE REGEX "/health\\.c$")
target_sources(fuzz_health PRIVATE ${fuzz_command})
foreach(target IN ITEMS fuzz_arguments fuzz_health)
    target_link_libraries(${target} PRIVATE PkgConfig::MICROHTTPD PkgConfig::JANSSON)
endforeach()
