# SPDX-License-Identifier: Apache-2.0
#
# The Lua modules: SWIG's code, generated once and compiled for each version of Lua that LEADERLIFE_LUA names, with the
# core linked into it, and the hand-written modules beside it. In the build folder as lua/VERSION/leaderlife/capi.so and
# lua/share, so that LUA_PATH="BUILD/lua/share/?.lua" and LUA_CPATH="BUILD/lua/VERSION/?.so" are all that it needs.
#
# LEADERLIFE_LUA: versions (5.1;5.3;5.4;jit), or ON for all that pkg-config knows; or "rock": whatever lua.h is in
# LEADERLIFE_LUA_INCLUDE_DIR, to be installed into LEADERLIFE_LUA_LIBDIR and LEADERLIFE_LUA_DATADIR instead of
# LIBDIR/lua/VERSION and share/lua/VERSION.

include(binding)
require_swig(lua "the Lua modules need")

set(lua_known 5.1 5.3 5.4 jit)
string(TOUPPER "${LEADERLIFE_LUA}" lua_wanted)
if(lua_wanted MATCHES "^(ON|TRUE|YES|Y|1)$")
    set(lua_versions ${lua_known})
    set(lua_needed OFF)
else()
    set(lua_versions ${LEADERLIFE_LUA})
    set(lua_needed ON)
endif()
if(LEADERLIFE_LUA STREQUAL rock AND NOT EXISTS "${LEADERLIFE_LUA_INCLUDE_DIR}/lua.h")
    message(FATAL_ERROR "there is no lua.h in LEADERLIFE_LUA_INCLUDE_DIR, which is '${LEADERLIFE_LUA_INCLUDE_DIR}'.\n"
        "On Debian and Ubuntu:   apt install liblua5.4-dev (or that of your version)")
endif()

# lua_headers(VERSION RESULT): the folder of its headers; empty where there are none.
function(lua_headers version result)
    if(version STREQUAL rock)
        set(${result} "${LEADERLIFE_LUA_INCLUDE_DIR}" PARENT_SCOPE)
        return()
    endif()
    if(NOT version IN_LIST lua_known)
        message(FATAL_ERROR "LEADERLIFE_LUA names '${version}'; it may be ON, or some of: ${lua_known}")
    endif()
    if(version STREQUAL jit)
        set(names luajit)
        set(package libluajit-5.1-dev)
    else()
        string(REPLACE "." "" digits "${version}")
        set(names lua${version} lua-${version} lua${digits})
        string(REPLACE "liblua5.1-dev" "liblua5.1-0-dev" package "liblua${version}-dev")
    endif()
    foreach(name IN LISTS names)
        pkg_check_modules(LUA_${version} QUIET "${name}")
        if(LUA_${version}_FOUND)
            pkg_get_variable(folder "${name}" includedir)
            set(folders ${LUA_${version}_INCLUDE_DIRS} "${folder}")
            list(GET folders 0 folder)
            set(${result} "${folder}" PARENT_SCOPE)
            return()
        endif()
    endforeach()
    if(lua_needed)
        message(FATAL_ERROR
            "the headers of Lua ${version} were not found: pkg-config knows none of ${names}.\n"
            "On Debian and Ubuntu:   apt install ${package}\n"
            "Anywhere:               -DLEADERLIFE_LUA=rock -DLEADERLIFE_LUA_INCLUDE_DIR=FOLDER, with lua.h in it")
    endif()
    message(STATUS "Lua ${version} is left out: pkg-config knows none of ${names} (Debian: ${package})")
    set(${result} "" PARENT_SCOPE)
endfunction()

set(lua_sources "${PROJECT_SOURCE_DIR}/bindings/lua")
set(lua_wrapper "${PROJECT_BINARY_DIR}/capi_wrap_lua.c")
add_custom_command(
    OUTPUT "${lua_wrapper}"
    COMMAND "${SWIG_EXECUTABLE}" -lua -nomoduleglobal -Wall -Werror -o "${lua_wrapper}" "${lua_sources}/capi.i"
    DEPENDS "${lua_sources}/capi.i" "${PROJECT_SOURCE_DIR}/bindings/leaderlife.i"
    VERBATIM)
