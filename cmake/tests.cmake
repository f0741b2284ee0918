# SPDX-License-Identifier: Apache-2.0
#
# Each tests/<area>/test_<thing>.c is one program and one test "<area>.<thing>", linked to the static library. The
# group of tests inside calls itself <area>_<thing>, so that its results are found.
# Sources beside it that do not begin with test_ are helpers, compiled once and linked to every program of that area.

set(LEADERLIFE_TEST_PREFIX "" CACHE STRING "Command line under which ctest runs the tests, such as valgrind")

# Without Kubernetes, the programs that look into its folders are left out (whatever they include from tests counts),
# and those that elect there by the public API.
set(elect_on_kubernetes handle_diagnose handle_events handle_memory)
function(looks_into_kubernetes file result)
    file(STRINGS "${file}" includes REGEX "^#include \"")
    foreach(include IN LISTS includes)
        string(REGEX REPLACE "^#include \"([^\"]+)\".*" "\\1" include "${include}")
        set(found OFF)
        get_filename_component(folder "${file}" DIRECTORY)
        if(include MATCHES "^(kubernetes|io/curl|io/http)/")
            set(found ON)
        elseif(EXISTS "${folder}/${include}")
            looks_into_kubernetes("${folder}/${include}" found)
        elseif(EXISTS "${PROJECT_SOURCE_DIR}/tests/${include}")
            looks_into_kubernetes("${PROJECT_SOURCE_DIR}/tests/${include}" found)
        endif()
        if(found)
            set(${result} ON PARENT_SCOPE)
            return()
        endif()
    endforeach()
    set(${result} OFF PARENT_SCOPE)
endfunction()

# compile_once(TARGET SOURCE...): objects that several programs share.
function(compile_once target)
    add_library(${target} OBJECT ${ARGN})
    target_include_directories(${target} PRIVATE c c/src tests)
    target_link_libraries(${target} PRIVATE leaderlife_static leaderlife_flags PkgConfig::CMOCKA)
endfunction()

compile_once(tests_small_stack tests/small_stack.c)

