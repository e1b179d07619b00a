// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/inner_arrays.hpp"

#include <array>
#include <cstdint>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "util/fd.hpp"

namespace wakepath::capture {

namespace {

constexpr std::uint32_t kFirst = 0, kSecond = 1;
constexpr std::uint64_t kOther = 1;  // of the second element; the first is 0

Fd create_outer(const Fd& inner) {
  LIBBPF_OPTS(bpf_map_create_opts, options,
              .inner_map_fd = static_cast<std::uint32_t>(inner.get()));
  Fd outer(bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "wp_outer", sizeof(std::uint32_t),
                          sizeof(std::uint32_t), 1, &options));
  const int fd = inner.get();
  if (outer && bpf_map_update_elem(outer.get(), &kFirst, &fd, BPF_ANY) != 0) {
    return {};
  }
  return outer;
}

// Returns what the first map of `outer` has as its second element.
Fd load_look_up(const Fd& outer) {
  const std::array<bpf_insn, 15> program{{
      {BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -8, kFirst},
      {BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, kSecond},
      {BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, outer.get()},
      {},
      {BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0},
      {BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -8},
      {BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem},
      {BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 6, 0},
      {BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_0, 0, 0},
      {BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0},
      {BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4},
      {BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem},
      {BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 1, 0},
      {BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_0, BPF_REG_0, 0, 0},
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  }};
  return Fd(bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "wp_look_up", "GPL", program.data(),
                          program.size(), nullptr));
}

}  // namespace

bool finds_inner_elements() {
  const Fd inner(bpf_map_create(BPF_MAP_TYPE_ARRAY, "wp_inner", sizeof(std::uint32_t),
                                sizeof(std::uint64_t), 2, nullptr));
  if (!inner || bpf_map_update_elem(inner.get(), &kSecond, &kOther, BPF_ANY) != 0) {
    return false;
  }
  const Fd outer = create_outer(inner);
  const Fd look_up = outer ? load_look_up(outer) : Fd();
  if (!look_up) {
    return false;
  }
  std::array<std::uint8_t, 64> packet{};
  LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet.data(), .data_size_in = packet.size());
  return bpf_prog_test_run_opts(look_up.get(), &run) == 0 && run.retval == kOther;
}

}  // namespace wakepath::capture
