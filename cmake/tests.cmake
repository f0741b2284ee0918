# SPDX-License-Identifier: Apache-2.0
#
# Each tests/<area>/test_<thing>.c is one program and one test "<area>.<thing>", linked to the static library. The
# group of tests inside calls itself <area>_<thing>, so that its results are found.
# Sources beside it that do not begin with test_ are helpers, linked to every program of that area.

set(LEADERLIFE_TEST_PREFIX "" CACHE STRING "Command line under which ctest runs the tests, such as valgrind")

foreach(area IN ITEMS unit machine model local)
    file(GLOB programs CONFIGURE_DEPENDS tests/${area}/test_*.c)
    file(GLOB helpers CONFIGURE_DEPENDS tests/${area}/*.c)
    if(programs)
        list(REMOVE_ITEM helpers ${programs})
    endif()
    foreach(program IN LISTS programs)
        get_filename_component(thing "${program}" NAME_WE)
        string(REGEX REPLACE "^test_(${area}_)?" "" thing "${thing}")
        set(target test_${area}_${thing})
        add_executable(${target} "${program}" ${helpers})
        set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
        target_include_directories(${target} PRIVATE c/src tests)
        target_link_libraries(${target} PRIVATE leaderlife_static leaderlife_flags PkgConfig::CMOCKA)
        add_test(NAME ${area}.${thing} COMMAND ${LEADERLIFE_TEST_PREFIX} $<TARGET_FILE:${target}>)
        # A hang guard, not a measure: no test takes a tenth of it.
        set_tests_properties(${area}.${thing} PROPERTIES TIMEOUT 300 LABELS ${area})
    endforeach()
endforeach()

# The candidate program that the scenarios play with: on the public API alone, so it gets the shared library.
file(GLOB candidate CONFIGURE_DEPENDS tests/scenarios/candidate*.c)
if(candidate)
    add_executable(candidate ${candidate})
    set_target_properties(candidate PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
    target_link_libraries(candidate PRIVATE leaderlife leaderlife_flags PkgConfig::JANSSON)
endif()

# To be preloaded into candidates: a wall clock that the outage tests step.
add_library(wall_clock MODULE tests/outage/wall_clock.c)
set_target_properties(wall_clock PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
target_link_libraries(wall_clock PRIVATE leaderlife_flags ${CMAKE_DL_LIBS})
