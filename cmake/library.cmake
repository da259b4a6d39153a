# build/lib/libaccel.so: all rooms in one, exporting what is marked ACCEL_API; and its installation.

set(objects "")
foreach(room IN LISTS ACCEL_ROOMS)
    list(APPEND objects $<TARGET_OBJECTS:accel_${room}>)
endforeach()

add_library(accel SHARED ${objects})
foreach(room IN LISTS ACCEL_ROOMS)
    # What the room needs from outside the house, not its archive: the objects are in already.
    get_target_property(needed accel_${room} LINK_LIBRARIES)
    list(FILTER needed EXCLUDE REGEX "^accel_")
    target_link_libraries(accel PRIVATE ${needed})
endforeach()
target_include_directories(accel INTERFACE "${CMAKE_SOURCE_DIR}/include")
target_link_options(accel PRIVATE "-Wl,--version-script=${CMAKE_SOURCE_DIR}/cmake/accel.map" -Wl,--no-undefined)
set_target_properties(accel PROPERTIES
    VERSION ${PROJECT_VERSION}
    SOVERSION 0
    LINKER_LANGUAGE CXX
    LINK_DEPENDS "${CMAKE_SOURCE_DIR}/cmake/accel.map"
    BUILD_WITH_INSTALL_RPATH ON # the same in the build tree: CMake would pad a shorter one
    INSTALL_RPATH "$ORIGIN;${Torch_LIBRARY_DIR}")

include(CMakePackageConfigHelpers)
file(RELATIVE_PATH pc_to_prefix "/${CMAKE_INSTALL_LIBDIR}" "/")
string(REGEX REPLACE "/$" "" pc_to_prefix "${pc_to_prefix}")
configure_file(cmake/accel.pc.in accel.pc @ONLY)
configure_package_config_file(cmake/accelConfig.cmake.in accelConfig.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/accel
    PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(accelConfigVersion.cmake COMPATIBILITY SameMinorVersion)

install(DIRECTORY include/accel DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(TARGETS accel LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${CMAKE_BINARY_DIR}/accel.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${CMAKE_BINARY_DIR}/accelConfig.cmake ${CMAKE_BINARY_DIR}/accelConfigVersion.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/accel)