add_custom_target(leaderlife_lua_wrapper DEPENDS "${lua_wrapper}")

set(lua_modules leaderlife.lua)
file(GLOB lua_adapters CONFIGURE_DEPENDS RELATIVE "${lua_sources}" "${lua_sources}/leaderlife/*.lua")
list(APPEND lua_modules ${lua_adapters})
set(lua_copies "")
foreach(module IN LISTS lua_modules)
    set(copy "${PROJECT_BINARY_DIR}/lua/share/${module}")
    add_custom_command(
        OUTPUT "${copy}"
        COMMAND "${CMAKE_COMMAND}" -E copy "${lua_sources}/${module}" "${copy}"
        DEPENDS "${lua_sources}/${module}"
        VERBATIM)
    list(APPEND lua_copies "${copy}")
endforeach()
add_custom_target(leaderlife_lua ALL DEPENDS ${lua_copies})

# LuaJIT's modules are those of Lua 5.1: both look for them in the same place, so one of them is installed there.
set(lua_installed "")
foreach(version IN LISTS lua_versions)
    lua_headers(${version} lua_include)
    if(NOT lua_include)
        continue()
    endif()
    set(module leaderlife_lua_${version})
    add_library(${module} MODULE "${lua_wrapper}")
    add_dependencies(${module} leaderlife_lua_wrapper)
    add_dependencies(leaderlife_lua ${module})
    finish_binding(${module} "${PROJECT_BINARY_DIR}/lua/${version}/leaderlife")
    target_include_directories(${module} SYSTEM PRIVATE "${lua_include}")
    target_compile_options(${module} PRIVATE -Wno-unused-function)
    if(LEADERLIFE_LUA_TESTS)
        add_library(lua_process_${version} MODULE tests/lua/process.c)
        set_target_properties(lua_process_${version} PROPERTIES
            OUTPUT_NAME process
            PREFIX ""
            LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lua/tests/${version}")
        target_include_directories(lua_process_${version} SYSTEM PRIVATE "${lua_include}")
        target_link_libraries(lua_process_${version} PRIVATE leaderlife_flags)
        if(version STREQUAL 5.4)
            add_executable(lua_scarce tests/lua/scarce.c)
            set_target_properties(lua_scarce PROPERTIES
                OUTPUT_NAME scarce
                ENABLE_EXPORTS ON
                RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lua/tests")
            pkg_check_modules(LUA_EMBEDDED REQUIRED IMPORTED_TARGET lua5.4)
            target_link_libraries(lua_scarce PRIVATE leaderlife_flags PkgConfig::LUA_EMBEDDED)
        endif()
    endif()
    string(REPLACE jit 5.1 lua_place ${version})
    if(lua_place IN_LIST lua_installed)
        continue()
    endif()
    list(APPEND lua_installed ${lua_place})
    set(lua_libdir "${LEADERLIFE_LUA_LIBDIR}")
    set(lua_datadir "${LEADERLIFE_LUA_DATADIR}")
    if(NOT lua_libdir)
        set(lua_libdir "${CMAKE_INSTALL_LIBDIR}/lua/${lua_place}")
    endif()
    if(NOT lua_datadir)
        set(lua_datadir "${CMAKE_INSTALL_DATADIR}/lua/${lua_place}")
    endif()
    install(TARGETS ${module} LIBRARY DESTINATION "${lua_libdir}/leaderlife" COMPONENT lua)
    install(FILES "${lua_sources}/leaderlife.lua" DESTINATION "${lua_datadir}" COMPONENT lua)
    install(DIRECTORY "${lua_sources}/leaderlife" DESTINATION "${lua_datadir}" COMPONENT lua
        FILES_MATCHING PATTERN "*.lua")
endforeach()
if(NOT lua_installed)
    message(FATAL_ERROR "LEADERLIFE_LUA is on, but no version of Lua was found that it could be built for")
endif()
