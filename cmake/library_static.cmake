# SPDX-License-Identifier: Apache-2.0
#
# The target leaderlife as a static library: all in one object, in which everything but the public functions is local.
# Else a program could not have a function called text_copy of its own.

if(NOT CMAKE_OBJCOPY)
    message(FATAL_ERROR
        "BUILD_SHARED_LIBS=OFF needs objcopy, which hides the library's own functions from the programs that use it.\n"
        "On Debian and Ubuntu:   apt install binutils\n"
        "On Fedora and RHEL:     dnf install binutils\n"
        "If it has another name, name it with -DCMAKE_OBJCOPY=OBJCOPY.")
endif()
separate_arguments(relocatable_flags UNIX_COMMAND "${CMAKE_C_FLAGS}")
if(CMAKE_C_COMPILER_TARGET)
    list(APPEND relocatable_flags "--target=${CMAKE_C_COMPILER_TARGET}")
endif()
# What is linked here is no program: no start code, no libraries, no sanitizer's own.
list(FILTER relocatable_flags EXCLUDE REGEX "^-fsanitize|^-flto")
set(one_object "${PROJECT_BINARY_DIR}/leaderlife_one.o")
add_custom_command(
    OUTPUT "${one_object}"
    COMMAND "${CMAKE_C_COMPILER}" ${relocatable_flags} -nostdlib -r -o "${one_object}"
        $<TARGET_OBJECTS:leaderlife_objects>
    COMMAND "${CMAKE_OBJCOPY}" --localize-hidden "${one_object}"
    DEPENDS leaderlife_objects $<TARGET_OBJECTS:leaderlife_objects>
    COMMAND_EXPAND_LISTS
    VERBATIM)

add_library(leaderlife STATIC "${one_object}")
set_source_files_properties("${one_object}" PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
set_target_properties(leaderlife PROPERTIES LINKER_LANGUAGE C)
target_link_libraries(leaderlife PRIVATE $<BUILD_INTERFACE:leaderlife_hardening>)
foreach(dependency IN LISTS leaderlife_dependencies)
    target_link_libraries(leaderlife PRIVATE $<BUILD_INTERFACE:${dependency}>)
endforeach()
