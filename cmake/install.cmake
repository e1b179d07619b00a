# SPDX-License-Identifier: GPL-2.0-or-later
# The program, its manual, and the library: archives, the public headers, and what CMake and pkg-config need to find them.
install(TARGETS wakepath RUNTIME)
install(FILES docs/man/wakepath.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES LICENSE README.md SECURITY.md docs/ndjson.schema.json DESTINATION ${CMAKE_INSTALL_DOCDIR})

# For trace_processor, and as macros for ui.perfetto.dev, which take the SQL as a text of JSON.
file(READ share/wakepath.sql wakepath_sql)
string(REPLACE "\\" "\\\\" wakepath_sql "${wakepath_sql}")
string(REPLACE "\"" "\\\"" wakepath_sql "${wakepath_sql}")
string(REPLACE "\n" "\\n" wakepath_sql "${wakepath_sql}")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS share/wakepath.sql)
configure_file(share/wakepath-macros.json.in ${PROJECT_BINARY_DIR}/wakepath-macros.json @ONLY)
install(FILES share/wakepath.sql ${PROJECT_BINARY_DIR}/wakepath-macros.json DESTINATION ${CMAKE_INSTALL_DATADIR}/wakepath)

# These builds are for a program alone: archives of theirs would want the same flags.
if(WAKEPATH_STATIC OR WAKEPATH_SANITIZE OR WAKEPATH_FUZZ)
  return()
endif()

install(DIRECTORY include/wakepath DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp" PATTERN "*.def")
install(TARGETS wakepath_core wakepath_guest wakepath_capture EXPORT wakepathTargets ARCHIVE)

# Archives bring no libraries with them: whoever links them links these too, by pkg-config's names.
set(wakepath_core_modules fmt libzstd zlib)
set(wakepath_capture_modules libbpf)
foreach(module libpci libarchive liblzma libtraceevent libtracecmd libseccomp sqlite3)
  if(TARGET PkgConfig::${module})
    list(APPEND wakepath_core_modules ${module})
  endif()
endforeach()
if(TARGET PkgConfig::libtracefs AND TARGET PkgConfig::libtraceevent)
  list(APPEND wakepath_capture_modules libtracefs)
endif()

set(wakepath_core_libraries "")
if(bz2_include AND bz2_library)
  set(wakepath_core_libraries " -lbz2")
endif()

include(CMakePackageConfigHelpers)
set(wakepath_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/wakepath)
configure_package_config_file(cmake/wakepathConfig.cmake.in ${PROJECT_BINARY_DIR}/wakepathConfig.cmake
  INSTALL_DESTINATION ${wakepath_cmake_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/wakepathConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/wakepathConfig.cmake ${PROJECT_BINARY_DIR}/wakepathConfigVersion.cmake
  DESTINATION ${wakepath_cmake_dir})
install(EXPORT wakepathTargets NAMESPACE wakepath:: DESTINATION ${wakepath_cmake_dir})

# Relative to where the .pc files stand, so that the tree can be installed anywhere.
file(RELATIVE_PATH wakepath_up ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
foreach(name core capture)
  string(JOIN " " wakepath_${name}_requires ${wakepath_${name}_modules})
endforeach()
foreach(file wakepath wakepath-capture)
  configure_file(cmake/${file}.pc.in ${PROJECT_BINARY_DIR}/${file}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${file}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