foreach(area IN ITEMS unit machine model local)
    file(GLOB programs CONFIGURE_DEPENDS tests/${area}/test_*.c)
    file(GLOB helpers CONFIGURE_DEPENDS tests/${area}/*.c)
    if(programs)
        list(REMOVE_ITEM helpers ${programs})
    endif()
    if(NOT LEADERLIFE_KUBERNETES)
        foreach(program IN LISTS programs)
            looks_into_kubernetes("${program}" kubernetes)
            get_filename_component(thing "${program}" NAME_WE)
            string(REPLACE "test_" "" thing "${thing}")
            if(kubernetes OR thing IN_LIST elect_on_kubernetes)
                list(REMOVE_ITEM programs "${program}")
            endif()
        endforeach()
    endif()
    set(shared_objects $<TARGET_OBJECTS:tests_small_stack>)
    if(helpers)
        compile_once(tests_${area}_helpers ${helpers})
        list(APPEND shared_objects $<TARGET_OBJECTS:tests_${area}_helpers>)
    endif()
    foreach(program IN LISTS programs)
        get_filename_component(thing "${program}" NAME_WE)
        string(REGEX REPLACE "^test_(${area}_)?" "" thing "${thing}")
        set(target test_${area}_${thing})
        add_executable(${target} "${program}" ${shared_objects})
        target_link_options(${target} PRIVATE -Wl,--wrap=main)
        set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
        target_include_directories(${target} PRIVATE c c/src tests)
        target_link_libraries(${target} PRIVATE leaderlife_static leaderlife_flags PkgConfig::CMOCKA)
        add_test(NAME ${area}.${thing} COMMAND ${LEADERLIFE_TEST_PREFIX} $<TARGET_FILE:${target}>)
        # A hang guard, not a measure: no test takes a tenth of it.
        set_tests_properties(${area}.${thing} PROPERTIES TIMEOUT 300 LABELS ${area})
    endforeach()
endforeach()

# Plays the histories of tests/model by seed and by script.
add_executable(simulate tests/traces/simulate.c $<TARGET_OBJECTS:tests_model_helpers>)
set_target_properties(simulate PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
target_include_directories(simulate PRIVATE c c/src tests)
target_link_libraries(simulate PRIVATE leaderlife_static leaderlife_flags)

# Plays runs of the models in Promela on the machine. tests/traces/replay_model.py links it anew with a broken machine.
file(GLOB replay CONFIGURE_DEPENDS tests/traces/replay*.c)
add_executable(replay ${replay})
set_target_properties(replay PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
target_include_directories(replay PRIVATE c/src tests)
target_link_libraries(replay PRIVATE leaderlife_static leaderlife_flags)

# The candidate program that the scenarios play with: on the public API alone, so it gets the shared library.
file(GLOB candidate CONFIGURE_DEPENDS tests/scenarios/candidate*.c)
if(candidate)
    add_executable(candidate ${candidate} $<TARGET_OBJECTS:tests_small_stack>)
    target_link_options(candidate PRIVATE -Wl,--wrap=main)
    set_target_properties(candidate PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
    target_link_libraries(candidate PRIVATE leaderlife leaderlife_flags PkgConfig::JANSSON)
    # And one that needs no library of ours, to be copied to where others may read it.
    add_executable(candidate_alone ${candidate})
    set_target_properties(candidate_alone PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
    target_link_libraries(candidate_alone PRIVATE leaderlife_static leaderlife_flags PkgConfig::JANSSON)
endif()

# To be preloaded into candidates: a wall clock that the outage tests step.
add_library(wall_clock MODULE tests/outage/wall_clock.c)
set_target_properties(wall_clock PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
target_link_libraries(wall_clock PRIVATE leaderlife_flags ${CMAKE_DL_LIBS})

# What ThreadSanitizer watches, on the public API.
find_package(Threads REQUIRED)
add_executable(threads tests/threads/threads.c tests/threads/kubernetes.c)
set_target_properties(threads PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
target_link_libraries(threads PRIVATE leaderlife leaderlife_flags Threads::Threads)
# To be preloaded, too: lets one call of the library or of the command fail. And the program whose calls fail.
add_library(torture MODULE tests/torture/calls.c tests/torture/interpreter.c tests/torture/live.c
    tests/torture/memory.c tests/torture/strike.c)
set_target_properties(torture PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
target_include_directories(torture PRIVATE tests)
target_link_libraries(torture PRIVATE leaderlife_flags ${CMAKE_DL_LIBS})
# Its malloc must not be compiled into a calloc that calls it.
target_compile_options(torture PRIVATE -fno-builtin)
if(BUILD_SHARED_LIBS)
    add_executable(torture_driver tests/torture/candidate.c tests/torture/driver.c)
    set_target_properties(torture_driver PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
    target_include_directories(torture_driver PRIVATE tests)
    target_link_libraries(torture_driver PRIVATE leaderlife leaderlife_flags ${CMAKE_DL_LIBS})
endif()

if(NOT LEADERLIFE_KUBERNETES)
    return()
endif()

# What the pods of tests/cluster run.
add_executable(cluster_worker tests/cluster/worker.c)
set_target_properties(cluster_worker PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
target_link_libraries(cluster_worker PRIVATE leaderlife_flags)

# The library with Debian's other libcurl, to be refused. The objects know no version of its symbols: linking gives
# them.
find_library(CURL_GNUTLS libcurl-gnutls.so.4)
if(CURL_GNUTLS)
    add_executable(test_gnutls_refused tests/gnutls/refused.c $<TARGET_OBJECTS:leaderlife_objects>)
    set_target_properties(test_gnutls_refused PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
    target_include_directories(test_gnutls_refused PRIVATE c/include)
    target_link_libraries(test_gnutls_refused PRIVATE
        leaderlife_flags "${CURL_GNUTLS}" PkgConfig::JANSSON PkgConfig::YAML PkgConfig::CMOCKA)
    add_test(NAME unit.gnutls COMMAND ${LEADERLIFE_TEST_PREFIX} $<TARGET_FILE:test_gnutls_refused>)
    set_tests_properties(unit.gnutls PROPERTIES TIMEOUT 300 LABELS unit)
else()
    message(STATUS "the test of a libcurl with GnuTLS is left out: there is none (Debian: libcurl3-gnutls)")
endif()

# Programs that say what the library would do, for the comparison with Go's own.
file(GLOB comparisons CONFIGURE_DEPENDS tests/compatibility/*.c)
foreach(program IN LISTS comparisons)
    get_filename_component(thing "${program}" NAME_WE)
    add_executable(${thing} "${program}")
    set_target_properties(${thing} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
    target_include_directories(${thing} PRIVATE c/src)
    target_link_libraries(${thing} PRIVATE leaderlife_static leaderlife_flags PkgConfig::JANSSON)
endforeach()
