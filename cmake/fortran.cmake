# build/lib/libaccel_fortran.a and its modules in build/fortran: the binding for Fortran, where there is gfortran 12 or later; its
# installation, and the examples.

include(CheckLanguage)
if(NOT CMAKE_Fortran_COMPILER)
    unset(CMAKE_Fortran_COMPILER CACHE) # it may have come since
endif()
check_language(Fortran)
if(CMAKE_Fortran_COMPILER)
    enable_language(Fortran)
endif()
set(ACCEL_FORTRAN OFF)
if(CMAKE_Fortran_COMPILER_ID STREQUAL "GNU" AND NOT CMAKE_Fortran_COMPILER_VERSION VERSION_LESS 12)
    set(ACCEL_FORTRAN ON)
else()
    message(STATUS "no gfortran 12 or later: no binding for Fortran")
    return()
endif()

set(CMAKE_Fortran_FLAGS_RELEASE "-O2 -g")
set(ACCEL_FORTRAN_MODULES "${CMAKE_BINARY_DIR}/fortran")
set(folder "${CMAKE_SOURCE_DIR}/bindings/fortran")

# gfortran's own, for a C compiler that is not gcc.
execute_process(COMMAND ${CMAKE_Fortran_COMPILER} -print-file-name=include/ISO_Fortran_binding.h
    OUTPUT_VARIABLE iso_fortran_binding OUTPUT_STRIP_TRAILING_WHITESPACE)
file(COPY "${iso_fortran_binding}" DESTINATION "${ACCEL_FORTRAN_MODULES}/c")

file(GLOB sources CONFIGURE_DEPENDS "${folder}/*.f90" "${folder}/*.c")
add_library(accel_fortran STATIC ${sources})
target_include_directories(accel_fortran SYSTEM PRIVATE "${ACCEL_FORTRAN_MODULES}/c")
target_include_directories(accel_fortran INTERFACE "${ACCEL_FORTRAN_MODULES}")
target_link_libraries(accel_fortran PUBLIC accel)
set_target_properties(accel_fortran PROPERTIES
    Fortran_MODULE_DIRECTORY "${ACCEL_FORTRAN_MODULES}"
    ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")

# One program over the binding, as a user's would be.
function(accel_add_fortran_program target name folder)
    add_executable(${target} ${ARGN})
    target_link_libraries(${target} PRIVATE accel_fortran)
    set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name}
        RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/${folder}"
        Fortran_MODULE_DIRECTORY "${CMAKE_BINARY_DIR}/${folder}/${name}.modules")
endfunction()

file(GLOB examples CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/examples/fortran/*.f90")
foreach(source IN LISTS examples)
    get_filename_component(name "${source}" NAME_WE)
    accel_add_fortran_program(examples_fortran_${name} ${name} examples/fortran "${source}")
endforeach()

configure_file(cmake/accel-fortran.pc.in accel-fortran.pc @ONLY)
install(TARGETS accel_fortran ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY "${ACCEL_FORTRAN_MODULES}/" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/accel/fortran
    FILES_MATCHING PATTERN "*.mod" PATTERN "c" EXCLUDE)
install(FILES ${CMAKE_BINARY_DIR}/accel-fortran.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
