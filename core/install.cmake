# What an installation holds beside the program, and what plugins out of this tree are built with. The build tree has
# the shape of an installation, so that the program, CMake and pkg-config find their parts by one rule in both.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/heddle)
set(plugin_install_dir ${CMAKE_INSTALL_LIBDIR}/heddle/plugins)
configure_package_config_file(heddleConfig.cmake.in ${PROJECT_BINARY_DIR}/${package_dir}/heddleConfig.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_BINDIR plugin_install_dir
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# A header that only grows, and nothing to link: any machine, any later release.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/${package_dir}/heddleConfigVersion.cmake
  COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)
# Found from heddle.pc's own place, so that an installation can be moved.
file(RELATIVE_PATH pc_prefix /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" pc_prefix "${pc_prefix}")
configure_file(heddle.pc.in ${PROJECT_BINARY_DIR}/${CMAKE_INSTALL_LIBDIR}/pkgconfig/heddle.pc @ONLY)

file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/share/heddle ${PROJECT_BINARY_DIR}/libexec/heddle)
file(CREATE_LINK ${PROJECT_SOURCE_DIR}/configs ${PROJECT_BINARY_DIR}/share/heddle/configs SYMBOLIC)
file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/templates ${PROJECT_BINARY_DIR}/share/heddle/templates SYMBOLIC)
file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/${CMAKE_INSTALL_INCLUDEDIR} SYMBOLIC)
# Commands that are scripts, and the package of each beside it.
set(script_commands plot report)
foreach(script ${script_commands})
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/scripts/${script} ${PROJECT_BINARY_DIR}/libexec/heddle/heddle-${script} SYMBOLIC)
  install(PROGRAMS ${PROJECT_SOURCE_DIR}/scripts/${script} DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/heddle
          RENAME heddle-${script})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/scripts/heddle_${script} DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/heddle
          PATTERN __pycache__ EXCLUDE PATTERN web EXCLUDE)
endforeach()

install(TARGETS heddle)
install(DIRECTORY include/heddle TYPE INCLUDE)
install(FILES ${PROJECT_BINARY_DIR}/${package_dir}/heddleConfig.cmake
              ${PROJECT_BINARY_DIR}/${package_dir}/heddleConfigVersion.cmake DESTINATION ${package_dir})
install(FILES ${PROJECT_BINARY_DIR}/${CMAKE_INSTALL_LIBDIR}/pkgconfig/heddle.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/configs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/heddle/configs
        FILES_MATCHING PATTERN "*.json")
install(DIRECTORY templates DESTINATION ${CMAKE_INSTALL_DATADIR}/heddle REGEX "templates/README.md$" EXCLUDE)
install(FILES ${CMAKE_CURRENT_SOURCE_DIR}/heddle.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${CMAKE_CURRENT_SOURCE_DIR}/heddle-plugin.7 DESTINATION ${CMAKE_INSTALL_MANDIR}/man7)
