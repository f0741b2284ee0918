# SPDX-License-Identifier: Apache-2.0
#
# The target leaderlife as a shared library.

set(version_script "${PROJECT_SOURCE_DIR}/c/leaderlife.map")
add_library(leaderlife SHARED $<TARGET_OBJECTS:leaderlife_objects>)
set_target_properties(leaderlife PROPERTIES
    VERSION ${PROJECT_VERSION}
    SOVERSION 0
    LINKER_LANGUAGE C
    LINK_DEPENDS "${version_script}")
target_link_options(leaderlife PRIVATE ${small} "LINKER:--version-script=${version_script}")
# One segment more for constants alone would cost up to two pages of padding in the file, a tenth of it.
target_link_options(leaderlife PRIVATE LINKER:-z,noseparate-code)
# Relative relocations as a bitmap. Older linkers know the option, and older loaders not what it makes: so it is tried.
if(NOT CMAKE_CROSSCOMPILING)
    include(CheckCSourceRuns)
    set(CMAKE_REQUIRED_FLAGS -fPIE)
    set(CMAKE_REQUIRED_LINK_OPTIONS -pie LINKER:-z,pack-relative-relocs)
    check_c_source_runs("static int here; int *volatile there = &here; int main(void) { return there != &here; }"
        relative_relocations_packed)
    unset(CMAKE_REQUIRED_FLAGS)
    unset(CMAKE_REQUIRED_LINK_OPTIONS)
    if(relative_relocations_packed)
        target_link_options(leaderlife PRIVATE LINKER:-z,pack-relative-relocs)
    endif()
endif()
# The sanitizers' own symbols come with the program, not with the library.
if(NOT sanitized)
    target_link_options(leaderlife PRIVATE LINKER:--no-undefined)
endif()
target_link_libraries(leaderlife PRIVATE $<BUILD_INTERFACE:leaderlife_flags> ${leaderlife_dependencies})
load_curl(leaderlife)
