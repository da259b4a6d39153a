# How everything is compiled, and the folders of what is built.

set(CMAKE_C_STANDARD 11)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# Broken invariants are asserts, so they stay on. The engine's full debug information would be 20 times its code.
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")

set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/rooms")

set(ACCEL_C_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes)
set(ACCEL_CXX_WARNINGS -Wall -Wextra -Wshadow)
set(ACCEL_FORTRAN_FLAGS -std=f2018 -frecursive -Wall -Wextra -Wpedantic -Wno-unused-dummy-argument -Wno-compare-reals)
add_compile_options(
    "$<$<COMPILE_LANGUAGE:C>:${ACCEL_C_WARNINGS}>"
    "$<$<COMPILE_LANGUAGE:CXX>:${ACCEL_CXX_WARNINGS}>"
    "$<$<COMPILE_LANGUAGE:Fortran>:${ACCEL_FORTRAN_FLAGS}>"
    $<$<BOOL:${ACCEL_WERROR}>:-Werror>)

if(ACCEL_SANITIZE)
    # vptr wants type information that libtorch keeps to itself.
    add_compile_options(-fno-omit-frame-pointer
        "$<$<COMPILE_LANGUAGE:C,CXX>:-fsanitize=${ACCEL_SANITIZE};-fno-sanitize=vptr;-fno-sanitize-recover=all>")
    if(ACCEL_SANITIZE MATCHES "address") # absent arguments count as undefined behaviour in Fortran
        add_compile_options("$<$<COMPILE_LANGUAGE:Fortran>:-fsanitize=address>")
    endif()
    add_link_options(-fsanitize=${ACCEL_SANITIZE})
endif()

# A file that includes libtorch takes up to 2 GB to compile: as many at a time as memory allows (Ninja only).
cmake_host_system_information(RESULT memory_mb QUERY AVAILABLE_PHYSICAL_MEMORY)
cmake_host_system_information(RESULT cores QUERY NUMBER_OF_LOGICAL_CORES)
math(EXPR engine_jobs "${memory_mb} / 2000")
if(engine_jobs GREATER cores)
    set(engine_jobs ${cores})
elseif(engine_jobs LESS 1)
    set(engine_jobs 1)
endif()
set_property(GLOBAL PROPERTY JOB_POOLS engine=${engine_jobs})
