# SPDX-License-Identifier: Apache-2.0
#
# The Python package: SWIG's module, with the core linked into it, and the hand-written modules beside it. In the build
# folder as python/leaderlife, so that PYTHONPATH=BUILD/python is all that it needs. setup.py takes the module from
# here.

include(binding)
find_package(Python3 3.10 QUIET COMPONENTS Interpreter)
if(NOT Python3_Interpreter_FOUND)
    find_package(Python3 QUIET COMPONENTS Interpreter)
    set(python_seen "and there is none")
    if(Python3_Interpreter_FOUND)
        set(python_seen "and found ${Python3_VERSION} (${Python3_EXECUTABLE})")
    endif()
    message(FATAL_ERROR
        "the Python package needs Python 3.10 or newer, ${python_seen}.\n"
        "If one is not found by itself, name it with -DPython3_EXECUTABLE=PYTHON.")
endif()
find_package(Python3 3.10 QUIET COMPONENTS Interpreter Development.Module)
if(NOT Python3_Development.Module_FOUND)
    message(FATAL_ERROR
        "the Python package needs the headers of ${Python3_EXECUTABLE} (Python ${Python3_VERSION}).\n"
        "On Debian and Ubuntu:   apt install python3-dev\n"
        "On Fedora and RHEL:     dnf install python3-devel\n"
        "For another Python than the system's, name it with -DPython3_EXECUTABLE=PYTHON.")
endif()
require_swig(python "the Python package needs")

set(python_sources "${PROJECT_SOURCE_DIR}/bindings/python")
set(python_package "${PROJECT_BINARY_DIR}/python/leaderlife")

# SWIG < 4.2 cannot keep to the limited API, and without the GIL there is none.
execute_process(COMMAND "${Python3_EXECUTABLE}" -c
    "import sysconfig; print(sysconfig.get_config_var('Py_GIL_DISABLED') or 0)"
    OUTPUT_VARIABLE python_without_gil OUTPUT_STRIP_TRAILING_WHITESPACE)
set(python_suffix ".${Python3_SOABI}.so")
set(python_api "")
set(swig_gil "")
if(python_without_gil)
    if(SWIG_VERSION VERSION_LESS 4.4)
        message(FATAL_ERROR
            "a Python without the GIL needs SWIG 4.4 or newer; this is ${SWIG_VERSION} (pip install swig)")
    endif()
    set(swig_gil -nogil)
elseif(SWIG_VERSION VERSION_GREATER_EQUAL 4.2)
    set(python_suffix ".abi3.so")
    set(python_api Py_LIMITED_API=0x030A0000)
endif()

set(python_wrapper "${PROJECT_BINARY_DIR}/capi_wrap.c")
add_custom_command(
    OUTPUT "${python_wrapper}"
    COMMAND "${SWIG_EXECUTABLE}" -python -noproxy ${swig_gil} -Wall -Werror
        -outdir "${PROJECT_BINARY_DIR}" -o "${python_wrapper}" "${python_sources}/capi.i"
    DEPENDS "${python_sources}/capi.i" "${PROJECT_SOURCE_DIR}/bindings/leaderlife.i"
    VERBATIM)

Python3_add_library(leaderlife_python MODULE "${python_wrapper}")
finish_binding(leaderlife_python "${python_package}")
set_target_properties(leaderlife_python PROPERTIES SUFFIX "${python_suffix}")
target_compile_definitions(leaderlife_python PRIVATE ${python_api})
target_compile_options(leaderlife_python PRIVATE -Wshadow -Wconversion -Wno-sign-conversion)

# Each is copied when it has changed; what is gone from the sources, or was built by another SWIG, goes.
file(GLOB python_modules CONFIGURE_DEPENDS RELATIVE "${python_sources}/leaderlife"
    "${python_sources}/leaderlife/*.py" "${python_sources}/leaderlife/*.pyi" "${python_sources}/leaderlife/py.typed")
file(GLOB python_found RELATIVE "${python_package}"
    "${python_package}/*.py" "${python_package}/*.pyi" "${python_package}/*.so")
list(REMOVE_ITEM python_found ${python_modules} "capi${python_suffix}")
foreach(module IN LISTS python_found)
    file(REMOVE "${python_package}/${module}")
endforeach()
set(python_copies "")
foreach(module IN LISTS python_modules)
    add_custom_command(
        OUTPUT "${python_package}/${module}"
        COMMAND "${CMAKE_COMMAND}" -E copy "${python_sources}/leaderlife/${module}" "${python_package}/${module}"
        DEPENDS "${python_sources}/leaderlife/${module}"
        VERBATIM)
    list(APPEND python_copies "${python_package}/${module}")
endforeach()
add_custom_target(leaderlife_python_modules ALL DEPENDS ${python_copies})
add_dependencies(leaderlife_python leaderlife_python_modules)

install(TARGETS leaderlife_python LIBRARY DESTINATION leaderlife COMPONENT python_capi EXCLUDE_FROM_ALL)
