# build/lib/libaccel_cuda.so: the part of the engine that only CUDA's and NCCL's headers can tell, loaded at run time where
# there are GPUs. It compiles against any libtorch, also one without CUDA, and is left out where the headers are not found. Of
# them the first that there are: those that came with libtorch from pip, the machine's, those that scripts/setup --tests takes.

get_filename_component(site_packages "${Torch_FOLDER}" DIRECTORY)
file(GLOB of_pip "${site_packages}/nvidia/cu*/include" "${site_packages}/nvidia/cuda_runtime/include")
find_path(ACCEL_CUDA_INCLUDE cuda_runtime.h
    HINTS ${of_pip} ENV CUDA_HOME
    PATHS /usr/local/cuda "${ACCEL_CUDA_HEADERS}"
    PATH_SUFFIXES include NO_CMAKE_FIND_ROOT_PATH)
find_path(ACCEL_NCCL_INCLUDE nccl.h
    HINTS "${site_packages}/nvidia/nccl/include" ENV NCCL_HOME
    PATHS "${ACCEL_CUDA_HEADERS}"
    PATH_SUFFIXES include NO_CMAKE_FIND_ROOT_PATH)

if(NOT ACCEL_CUDA_INCLUDE OR NOT ACCEL_NCCL_INCLUDE)
    message(STATUS "CUDA's or NCCL's headers not found: no libaccel_cuda.so; scripts/setup --tests takes them")
    return()
endif()

# Headers of CUDA's libraries that libtorch's only name things of: any that there are go before ours.
add_library(accel_cuda SHARED "${CMAKE_SOURCE_DIR}/src/engine/cuda/nccl.cpp")
target_include_directories(accel_cuda PRIVATE "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}/include")
target_include_directories(accel_cuda SYSTEM PRIVATE "${ACCEL_CUDA_INCLUDE}" "${ACCEL_NCCL_INCLUDE}")
target_compile_options(accel_cuda PRIVATE "SHELL:-idirafter ${CMAKE_SOURCE_DIR}/src/engine/cuda/foreign")
target_link_libraries(accel_cuda PRIVATE Torch::Torch)
# Parts of libtorch that only one with CUDA has stay undefined until it is loaded.
set_target_properties(accel_cuda PROPERTIES
    CXX_STANDARD 20
    JOB_POOL_COMPILE engine
    BUILD_WITH_INSTALL_RPATH ON
    INSTALL_RPATH "${Torch_LIBRARY_DIR}")
install(TARGETS accel_cuda LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
