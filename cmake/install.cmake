# cmake --install: the program, the two libraries with their public headers, and what finds them
# (find_package(riverbank), pkg-config riverbank).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS riverbank_encoder riverbank_retrieval EXPORT riverbank
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/lib/include/ ${PROJECT_SOURCE_DIR}/index/include/
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
if(RIVERBANK_BUILD_CLI)
  install(TARGETS riverbank_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/riverbank)
install(EXPORT riverbank NAMESPACE riverbank:: FILE riverbankTargets.cmake DESTINATION ${package_folder})
configure_package_config_file(cmake/riverbankConfig.cmake.in ${PROJECT_BINARY_DIR}/riverbankConfig.cmake
  INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/riverbankConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/riverbankConfig.cmake ${PROJECT_BINARY_DIR}/riverbankConfigVersion.cmake
  DESTINATION ${package_folder})

configure_file(cmake/riverbank.pc.in ${PROJECT_BINARY_DIR}/riverbank.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/riverbank.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
