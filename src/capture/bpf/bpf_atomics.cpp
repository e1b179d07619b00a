// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bpf/bpf_atomics.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "util/fd.hpp"

namespace wakepath::capture {

namespace {

// include/uapi/linux/bpf.h of 5.12; older headers lack them.
constexpr std::uint8_t kAtomic = BPF_STX | 0xc0;
constexpr std::int32_t kFetch = 0x01;

}  // namespace

bool has_fetching_atomics() {
  const std::array<bpf_insn, 5> program{{
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, 1},
      {BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_1, -8, 0},
      {kAtomic | BPF_DW, BPF_REG_10, BPF_REG_1, -8, BPF_ADD | kFetch},
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0},
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  }};
  const Fd loaded(bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "wp_atomics", "GPL", program.data(),
                                program.size(), nullptr));
  bpf_prog_info info{};
  std::uint32_t size = sizeof(info);
  // What the compiler for this CPU does not know is interpreted: right, but far too slow.
  return loaded && bpf_obj_get_info_by_fd(loaded.get(), &info, &size) == 0 &&
         info.jited_prog_len > 0;
}

bool replace_fetching_atomics(bpf_program* program) {
  const std::span<const bpf_insn> old(bpf_program__insns(program), bpf_program__insn_cnt(program));
  std::vector<bpf_insn> instructions(old.begin(), old.end());
  for (bpf_insn& instruction : instructions) {
    const bool is_atomic =
        instruction.code == (kAtomic | BPF_DW) || instruction.code == (kAtomic | BPF_W);
    if (is_atomic && (instruction.imm & kFetch) != 0) {
      instruction.imm = BPF_ADD;
    }
  }
  return bpf_program__set_insns(program, instructions.data(), instructions.size()) == 0;
}

}  // namespace wakepath::capture
