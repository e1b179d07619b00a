# SPDX-License-Identifier: GPL-2.0-or-later
# BPF C -> one linked object -> a skeleton header below ${wakepath_generated}.
find_program(WAKEPATH_BPF_CLANG NAMES clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14 REQUIRED)
find_program(WAKEPATH_BPFTOOL NAMES bpftool PATHS /usr/sbin /sbin REQUIRED)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(wakepath_bpf_arch arm64)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(wakepath_bpf_arch x86)
else()
  message(FATAL_ERROR "wakepath's BPF programs know aarch64 and x86_64, not ${CMAKE_SYSTEM_PROCESSOR}")
endif()

# Fields and tracepoint arguments are found in the running kernel's BTF: the object fits both architectures.
set(wakepath_bpf_flags
  -target bpf -mcpu=v3 -O2 -g -Wall -Werror -D__TARGET_ARCH_${wakepath_bpf_arch}
  -I${PROJECT_SOURCE_DIR}/include -I${PROJECT_SOURCE_DIR}/bpf)
if(CMAKE_LIBRARY_ARCHITECTURE)
  list(APPEND wakepath_bpf_flags -idirafter /usr/include/${CMAKE_LIBRARY_ARCHITECTURE})
endif()
# libbpf's headers may stand outside the default path (it is a BPF program's only library).
pkg_get_variable(wakepath_libbpf_include libbpf includedir)
list(APPEND wakepath_bpf_flags -idirafter ${wakepath_libbpf_include})

set(wakepath_generated ${PROJECT_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${wakepath_generated})
file(GLOB wakepath_bpf_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bpf/*.h)
list(APPEND wakepath_bpf_headers ${PROJECT_SOURCE_DIR}/include/wakepath/abi.h ${PROJECT_SOURCE_DIR}/include/wakepath/abi_event.h
  ${PROJECT_SOURCE_DIR}/include/wakepath/events.def)

# DIRECTORY/NOUN.bpf.c for each noun -> ${wakepath_generated}/NAME.skel.h with the type NAME_bpf: target NAME_skeleton.
function(wakepath_bpf_skeleton name directory)
  set(objects)
  foreach(noun ${ARGN})
    set(object ${wakepath_generated}/${noun}.bpf.o)
    add_custom_command(OUTPUT ${object}
      COMMAND ${WAKEPATH_BPF_CLANG} ${wakepath_bpf_flags} -c ${directory}/${noun}.bpf.c -o ${object}
      DEPENDS ${directory}/${noun}.bpf.c ${wakepath_bpf_headers}
      COMMENT "BPF ${noun}" VERBATIM)
    list(APPEND objects ${object})
  endforeach()

  set(linked ${wakepath_generated}/${name}.linked.bpf.o)
  set(header ${wakepath_generated}/${name}.skel.h)
  add_custom_command(OUTPUT ${linked}
    COMMAND ${WAKEPATH_BPFTOOL} gen object ${linked} ${objects}
    DEPENDS ${objects} COMMENT "BPF link ${name}" VERBATIM)
  add_custom_command(OUTPUT ${header}
    COMMAND sh -c "\"$1\" gen skeleton \"$2\" name \"$4\" >\"$3.new\" && mv \"$3.new\" \"$3\"" sh
      ${WAKEPATH_BPFTOOL} ${linked} ${header} ${name}_bpf
    DEPENDS ${linked} COMMENT "BPF skeleton ${name}" VERBATIM)
  add_custom_target(${name}_skeleton DEPENDS ${header})
endfunction()
