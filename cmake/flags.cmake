# SPDX-License-Identifier: Apache-2.0
#
# How C is compiled: hardening and sanitizers for all of it, warnings for our own. Interface targets, so that nothing
# of it reaches the programs that use the library.

add_library(leaderlife_hardening INTERFACE)
add_library(leaderlife_flags INTERFACE)

set(optimized "$<OR:$<CONFIG:Release>,$<CONFIG:RelWithDebInfo>,$<CONFIG:MinSizeRel>>")

target_compile_features(leaderlife_hardening INTERFACE c_std_11)
target_compile_definitions(leaderlife_hardening INTERFACE _GNU_SOURCE)
target_compile_options(leaderlife_hardening INTERFACE
    -fstack-protector-strong
    $<$<BOOL:${LEADERLIFE_WERROR}>:-Werror>)
# Not -fcf-protection and -mbranch-protection: what they mark counts only if the C library's start files are marked too,
# which neither Debian's nor Zig's are; a compiler's own default stays (docs/security.md).
target_link_options(leaderlife_hardening INTERFACE -Wl,--as-needed -Wl,-z,relro,-z,now -Wl,-z,noexecstack)

# By our option, or by the compiler's own (CMAKE_C_FLAGS): then the shared library has functions of the sanitizers'
# without a library that defines them, since those come with the program.
string(TOUPPER "${CMAKE_BUILD_TYPE}" configuration)
set(sanitized ${LEADERLIFE_SANITIZE})
if("${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${configuration}}" MATCHES "-fsanitize=")
    set(sanitized ON)
endif()

if(LEADERLIFE_SANITIZE)
    set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_compile_options(leaderlife_hardening INTERFACE ${sanitizers})
    target_link_options(leaderlife_hardening INTERFACE ${sanitizers})
else()
    # Some compilers define it themselves, which would be a redefinition; it needs an optimised build.
    target_compile_options(leaderlife_hardening INTERFACE
        $<${optimized}:-U_FORTIFY_SOURCE> $<${optimized}:-D_FORTIFY_SOURCE=2>)
endif()

target_link_libraries(leaderlife_flags INTERFACE leaderlife_hardening)
target_compile_options(leaderlife_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes)
