# SPDX-License-Identifier: Apache-2.0
#
# How all our own C is compiled: warnings, hardening, sanitizers. An interface target, so that nothing of it
# reaches the programs that use the library.

add_library(leaderlife_flags INTERFACE)

set(optimized "$<OR:$<CONFIG:Release>,$<CONFIG:RelWithDebInfo>,$<CONFIG:MinSizeRel>>")

target_compile_features(leaderlife_flags INTERFACE c_std_11)
target_compile_definitions(leaderlife_flags INTERFACE _GNU_SOURCE)
target_compile_options(leaderlife_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes
    -fstack-protector-strong
    $<$<BOOL:${LEADERLIFE_WERROR}>:-Werror>)
target_link_options(leaderlife_flags INTERFACE -Wl,--as-needed -Wl,-z,relro,-z,now -Wl,-z,noexecstack)

if(LEADERLIFE_SANITIZE)
    set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_compile_options(leaderlife_flags INTERFACE ${sanitizers})
    target_link_options(leaderlife_flags INTERFACE ${sanitizers})
else()
    # Some compilers define it themselves, which would be a redefinition; it needs an optimised build.
    target_compile_options(leaderlife_flags INTERFACE $<${optimized}:-U_FORTIFY_SOURCE> $<${optimized}:-D_FORTIFY_SOURCE=2>)
endif()
