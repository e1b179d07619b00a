# SPDX-License-Identifier: GPL-2.0-or-later
# bpf/*.bpf.c -> one linked object -> build/generated/wakepath.skel.h (target wakepath_skeleton).
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
  -I${PROJECT_SOURCE_DIR}/include)
if(CMAKE_LIBRARY_ARCHITECTURE)
  list(APPEND wakepath_bpf_flags -idirafter /usr/include/${CMAKE_LIBRARY_ARCHITECTURE})
endif()
# libbpf's headers may stand outside the default path (it is a BPF program's only library).
pkg_get_variable(wakepath_libbpf_include libbpf includedir)
list(APPEND wakepath_bpf_flags -idirafter ${wakepath_libbpf_include})

set(wakepath_generated ${PROJECT_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${wakepath_generated})
file(GLOB wakepath_bpf_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bpf/*.bpf.h)
list(APPEND wakepath_bpf_headers ${PROJECT_SOURCE_DIR}/include/wakepath/abi.h)

set(wakepath_bpf_objects)
foreach(noun maps irq timer softirq workqueue sched kvm start)
  set(object ${wakepath_generated}/${noun}.bpf.o)
  add_custom_command(OUTPUT ${object}
    COMMAND ${WAKEPATH_BPF_CLANG} ${wakepath_bpf_flags} -c ${PROJECT_SOURCE_DIR}/bpf/${noun}.bpf.c -o ${object}
    DEPENDS ${PROJECT_SOURCE_DIR}/bpf/${noun}.bpf.c ${wakepath_bpf_headers}
    COMMENT "BPF ${noun}" VERBATIM)
  list(APPEND wakepath_bpf_objects ${object})
endforeach()

set(wakepath_bpf_linked ${wakepath_generated}/wakepath.bpf.o)
set(wakepath_skeleton_header ${wakepath_generated}/wakepath.skel.h)
add_custom_command(OUTPUT ${wakepath_bpf_linked}
  COMMAND ${WAKEPATH_BPFTOOL} gen object ${wakepath_bpf_linked} ${wakepath_bpf_objects}
  DEPENDS ${wakepath_bpf_objects} COMMENT "BPF link" VERBATIM)
add_custom_command(OUTPUT ${wakepath_skeleton_header}
  COMMAND sh -c "\"$1\" gen skeleton \"$2\" name wakepath_bpf >\"$3.new\" && mv \"$3.new\" \"$3\"" sh
    ${WAKEPATH_BPFTOOL} ${wakepath_bpf_linked} ${wakepath_skeleton_header}
  DEPENDS ${wakepath_bpf_linked} COMMENT "BPF skeleton" VERBATIM)
add_custom_target(wakepath_skeleton DEPENDS ${wakepath_skeleton_header})
