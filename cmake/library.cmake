# SPDX-License-Identifier: Apache-2.0
#
# The library: compiled once, linked twice. The shared one shows the public functions only; the static one is for
# the tests, which look inside, and is not installed.

file(GLOB leaderlife_sources CONFIGURE_DEPENDS
    c/src/*.c
    c/src/base/*.c
    c/src/io/*.c
    c/src/local/*.c
    c/src/kubernetes/*.c)

math(EXPR version_number
    "${PROJECT_VERSION_MAJOR} * 10000 + ${PROJECT_VERSION_MINOR} * 100 + ${PROJECT_VERSION_PATCH}")

add_library(leaderlife_objects OBJECT ${leaderlife_sources})
set_target_properties(leaderlife_objects PROPERTIES
    POSITION_INDEPENDENT_CODE ON
    C_VISIBILITY_PRESET hidden)
target_compile_definitions(leaderlife_objects PRIVATE
    LEADERLIFE_BUILDING
    LEADERLIFE_VERSION_STRING="${PROJECT_VERSION}"
    LEADERLIFE_VERSION_NUMBER=${version_number})
# It spends its life waiting, in programs that have other work: smallness counts, not speed. Linking optimises, too.
include(CheckCCompilerFlag)
check_c_compiler_flag(-Oz smaller_than_os)
set(small $<$<CONFIG:Release>:$<IF:$<BOOL:${smaller_than_os}>,-Oz,-Os>>)
# All symbols are bound when the library is loaded (flags.cmake), so a table that binds them later is of no use.
check_c_compiler_flag(-fno-plt can_call_without_table)
if(can_call_without_table)
    target_compile_options(leaderlife_objects PRIVATE -fno-plt)
endif()
target_compile_options(leaderlife_objects PRIVATE ${small})
include(CheckIPOSupported)
check_ipo_supported(RESULT whole_program OUTPUT unsupported LANGUAGES C)
target_include_directories(leaderlife_objects PRIVATE c/include c/src)
target_link_libraries(leaderlife_objects PRIVATE leaderlife_flags ${leaderlife_dependencies})

set(version_script "${PROJECT_SOURCE_DIR}/c/leaderlife.map")
add_library(leaderlife SHARED $<TARGET_OBJECTS:leaderlife_objects>)
add_library(leaderlife::leaderlife ALIAS leaderlife)
set_target_properties(leaderlife PROPERTIES
    VERSION ${PROJECT_VERSION}
    SOVERSION 0
    LINKER_LANGUAGE C
    LINK_DEPENDS "${version_script}")
target_include_directories(leaderlife PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/c/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
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
if(NOT LEADERLIFE_SANITIZE)
    target_link_options(leaderlife PRIVATE LINKER:--no-undefined)
endif()
target_link_libraries(leaderlife PRIVATE $<BUILD_INTERFACE:leaderlife_flags> ${leaderlife_dependencies})

add_library(leaderlife_static STATIC EXCLUDE_FROM_ALL $<TARGET_OBJECTS:leaderlife_objects>)
set_target_properties(leaderlife_static PROPERTIES LINKER_LANGUAGE C)
set_target_properties(leaderlife_objects leaderlife leaderlife_static PROPERTIES
    INTERPROCEDURAL_OPTIMIZATION_RELEASE ${whole_program})
target_include_directories(leaderlife_static PUBLIC c/include)
target_link_libraries(leaderlife_static PUBLIC ${leaderlife_dependencies})
