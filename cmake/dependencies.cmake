# SPDX-License-Identifier: Apache-2.0
#
# What the library depends on. The message for a missing library names the package that has it.

find_package(PkgConfig REQUIRED)

# More words are added to the message. A library that is there and too old is not called absent.
function(leaderlife_require prefix module debian fedora)
    pkg_check_modules(${prefix} QUIET IMPORTED_TARGET ${module})
    if(NOT ${prefix}_FOUND)
        string(REGEX REPLACE "[<>=].*" "" name "${module}")
        string(REGEX REPLACE ".*>=" "" needed "${module}")
        execute_process(COMMAND "${PKG_CONFIG_EXECUTABLE}" --modversion "${name}"
            OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE absent)
        execute_process(COMMAND "${PKG_CONFIG_EXECUTABLE}" --print-errors --exists "${name} >= ${needed}"
            ERROR_VARIABLE why OUTPUT_QUIET)
        if(NOT absent AND found VERSION_LESS needed)
            pkg_get_variable(folder "${name}" pcfiledir)
            message(FATAL_ERROR
                "leaderlife needs ${name} ${needed} or newer, and found ${found} (${folder}/${name}.pc).\n"
                "This system is too old for it, or a newer one is installed in a place of its own: then set "
                "PKG_CONFIG_PATH to its lib/pkgconfig. Else build a newer ${name} from its sources, or leaderlife on a "
                "newer system.${ARGN}")
        endif()
        message(FATAL_ERROR
            "leaderlife needs ${module}, and pkg-config cannot use it or does not know it:\n${why}\n"
            "On Debian and Ubuntu:   apt install ${debian}\n"
            "On Fedora and RHEL:     dnf install ${fedora}\n"
            "If it is installed in a place of its own, set PKG_CONFIG_PATH to its lib/pkgconfig.${ARGN}")
    endif()
endfunction()

if(LEADERLIFE_TESTS)
    leaderlife_require(CMOCKA "cmocka>=1.1.5" libcmocka-dev libcmocka-devel)
endif()

# leaderlife_requires: the same for pkg-config and CMake in other people's builds.
if(NOT LEADERLIFE_KUBERNETES)
    if(LEADERLIFE_COMMAND OR LEADERLIFE_TESTS) # they write JSON; the library does not
        leaderlife_require(JANSSON "jansson>=2.10" libjansson-dev jansson-devel
            "\nWithout the command: -DLEADERLIFE_COMMAND=OFF")
    endif()
    set(leaderlife_dependencies "")
    set(leaderlife_requires "")
    return()
endif()

leaderlife_require(CURL "libcurl>=7.76" libcurl4-openssl-dev libcurl-devel)
if(NOT CMAKE_CROSSCOMPILING)
    unset(curl_runs CACHE) # another one may have been installed since
    try_run(curl_runs curl_builds "${PROJECT_BINARY_DIR}/curl_check" "${PROJECT_SOURCE_DIR}/cmake/curl_check.c"
        CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${PROJECT_SOURCE_DIR}/c/src;${PROJECT_SOURCE_DIR}/c/include"
        COMPILE_DEFINITIONS -D_GNU_SOURCE
        LINK_LIBRARIES PkgConfig::CURL COMPILE_OUTPUT_VARIABLE curl_output RUN_OUTPUT_VARIABLE curl_lacks)
    if(NOT curl_builds)
        message(FATAL_ERROR
            "leaderlife cannot be built with the libcurl ${CURL_VERSION} that pkg-config knows:\n${curl_output}")
    endif()
    if(curl_runs EQUAL 1)
        message(FATAL_ERROR
            "leaderlife cannot use the libcurl that is here: ${curl_lacks}\n"
            "On Debian and Ubuntu:   apt install libcurl4-openssl-dev (in place of libcurl4-gnutls-dev)\n"
            "On Fedora and RHEL:     dnf install libcurl-devel")
    endif()
endif()
# The name by which the loader knows it; empty where it is to be linked, as a static one must be. The tests in C, which
# look inside, are always linked to it.
set(leaderlife_curl "")
if(LEADERLIFE_LOAD_CURL AND BUILD_SHARED_LIBS AND CMAKE_READELF)
    get_target_property(curl_shared PkgConfig::CURL INTERFACE_LINK_LIBRARIES)
    list(FILTER curl_shared INCLUDE REGEX "/libcurl[^/]*\\.so$")
    if(curl_shared)
        execute_process(COMMAND "${CMAKE_COMMAND}" -E env LC_ALL=C "${CMAKE_READELF}" -d ${curl_shared}
            OUTPUT_VARIABLE curl_dynamic ERROR_QUIET)
        if(curl_dynamic MATCHES "Library soname: \\[([^]]+)\\]")
            set(leaderlife_curl "${CMAKE_MATCH_1}")
        endif()
    endif()
endif()

leaderlife_require(JANSSON "jansson>=2.10" libjansson-dev jansson-devel)
leaderlife_require(YAML "yaml-0.1>=0.2" libyaml-dev libyaml-devel)

set(leaderlife_dependencies PkgConfig::CURL PkgConfig::JANSSON PkgConfig::YAML)
set(leaderlife_requires libcurl jansson yaml-0.1)
