# SPDX-License-Identifier: GPL-2.0-or-later
# What each is for stands in README.md. pkg-config for C libraries, so that the arm64 cross build finds
# the arm64 ones (PKG_CONFIG_LIBDIR is set by cmake/arm64-toolchain.cmake).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
set(wakepath_library_suffixes ${CMAKE_FIND_LIBRARY_SUFFIXES})
if(WAKEPATH_STATIC)
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
endif()
pkg_check_modules(libbpf REQUIRED IMPORTED_TARGET libbpf>=1.1)
pkg_check_modules(libelf REQUIRED IMPORTED_TARGET libelf)
pkg_check_modules(libzstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(zlib REQUIRED IMPORTED_TARGET zlib)
# Traces of ftrace, and the capture through tracefs: left out where it is not installed.
pkg_check_modules(libtraceevent IMPORTED_TARGET libtraceevent>=1.5)
pkg_check_modules(libtracefs IMPORTED_TARGET libtracefs>=1.4)
# Refuses system calls: without it less is refused.
pkg_check_modules(libseccomp IMPORTED_TARGET libseccomp>=2.5)
# The screen: left out where it is not installed.
if(WAKEPATH_SCREEN)
  pkg_check_modules(ncursesw IMPORTED_TARGET ncursesw>=6.1)
endif()
# In this order where they are archives.
target_link_libraries(PkgConfig::libelf INTERFACE PkgConfig::zlib)
target_link_libraries(PkgConfig::libbpf INTERFACE PkgConfig::libelf PkgConfig::zlib)
set(CMAKE_FIND_LIBRARY_SUFFIXES ${wakepath_library_suffixes})
pkg_check_modules(fmt REQUIRED IMPORTED_TARGET fmt>=9)
add_library(wakepath_fmt INTERFACE)
if(WAKEPATH_STATIC)
  # Debian has no archive of fmt.
  target_compile_definitions(wakepath_fmt INTERFACE FMT_HEADER_ONLY)
else()
  target_link_libraries(wakepath_fmt INTERFACE PkgConfig::fmt)
endif()
find_package(CLI11 REQUIRED)
find_path(expected_include tl/expected.hpp REQUIRED)
# Their headers alone, so that the static build needs no archive of them.
find_path(tomlplusplus_include toml++/toml.h REQUIRED)
find_path(protozero_include protozero/pbf_writer.hpp REQUIRED)
# Names of PCI devices, snapshots and trace.dat. Debian has no archive of libpci and libtracecmd, and libarchive's wants a
# dozen others: the static program says devices by their ids, takes no snapshots, reads no trace.dat, and unpacks what gzip
# and zstd packed.
if(NOT WAKEPATH_STATIC)
  pkg_check_modules(libpci IMPORTED_TARGET libpci>=3.5)
  pkg_check_modules(libarchive IMPORTED_TARGET libarchive>=3.3.3)
  pkg_check_modules(libtracecmd IMPORTED_TARGET libtracecmd>=1.1)
  pkg_check_modules(liblzma IMPORTED_TARGET liblzma>=5.2)
  # The static program writes no tables for SQLite.
  pkg_check_modules(sqlite3 IMPORTED_TARGET sqlite3>=3.25)
  # Debian's has no file for pkg-config.
  find_path(bz2_include bzlib.h)
  find_library(bz2_library bz2)
endif()
