# Finds libtorch by its folders alone: no CMake file of its own, no import of Python modules. In this order:
#   -DTorch_DIR=…       the folder with include/ and lib/, or a folder below it such as share/cmake/Torch
#   the active Python   when its torch is one of ACCEL_TORCH (scripts/find_torch looks)
#   ACCEL_VENV          the private copy that scripts/setup takes with pip
#
# Makes the target Torch::Torch and sets Torch_FOLDER, Torch_LIBRARY_DIR, Torch_VERSION.

set(ACCEL_TORCH "2.13 2.12 2.11" CACHE STRING "Versions of libtorch that may be used")
set(Torch_DIR "" CACHE PATH "Folder of libtorch; empty: look in the active Python, then in the build tree")

function(torch_look_up out)
    if(Torch_DIR)
        set(folder "${Torch_DIR}")
        while(NOT EXISTS "${folder}/lib/libtorch_cpu.so" AND NOT folder MATCHES "^/?$")
            get_filename_component(folder "${folder}" DIRECTORY)
        endwhile()
    else()
        execute_process(
            COMMAND ${CMAKE_SOURCE_DIR}/scripts/find_torch "${ACCEL_TORCH}" python3 ${ACCEL_VENV}/bin/python
            OUTPUT_VARIABLE folder OUTPUT_STRIP_TRAILING_WHITESPACE)
    endif()
    set(${out} "${folder}" PARENT_SCOPE)
endfunction()

function(torch_read_version out)
    set(parts "")
    foreach(header include/torch/headeronly/version.h include/torch/csrc/api/include/torch/version.h)
        if(NOT parts AND EXISTS "${Torch_FOLDER}/${header}")
            file(STRINGS "${Torch_FOLDER}/${header}" parts REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) [0-9]+")
        endif()
    endforeach()
    list(TRANSFORM parts REPLACE ".* ([0-9]+)$" "\\1")
    list(JOIN parts "." version)
    set(${out} "${version}" PARENT_SCOPE)
endfunction()

# A folder that was found stays until it goes away or Torch_DIR names another one.
if(NOT EXISTS "${Torch_FOLDER}/lib/libtorch_cpu.so" OR NOT "${Torch_DIR}" STREQUAL "${TORCH_DIR_USED}")
    torch_look_up(folder)
    set(Torch_FOLDER "${folder}" CACHE INTERNAL "")
    set(TORCH_DIR_USED "${Torch_DIR}" CACHE INTERNAL "")
endif()

if(EXISTS "${Torch_FOLDER}/lib/libtorch_cpu.so")
    torch_read_version(Torch_VERSION)
    set(Torch_LIBRARY_DIR "${Torch_FOLDER}/lib")
    # The engine speaks the C++11 strings of the compiler; a libtorch with the old ones would not link.
    file(STRINGS "${Torch_LIBRARY_DIR}/libc10.so" abi REGEX "__cxx11" LIMIT_COUNT 1)
    if(NOT abi)
        message(FATAL_ERROR "${Torch_LIBRARY_DIR}: this libtorch was built without the C++11 ABI")
    endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Torch
    REQUIRED_VARS Torch_FOLDER Torch_LIBRARY_DIR
    VERSION_VAR Torch_VERSION
    REASON_FAILURE_MESSAGE "run scripts/setup, or name its folder with -DTorch_DIR=…")

if(Torch_FOUND AND NOT TARGET Torch::Torch)
    add_library(Torch::Torch INTERFACE IMPORTED)
    target_include_directories(Torch::Torch SYSTEM INTERFACE
        "${Torch_FOLDER}/include" "${Torch_FOLDER}/include/torch/csrc/api/include")
    # libtorch.so has no symbols of its own; it brings in whichever devices this copy supports.
    target_link_libraries(Torch::Torch INTERFACE
        "${Torch_LIBRARY_DIR}/libtorch_cpu.so" "${Torch_LIBRARY_DIR}/libc10.so"
        "-Wl,--push-state,--no-as-needed" "${Torch_LIBRARY_DIR}/libtorch.so" "-Wl,--pop-state")
endif()
