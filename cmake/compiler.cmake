# SPDX-License-Identifier: GPL-2.0-or-later
# ccache, warnings and sanitizers for everything that is compiled here.
if(WAKEPATH_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(wakepath_ccache ccache)
  if(wakepath_ccache)
    set(CMAKE_C_COMPILER_LAUNCHER ${wakepath_ccache})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${wakepath_ccache})
  endif()
endif()

add_library(wakepath_options INTERFACE)
target_compile_options(wakepath_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow>)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # libbpf's option macros.
  target_compile_options(wakepath_options INTERFACE -Wno-c99-extensions -Wno-gnu-statement-expression)
endif()
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC stops inlining when a file has grown by 40 % from it, and a file of joined sources reaches that: reading a text trace
  # took 10 % more instructions. And to GCC what stands in an anonymous namespace of a source seems to stand in a header.
  target_compile_options(wakepath_options INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:--param=inline-unit-growth=100> -Wno-subobject-linkage)
endif()
target_include_directories(wakepath_options INTERFACE
  ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
if(WAKEPATH_WERROR)
  target_compile_options(wakepath_options INTERFACE -Werror)
endif()
target_compile_definitions(wakepath_options INTERFACE WAKEPATH_VERSION="${PROJECT_VERSION}")

if(WAKEPATH_SANITIZE)
  target_compile_options(wakepath_options INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(wakepath_options INTERFACE -fsanitize=address,undefined)
endif()
# Most of a build of the tests is 30 programs to link. One with sanitizers takes binutils' linker 8 s, and lld 2 s.
if(WAKEPATH_TESTS OR WAKEPATH_FUZZ)
  find_program(wakepath_lld ld.lld)
  if(wakepath_lld)
    target_link_options(wakepath_options INTERFACE -fuse-ld=lld)
  endif()
endif()
# Tests start one with sanitizers a thousand times: where its place in memory is fixed, 800,000 relocations less are to be made.
if(WAKEPATH_SANITIZE)
  target_link_options(wakepath_options INTERFACE -no-pie)
endif()
if(WAKEPATH_FUZZ)
  target_compile_options(wakepath_options INTERFACE
    -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
  target_link_options(wakepath_options INTERFACE -fsanitize=address,undefined)
endif()
if(WAKEPATH_STATIC)
  target_link_options(wakepath_options INTERFACE -static)
endif()

# A library that is installed, as wakepath::NAME: what builds it is the build's alone.
function(wakepath_library target name)
  add_library(wakepath::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} PUBLIC $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${target} PUBLIC $<BUILD_INTERFACE:wakepath_options>)
endfunction()
