# SPDX-License-Identifier: Apache-2.0
#
# What the library stands on. A missing one is named together with the package that brings it.

find_package(PkgConfig REQUIRED)

# More words are added to the message.
function(leaderlife_require prefix module debian fedora)
    pkg_check_modules(${prefix} QUIET IMPORTED_TARGET ${module})
    if(NOT ${prefix}_FOUND)
        message(FATAL_ERROR
            "leaderlife needs ${module}, and pkg-config does not know it.\n"
            "On Debian and Ubuntu:   apt install ${debian}\n"
            "On Fedora and RHEL:     dnf install ${fedora}\n"
            "If it is installed in a place of its own, set PKG_CONFIG_PATH to its lib/pkgconfig.${ARGN}")
    endif()
endfunction()

leaderlife_require(CURL "libcurl>=7.85" libcurl4-openssl-dev libcurl-devel)
leaderlife_require(JANSSON "jansson>=2.10" libjansson-dev jansson-devel)
leaderlife_require(YAML "yaml-0.1>=0.2" libyaml-dev libyaml-devel)
if(LEADERLIFE_TESTS)
    leaderlife_require(CMOCKA "cmocka>=1.1.5" libcmocka-dev libcmocka-devel)
endif()

set(leaderlife_dependencies PkgConfig::CURL PkgConfig::JANSSON PkgConfig::YAML)
