# What `cmake --install` gives: the headers, policy packs and control catalogues, libsemper.a, the command, find_package(semper) and
# semper.pc.
include(CMakePackageConfigHelpers)

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/semper" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/share/semper" DESTINATION "${CMAKE_INSTALL_DATADIR}")
install(FILES "${PROJECT_SOURCE_DIR}/share/semper/semper.schema.json" DESTINATION "${CMAKE_INSTALL_DATADIR}/semper")
if(TARGET semper_cli)
  install(TARGETS semper_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/semper")
# The prefix is found from where the file lies, so that an installed tree may be moved.
set(pc_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
file(RELATIVE_PATH SEMPER_PC_PREFIX "/${pc_dir}" "/")
string(REGEX REPLACE "/$" "" SEMPER_PC_PREFIX "${SEMPER_PC_PREFIX}")
function(semper_install_pc name)
  configure_file("${PROJECT_SOURCE_DIR}/cmake/${name}.in" "${PROJECT_BINARY_DIR}/${name}" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/${name}" DESTINATION "${pc_dir}")
endfunction()

get_property(SEMPER_FIND_DEPENDENCIES GLOBAL PROPERTY SEMPER_FIND_DEPENDENCIES)
list(JOIN SEMPER_FIND_DEPENDENCIES "\n  " SEMPER_FIND_DEPENDENCIES)
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/semperConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/semperConfig.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/semperConfigVersion.cmake"
  COMPATIBILITY SameMajorVersion)
install(FILES "${PROJECT_BINARY_DIR}/semperConfig.cmake" "${PROJECT_BINARY_DIR}/semperConfigVersion.cmake"
  DESTINATION "${package_dir}")

if(SEMPER_SHARED)
  install(TARGETS semper_c EXPORT semperSharedTargets LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  install(EXPORT semperSharedTargets NAMESPACE semper:: DESTINATION "${package_dir}")
  semper_install_pc(semper.pc)
endif()

get_property(fetched GLOBAL PROPERTY SEMPER_FETCHED)
if(fetched)
  # A static library names its dependencies to whoever links it; what was downloaded into this build
  # tree cannot be named.
  message(STATUS "semper: libsemper.a will not be installed, because these were downloaded: ${fetched}")
  return()
endif()

install(TARGETS semper EXPORT semperTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT semperTargets NAMESPACE semper:: DESTINATION "${package_dir}")
get_property(optional_modules GLOBAL PROPERTY SEMPER_PC_OPTIONAL)
list(JOIN optional_modules " " SEMPER_PC_OPTIONAL)
semper_install_pc(semper-static.pc)
