# SPDX-License-Identifier: GPL-2.0-or-later
# What each is for stands in README.md. pkg-config for C libraries, so that the arm64 cross build finds
# the arm64 ones (PKG_CONFIG_LIBDIR is set by cmake/arm64-toolchain.cmake).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
if(WAKEPATH_STATIC)
  set(wakepath_pkg_static STATIC_TARGET)
endif()
pkg_check_modules(libbpf REQUIRED IMPORTED_TARGET libbpf>=1.1)
pkg_check_modules(libzstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(zlib REQUIRED IMPORTED_TARGET zlib)
find_package(fmt 9 REQUIRED)
find_package(CLI11 REQUIRED)
find_path(expected_include tl/expected.hpp REQUIRED)
