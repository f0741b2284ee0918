# SPDX-License-Identifier: Apache-2.0
#
# What the modules of all languages have in common: SWIG, and the core linked into each of them (a bundled shared
# library would be matched by its soname with any older copy in the process).

# require_swig(LANGUAGE WHO): WHO, as "the Python package needs", is for the message.
macro(require_swig language who)
    unset(SWIG_VERSION CACHE) # else that of the SWIG which an earlier configuration found
    find_package(SWIG 4.1 QUIET COMPONENTS ${language})
    if(NOT SWIG_FOUND)
        if(SWIG_EXECUTABLE AND SWIG_VERSION AND SWIG_VERSION VERSION_LESS 4.1)
            set(swig_seen "and found ${SWIG_VERSION} (${SWIG_EXECUTABLE})")
        elseif(SWIG_EXECUTABLE AND SWIG_VERSION)
            set(swig_seen "and ${SWIG_EXECUTABLE} (${SWIG_VERSION}) has no ${language}")
        else()
            set(swig_seen "and there is none")
        endif()
        message(FATAL_ERROR
            "${who} SWIG 4.1 or newer, ${swig_seen}.\n"
            "On Debian and Ubuntu:   apt install swig (Debian 12, Ubuntu 23.04, or newer)\n"
            "On Fedora and RHEL:     dnf install swig\n"
            "Anywhere:               pip install swig\n"
            "If it is installed in a place of its own, name it with -DSWIG_EXECUTABLE=SWIG.")
    endif()
endmacro()

# finish_binding(TARGET FOLDER): the module capi in that folder of the build, which exports only its init function, with
# the warnings that every SWIG's code passes with every language's headers, by gcc and clang.
function(finish_binding target folder)
    set_target_properties(${target} PROPERTIES
        OUTPUT_NAME capi
        PREFIX ""
        C_VISIBILITY_PRESET hidden
        INTERPROCEDURAL_OPTIMIZATION_RELEASE ${whole_program}
        LIBRARY_OUTPUT_DIRECTORY "${folder}"
        LINK_DEPENDS "${PROJECT_SOURCE_DIR}/bindings/exports.map")
    target_compile_options(${target} PRIVATE
        -Wall -Wextra -Wstrict-prototypes -Wno-unused-parameter -Wno-missing-field-initializers
        -fno-optimize-sibling-calls # who calls Python or Lua stays on the stack: tests/torture looks for it there
        $<$<CONFIG:Release>:-Os>)
    load_curl(${target})
    target_link_libraries(${target} PRIVATE leaderlife_static leaderlife_hardening)
    target_link_options(${target} PRIVATE LINKER:--gc-sections
        "LINKER:--version-script=${PROJECT_SOURCE_DIR}/bindings/exports.map")
endfunction()
