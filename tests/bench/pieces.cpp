// SPDX-License-Identifier: GPL-2.0-or-later
// Runs each program of pieces.bpf.c many times, and prints its time less that of an empty one. In
// the lab's instruction clock, with a counter of 1 GHz, that is a number of instructions.
#include <cstdint>
#include <cstdio>
#include <memory>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "util/fd.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "pieces.skel.h"
#pragma GCC diagnostic pop

namespace {

constexpr int kRuns = 2000;

// ns; negative: it can't be run.
double cost(const bpf_program* program) {
  LIBBPF_OPTS(bpf_test_run_opts, options);
  for (int run = 0; run < kRuns; ++run) {
    if (bpf_prog_test_run_opts(bpf_program__fd(program), &options) != 0) {
      return -1;
    }
  }
  bpf_prog_info info{};
  std::uint32_t size = sizeof(info);
  bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size);
  return info.run_cnt == 0
             ? -1
             : static_cast<double>(info.run_time_ns) / static_cast<double>(info.run_cnt);
}

}  // namespace

int main() {
  pieces_bpf* skeleton = pieces_bpf__open_and_load();
  const wakepath::Fd stats(bpf_enable_stats(BPF_STATS_RUN_TIME));
  if (skeleton == nullptr || !stats) {
    std::fputs("bench_pieces: this kernel does not let us\n", stderr);
    return 3;
  }
  double nothing = -1;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton->obj) {
    const double ns = cost(program);
    nothing = nothing < 0 ? ns : nothing;
    std::printf("%-20s %8.1f\n", bpf_program__name(program), ns - nothing);
  }
  pieces_bpf__destroy(skeleton);
  return 0;
}
