# SPDX-License-Identifier: Apache-2.0
#
# The library: compiled once, linked twice. The one that is installed shows the public functions only, whether it is
# shared or static (BUILD_SHARED_LIBS); leaderlife_static is for the tests, which look inside, and for the modules of
# other languages.

# The folders of c/src, from below upwards (docs/architecture.md).
set(leaderlife_folders base io machine backend local)
if(LEADERLIFE_KUBERNETES)
    list(APPEND leaderlife_folders io/http kubernetes/objects kubernetes/config kubernetes/api kubernetes/watch
        kubernetes/backend kubernetes/diagnosis kubernetes)
else()
    list(APPEND leaderlife_folders without_kubernetes)
endif()
list(APPEND leaderlife_folders election)
list(TRANSFORM leaderlife_folders REPLACE "(.+)" "c/src/\\1/*.c" OUTPUT_VARIABLE leaderlife_globs)
file(GLOB leaderlife_sources CONFIGURE_DEPENDS ${leaderlife_globs})

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
# The library waits most of the time, in programs that have other work: so size counts, not speed. Linking optimises,
# too.
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
# It runs in threads of other people's programs: an election needs 24 KiB of their stack with OpenSSL (the tests in C
# run on 64 KiB, tests/small_stack.c), and no function of ours may take much of it. Sanitizers make every frame larger.
if(NOT sanitized)
    target_compile_options(leaderlife_objects PRIVATE -Wframe-larger-than=6144)
endif()
target_include_directories(leaderlife_objects PRIVATE c/include c/src)
target_link_libraries(leaderlife_objects PRIVATE leaderlife_flags ${leaderlife_dependencies})

# load_curl(TARGET): a library or module that people load has libcurl loaded when it is first needed. Since all
# functions of libcurl that are called are defined in it, the linker leaves libcurl out (--as-needed).
if(leaderlife_curl)
    add_library(leaderlife_curl OBJECT c/src/io/curl/load.c)
    set_target_properties(leaderlife_curl PROPERTIES
        POSITION_INDEPENDENT_CODE ON
        C_VISIBILITY_PRESET hidden
        INTERPROCEDURAL_OPTIMIZATION_RELEASE ${whole_program})
    target_compile_definitions(leaderlife_curl PRIVATE LEADERLIFE_CURL="${leaderlife_curl}")
    target_compile_options(leaderlife_curl PRIVATE ${small})
    target_include_directories(leaderlife_curl PRIVATE c/include c/src)
    target_link_libraries(leaderlife_curl PRIVATE leaderlife_flags PkgConfig::CURL)
endif()
function(load_curl target)
    if(leaderlife_curl)
        target_sources(${target} PRIVATE $<TARGET_OBJECTS:leaderlife_curl>)
        target_link_libraries(${target} PRIVATE ${CMAKE_DL_LIBS})
    endif()
endfunction()

if(BUILD_SHARED_LIBS)
    include(library_shared)
else()
    include(library_static)
endif()
add_library(leaderlife::leaderlife ALIAS leaderlife)
target_include_directories(leaderlife PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/c/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

add_library(leaderlife_static STATIC EXCLUDE_FROM_ALL $<TARGET_OBJECTS:leaderlife_objects>)
set_target_properties(leaderlife_static PROPERTIES LINKER_LANGUAGE C)
target_include_directories(leaderlife_static PUBLIC c/include)
target_link_libraries(leaderlife_static PUBLIC ${leaderlife_dependencies})
# A static library that is installed must not hold one compiler's own intermediate code.
if(BUILD_SHARED_LIBS)
    set_target_properties(leaderlife_objects leaderlife leaderlife_static PROPERTIES
        INTERPROCEDURAL_OPTIMIZATION_RELEASE ${whole_program})
endif()
