# The programs: the command `accelerate`; examples and benchmarks, written against the public headers alone as a user's
# would be; and the fuzz targets.

# Which rooms' private headers a source includes, itself or through headers beside it.
function(accel_rooms_included source out)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}")
    get_filename_component(folder "${source}" DIRECTORY)
    file(STRINGS "${source}" includes REGEX "^#include \"")
    set(rooms "")
    foreach(line IN LISTS includes)
        string(REGEX REPLACE "^#include \"([^\"]*)\".*" "\\1" header "${line}")
        string(REGEX REPLACE "/.*" "" room "${header}")
        if(TARGET accel_${room})
            list(APPEND rooms ${room})
        elseif(EXISTS "${folder}/${header}" AND NOT "${folder}/${header}" STREQUAL "${source}")
            accel_rooms_included("${folder}/${header}" deeper)
            list(APPEND rooms ${deeper})
        endif()
    endforeach()
    list(REMOVE_DUPLICATES rooms)
    set(${out} "${rooms}" PARENT_SCOPE)
endfunction()

# A source is linked with the rooms whose private headers it includes, and those named besides; without any such
# header with libaccel.so, as a user's program.
function(accel_link_by_includes target source)
    accel_rooms_included("${source}" rooms)
    if(rooms)
        list(APPEND rooms ${ARGN})
        list(REMOVE_DUPLICATES rooms)
        foreach(room IN LISTS rooms)
            target_link_libraries(${target} PRIVATE accel_${room})
        endforeach()
    else()
        target_link_libraries(${target} PRIVATE accel)
    endif()
    target_link_libraries(${target} PRIVATE Threads::Threads m)
endfunction()

# In the compiler's own dialect (gnu11), the one in which most programs are compiled.
function(accel_add_programs folder)
    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${folder}/*.c")
    foreach(source IN LISTS sources)
        get_filename_component(name "${source}" NAME_WE)
        string(REPLACE "/" "_" target "${folder}_${name}")
        add_executable(${target} "${source}")
        target_link_libraries(${target} PRIVATE accel Threads::Threads m)
        set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name} C_EXTENSIONS ON
            RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/${folder}")
    endforeach()
endfunction()

function(accel_add_fuzz_targets)
    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/fuzz/fuzz_*.c")
    file(GLOB driver CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/fuzz/standalone.c")
    if(NOT driver)
        return()
    endif()
    foreach(source IN LISTS sources)
        get_filename_component(name "${source}" NAME_WE)
        add_executable(${name} "${source}" ${driver})
        target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
        accel_link_by_includes(${name} "${source}")
        set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
    endforeach()
endfunction()

# build/bin/accelerate, and the manual page that it writes about itself.
function(accel_add_command)
    add_executable(accelerate "${CMAKE_SOURCE_DIR}/cli/accelerate.c")
    target_link_libraries(accelerate PRIVATE accel_cli)
    add_custom_command(OUTPUT accelerate.1
        COMMAND accelerate --manual_page > accelerate.1 DEPENDS accelerate VERBATIM)
    add_custom_target(manual ALL DEPENDS accelerate.1)
    install(TARGETS accelerate RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    install(FILES "${CMAKE_BINARY_DIR}/accelerate.1" DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endfunction()

# What accelerate test launches, and accelerate env asks: a program as a user's would be.
function(accel_add_self_test)
    add_executable(self_test "${CMAKE_SOURCE_DIR}/self_test/self_test.c")
    target_link_libraries(self_test PRIVATE accel Threads::Threads m)
    set_target_properties(self_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/libexec/accel"
        INSTALL_RPATH "$ORIGIN/../../${CMAKE_INSTALL_LIBDIR}")
    install(TARGETS self_test RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/accel)
endfunction()

accel_add_command()
accel_add_self_test()
accel_add_programs(examples)
accel_add_programs(examples/by_feature)
accel_add_programs(benchmarks)
accel_add_fuzz_targets()
