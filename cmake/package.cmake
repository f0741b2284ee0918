# SPDX-License-Identifier: Apache-2.0
#
# What `cmake --install` puts where, and how others find it: find_package(leaderlife) gives leaderlife::leaderlife,
# pkg-config knows "leaderlife". A shared library brings its own dependencies, and a program needs none of them, not
# even when it is built; with a static one the program is linked to them, and both tell it so.

include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/leaderlife")

install(TARGETS leaderlife EXPORT leaderlife
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT runtime NAMELINK_COMPONENT development
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development)
install(DIRECTORY c/include/leaderlife DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT development
    FILES_MATCHING PATTERN "*.h")
install(FILES LICENSE README.md DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT runtime)
# Optional, for an image may be built from the sources alone.
install(FILES docs/leaderlife.3 DESTINATION "${CMAKE_INSTALL_MANDIR}/man3" COMPONENT development OPTIONAL)
install(EXPORT leaderlife FILE leaderlife-targets.cmake NAMESPACE leaderlife::
    DESTINATION "${package_dir}" COMPONENT development)

set(config_requires "")
set(pc_requires "")
if(NOT BUILD_SHARED_LIBS AND leaderlife_requires)
    list(JOIN leaderlife_requires " " config_requires)
    list(JOIN leaderlife_requires ", " pc_requires)
    set(pc_requires "Requires: ${pc_requires}\n")
endif()
configure_package_config_file(cmake/leaderlife-config.cmake.in leaderlife-config.cmake
    INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO)
# Until 1.0 a minor version may be incompatible.
write_basic_package_version_file(leaderlife-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES
    "${PROJECT_BINARY_DIR}/leaderlife-config.cmake"
    "${PROJECT_BINARY_DIR}/leaderlife-config-version.cmake"
    DESTINATION "${package_dir}" COMPONENT development)

# Folders may be given absolute; pkg-config's prefix is then not in front of them.
foreach(folder IN ITEMS INCLUDEDIR LIBDIR)
    if(IS_ABSOLUTE "${CMAKE_INSTALL_${folder}}")
        set(pc_${folder} "${CMAKE_INSTALL_${folder}}")
    else()
        set(pc_${folder} "\${prefix}/${CMAKE_INSTALL_${folder}}")
    endif()
endforeach()
# ${pcfiledir} keeps the package usable when its prefix is moved, or is chosen by `cmake --install --prefix`.
file(RELATIVE_PATH pc_up "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" pc_up "${pc_up}")
configure_file(cmake/leaderlife.pc.in leaderlife.pc @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/leaderlife.pc"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)
