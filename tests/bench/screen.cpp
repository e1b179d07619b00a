// SPDX-License-Identifier: GPL-2.0-or-later
// What the screen costs on a large host: 4,096 vCPUs in 512 VMs on 1,024 CPUs, whose wakes are of
// many lengths. A wake, a drawing and a key.
#include <benchmark/benchmark.h>

#include <malloc.h>

#include "screen/screen.hpp"

namespace {

using namespace wakepath;

constexpr std::uint32_t kVcpus = 4096;
constexpr std::uint64_t kBeginNs = 1'000'000'000;

WakeChain wake_of(std::uint64_t number) {
  const auto vcpu = static_cast<std::uint32_t>(number % kVcpus);
  const std::uint64_t random = number * 6'364'136'223'846'793'005ULL;
  WakeChain chain;
  chain.id = number + 1;
  chain.who = {"vm" + std::to_string(vcpu / 8), 100 + vcpu / 8, vcpu % 8, 10'000 + vcpu};
  chain.path = "timer(kvm_bg_timer_expire)>vcpu";
  chain.root = {RootKind::timer, vcpu % 1024, 13, "arch_timer", "kvm_bg_timer_expire", 1, {}};
  chain.begin_ns = kBeginNs + number * 1'000;
  const std::uint64_t total = 20'000 + (random >> 50U) * (random % 64 == 0 ? 100 : 2);
  chain.end_ns = chain.begin_ns + total;
  std::uint64_t at = chain.begin_ns;
  for (const StageKind kind : {StageKind::timer_latency, StageKind::irq_entry,
                               StageKind::timer_callback, StageKind::wake_delay}) {
    chain.stages.push_back({kind, at, at + total / 8, vcpu % 1024, "arch_timer", {}, {}});
    chain.stages.back().blame = {{BlameKind::self, "", total / 8, {}, {}, {}}};
    at += total / 8;
  }
  chain.stages.push_back(
      {StageKind::vcpu_entry, at, chain.end_ns, vcpu % 1024, "CPU 0/KVM", {}, {}});
  chain.stages.back().blame = {{BlameKind::task,
                                "kworker/" + std::to_string(vcpu % 64) + ":1: writeback",
                                total / 4,
                                500 + vcpu % 64,
                                120,
                                {}}};
  return chain;
}

screen::Screen& large() {
  static screen::Screen one{{}};
  static const bool filled = [] {
    const auto before = ::mallinfo2().uordblks;
    Header header;
    header.cpus = 1024;
    header.begin_ns = kBeginNs;
    static_cast<void>(one.model().header(header));
    for (std::uint64_t i = 0; i < std::uint64_t{kVcpus} * 200; ++i) {
      static_cast<void>(one.model().wake(wake_of(i)));
    }
    std::printf("the screen holds %.1f MB\n",
                static_cast<double>(::mallinfo2().uordblks - before) / (1 << 20));
    return true;
  }();
  static_cast<void>(filled);
  return one;
}

void screen_draw(benchmark::State& state) {
  screen::Screen& screen = large();
  const screen::Size size{static_cast<std::size_t>(state.range(0)),
                          static_cast<std::size_t>(state.range(1))};
  std::uint64_t number = std::uint64_t{kVcpus} * 200;
  for (auto _ : state) {
    // So that nothing is as it was.
    state.PauseTiming();
    for (std::uint32_t i = 0; i < kVcpus; ++i) {
      static_cast<void>(screen.model().wake(wake_of(number++)));
    }
    state.ResumeTiming();
    benchmark::DoNotOptimize(screen.draw(size));
  }
}
BENCHMARK(screen_draw)
    ->Args({80, 24})
    ->Args({200, 50})
    ->Args({300, 100})
    ->Unit(benchmark::kMillisecond);

// A key, and what it shows.
void screen_key(benchmark::State& state) {
  screen::Screen& screen = large();
  for (auto _ : state) {
    screen.key({screen::KeyKind::down, 0, {}});
    benchmark::DoNotOptimize(screen.draw({200, 50}));
  }
}
BENCHMARK(screen_key)->Unit(benchmark::kMillisecond);

void screen_by_vm(benchmark::State& state) {
  screen::Screen& screen = large();
  screen.key({screen::KeyKind::character, U'v', {}});
  for (auto _ : state) {
    benchmark::DoNotOptimize(screen.draw({200, 50}));
  }
  screen.key({screen::KeyKind::character, U'v', {}});
}
BENCHMARK(screen_by_vm)->Unit(benchmark::kMillisecond);

void screen_by_path(benchmark::State& state) {
  screen::Screen& screen = large();
  screen.key({screen::KeyKind::character, U'p', {}});
  for (auto _ : state) {
    benchmark::DoNotOptimize(screen.draw({200, 50}));
  }
  screen.key({screen::KeyKind::character, U'p', {}});
}
BENCHMARK(screen_by_path)->Unit(benchmark::kMillisecond);

void screen_wake(benchmark::State& state) {
  screen::Screen& screen = large();
  std::uint64_t number = std::uint64_t{kVcpus} * 300;
  for (auto _ : state) {
    state.PauseTiming();
    const WakeChain wake = wake_of(number++);
    state.ResumeTiming();
    static_cast<void>(screen.model().wake(wake));
  }
}
BENCHMARK(screen_wake)->Iterations(200'000)->Unit(benchmark::kMicrosecond);

}  // namespace
