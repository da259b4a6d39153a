# build/lib/libaccel_mpi.so: MPI as a transport, loaded at run time when ACCEL_BACKEND=mpi asks for it. Left out where there is no
# MPI to compile with; MPI_C_COMPILER names one among several.

find_package(MPI QUIET COMPONENTS C)
if(NOT MPI_C_FOUND)
    message(STATUS "MPI not found: no libaccel_mpi.so; scripts/setup --tests takes Open MPI")
    return()
endif()

file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/engine/mpi/*.c")
add_library(accel_mpi SHARED ${sources})
target_include_directories(accel_mpi PRIVATE "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}/include")
target_compile_definitions(accel_mpi PRIVATE _GNU_SOURCE)
target_link_libraries(accel_mpi PRIVATE MPI::MPI_C Threads::Threads)
target_link_options(accel_mpi PRIVATE -Wl,--no-undefined)
set_target_properties(accel_mpi PROPERTIES BUILD_WITH_INSTALL_RPATH ON)
install(TARGETS accel_mpi LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
