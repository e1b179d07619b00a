// SPDX-License-Identifier: GPL-2.0-or-later
// Runs the embedded guest alone, with no tracing, and prints its reports: the check that the
// ground truth is true. Exit code 0 where every vCPU reported at least 90 % of the wakes that its
// period makes.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <thread>
#include <vector>

#include "guest/guest.hpp"

namespace {

using namespace wakepath;
using Values = std::vector<std::int64_t>;

int complain(const Error& error) {
  std::fprintf(stderr, "%s%s%s\n", error.message.c_str(), error.fix.empty() ? "" : "; ",
               error.fix.c_str());
  return static_cast<int>(error.kind);
}

void print_spread(const char* what, Values values) {
  if (values.empty()) {
    return;
  }
  std::sort(values.begin(), values.end());
  std::int64_t sum = 0;
  for (const std::int64_t value : values) {
    sum += value;
  }
  const auto at = [&](std::size_t percent) {
    return static_cast<long long>(
        values[std::min(values.size() - 1, values.size() * percent / 100)]);
  };
  std::printf("  %s: mean %lld min %lld p50 %lld p99 %lld max %lld\n", what,
              static_cast<long long>(sum / static_cast<std::int64_t>(values.size())), at(0), at(50),
              at(99), at(100));
}

// When the guest read its counter, on the host's clock.
std::optional<std::int64_t> woke_ns(const guest::Guest& machine, const guest::Report& report) {
  const auto pair = guest::read_clock_pair();
  const auto hz = machine.counter_hz();
  const auto offset = machine.counter_offset();
  if (!pair || !hz || !offset || !report.now_ticks) {
    return std::nullopt;
  }
  const std::int64_t ago = static_cast<std::int64_t>(pair->counter) -
                           static_cast<std::int64_t>(*report.now_ticks) - *offset;
  return static_cast<std::int64_t>(pair->monotonic_ns) -
         static_cast<std::int64_t>(static_cast<double>(ago) * 1e9 / static_cast<double>(*hz));
}

// How many reports there are of one vCPU; nothing where their sequence has a hole.
std::optional<std::uint64_t> print_vcpu(const guest::Guest& machine,
                                        const std::vector<guest::Report>& reports, unsigned vcpu) {
  Values gaps;
  Values lateness;
  Values delivery;
  std::uint64_t count = 0;
  std::uint64_t last = 0;
  for (const guest::Report& report : reports) {
    if (report.vcpu != vcpu) {
      continue;
    }
    if (report.sequence != count++) {
      std::printf("vCPU %u: a report is missing before sequence %llu\n", vcpu,
                  static_cast<unsigned long long>(report.sequence));
      return std::nullopt;
    }
    if (last != 0) {
      gaps.push_back(static_cast<std::int64_t>((report.time_ns - last) / 1000));
    }
    last = report.time_ns;
    if (report.deadline_ticks && report.now_ticks) {
      lateness.push_back(static_cast<std::int64_t>(*report.now_ticks - *report.deadline_ticks));
    }
    if (const auto woke = woke_ns(machine, report)) {
      delivery.push_back(static_cast<std::int64_t>(report.time_ns) - *woke);
    }
  }
  std::printf("vCPU %u: %llu reports\n", vcpu, static_cast<unsigned long long>(count));
  print_spread("gap (us)", gaps);
  print_spread("lateness (ticks)", lateness);
  print_spread("guest woke -> report received (ns)", delivery);
  return count;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int run(const guest::Options& options, double seconds) {
  auto made = guest::Guest::create(options);
  if (!made) {
    return complain(made.error());
  }
  guest::Guest& machine = **made;
  if (auto started = machine.start(); !started) {
    return complain(started.error());
  }
  const auto begin = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  std::vector<guest::Report> reports;
  machine.drain(reports);
  const double expected =
      seconds_since(begin) / std::chrono::duration<double>(options.period).count();
  const auto stopping = std::chrono::steady_clock::now();
  const auto stopped = machine.stop();
  std::printf("expected %.0f reports of each vCPU; stopped in %.3f s\n", expected,
              seconds_since(stopping));
  if (const auto pair = guest::read_clock_pair(); pair && machine.counter_hz()) {
    std::printf("counter %llu Hz, offset %lld, clock pair %llu ns wide\n",
                static_cast<unsigned long long>(*machine.counter_hz()),
                static_cast<long long>(machine.counter_offset().value_or(-1)),
                static_cast<unsigned long long>(pair->width_ns));
  }
  bool enough = true;
  for (unsigned vcpu = 0; vcpu < machine.thread_ids().size(); ++vcpu) {
    const auto count = print_vcpu(machine, reports, vcpu);
    enough = enough && count && static_cast<double>(*count) >= expected * 0.9 - 1;
  }
  if (!stopped) {
    return complain(stopped.error());
  }
  return enough ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const auto workload = guest::workload_from(argc > 1 ? argv[1] : "timer");
  if (!workload) {
    std::fprintf(
        stderr,
        "usage: guest_demo [timer|kworker|irqfd|device|ipi [PERIOD_US [SECONDS [VCPUS]]]]\n");
    return 2;
  }
  guest::Options options;
  options.workload = *workload;
  options.period = std::chrono::microseconds(argc > 2 ? std::atoll(argv[2]) : 10000);
  if (argc > 4) {
    options.vcpus = static_cast<unsigned>(std::atoi(argv[4]));
  }
  return run(options, argc > 3 ? std::atof(argv[3]) : 5);
}
