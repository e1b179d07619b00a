// SPDX-License-Identifier: GPL-2.0-or-later
// Against the running kernel: as root, on a host with KVM.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include <unistd.h>

#include "capture/bpf/bpf_backend.hpp"
#include "capture/bpf/bpf_session.hpp"
#include "capture/bpf/kernel_btf.hpp"
#include "capture/privileges.hpp"
#include "host/host_facts.hpp"
#include "wakepath/facts.hpp"

namespace wakepath::capture {
namespace {

// Two threads of this process that wake each other as fast as they can.
class Load {
 public:
  Load() : thread_([this] { echo(); }), other_([this] { echo(); }) {}
  ~Load() {
    stop_ = true;
    thread_.join();
    other_.join();
  }

 private:
  void echo() {
    while (!stop_) {
      turn_.fetch_add(1);
      turn_.notify_all();
      std::this_thread::yield();
      std::this_thread::sleep_for(std::chrono::microseconds(1));
    }
  }

  std::atomic<bool> stop_{false};
  std::atomic<int> turn_{0};
  std::thread thread_, other_;
};

struct Totals final : RecordSink {
  std::map<std::uint32_t, wp_tick_cpu> cpus;
  std::uint64_t received{}, runs{}, misses{}, names{}, missed{}, notices{}, bad_failed{};
  std::uint64_t in_interrupt{}, in_interrupt_without_context{};
  std::uint32_t last_flags{}, first_flags{};
  std::map<std::uint32_t, bool> interrupt;
  std::map<std::uint32_t, std::uint64_t> failed;

  Result<void> record(RecordView view) override {
    if (view.type() == WP_RECORD_BATCH) {
      batch(view);
    } else if (view.type() == WP_RECORD_TICK) {
      const auto tick = load<wp_tick>(view.bytes());
      first_flags = first_flags == 0 ? tick.flags : first_flags;
      last_flags = tick.flags;
      missed = tick.missed;
      for (std::size_t i = 0; i < view.count(); ++i) {
        const auto cpu = load<wp_tick_cpu>(view.bytes(), sizeof(tick) + i * sizeof(wp_tick_cpu));
        cpus[cpu.cpu] = cpu;
      }
    } else if (view.type() == WP_RECORD_FACT) {
      const Fact fact = decode_fact(view).value();
      if (const auto* program = std::get_if<ProgramFact>(&fact)) {
        runs += program->runs;
        misses += program->misses;
      } else if (const auto* capture = std::get_if<CaptureFact>(&fact)) {
        names = capture->naming_attempts;
      } else if (const auto* notice = std::get_if<NoticeFact>(&fact);
                 notice != nullptr && notice->advice == WP_ADVICE_COUNT_MISMATCH) {
        ++notices;
      }
    }
    return {};
  }

  void batch(RecordView view) {
    const auto head = load<wp_batch>(view.bytes());
    received += view.count();
    failed[head.cpu] = std::max<std::uint64_t>(failed[head.cpu], head.failed);
    for (std::size_t at = sizeof(head); at < view.bytes().size();) {
      const auto one = load<wp_event>(view.bytes(), at);
      ASSERT_GE(one.size, sizeof(one));
      event(one, head.cpu);
      at += one.size;
    }
  }

  void event(const wp_event& event, std::uint32_t cpu) {
    const bool entry = event.kind == WP_EVENT_IRQ_ENTRY || event.kind == WP_EVENT_VECTOR_ENTRY;
    if (entry || event.kind == WP_EVENT_IRQ_EXIT || event.kind == WP_EVENT_VECTOR_EXIT) {
      interrupt[cpu] = entry;
    } else if (event.kind == WP_EVENT_WAKING && interrupt[cpu]) {
      ++in_interrupt;
      in_interrupt_without_context +=
          (event.context & WP_CONTEXT_KNOWN) != 0 && (event.context & WP_CONTEXT_HARDIRQ) == 0;
    }
  }

  [[nodiscard]] std::uint64_t sum(__u64 wp_tick_cpu::*field) const {
    std::uint64_t total = 0;
    for (const auto& [cpu, totals] : cpus) {
      total += totals.*field;
    }
    return total;
  }
};

class LiveCapture : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0 || !need_kvm()) {
      GTEST_SKIP() << "needs root and KVM";
    }
  }

  static void capture(const CaptureOptions& options, Totals& totals) {
    auto source = open_bpf_capture(options, nullptr);
    ASSERT_TRUE(source) << source.error().message;
    {
      const Load load;
      const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(700);
      while (std::chrono::steady_clock::now() < end) {
        EXPECT_TRUE((*source)->pump(totals).value());
      }
      (*source)->stop();
      EXPECT_FALSE((*source)->pump(totals).value());
    }
    EXPECT_FALSE((*source)->pump(totals).value());
  }

  static void expect_all_accounted(const Totals& totals) {
    const std::uint64_t written = totals.sum(&wp_tick_cpu::written);
    EXPECT_EQ(written, totals.received);
    EXPECT_EQ(written + totals.sum(&wp_tick_cpu::failed) + totals.sum(&wp_tick_cpu::skipped),
              totals.runs + totals.names);
    EXPECT_EQ(totals.missed, totals.misses);
    EXPECT_EQ(totals.notices, 0U);
    EXPECT_EQ(totals.first_flags, WP_TICK_FIRST | WP_TICK_ALL);
    EXPECT_EQ(totals.last_flags, WP_TICK_LAST | WP_TICK_ALL);
    for (const auto& [cpu, failed] : totals.failed) {
      EXPECT_LE(failed, totals.cpus.at(cpu).failed);
    }
  }
};

TEST_F(LiveCapture, EveryRunOfAProgramIsAccountedFor) {
  CaptureOptions options;
  options.events = EventSet::full();
  options.program_stats = true;
  Totals totals;
  capture(options, totals);
  EXPECT_GT(totals.received, 1000U);
  expect_all_accounted(totals);
  EXPECT_LE(totals.in_interrupt_without_context, totals.in_interrupt / 20);
}

TEST_F(LiveCapture, RingsOfOnePageLoseAndCountIt) {
  CaptureOptions options;
  options.events = EventSet::production();
  options.program_stats = true;
  options.ring_bytes = static_cast<std::size_t>(::getpagesize());
  options.poll = std::chrono::milliseconds(100);
  Totals totals;
  capture(options, totals);
  EXPECT_GT(totals.sum(&wp_tick_cpu::failed), 0U);
  expect_all_accounted(totals);
}

TEST_F(LiveCapture, KvmProgramsWorkAsRawTracepoints) {
  auto features = probe_features().value();
  for (auto& [name, shape] : features.tracepoints) {
    shape.in_module = find_tracepoint(name)->of_kvm;
  }
  const auto plan = make_plan(features, EventSet::full()).value();
  const auto cpus = host::read_cpus("/").value();
  const auto page = static_cast<std::size_t>(::getpagesize());
  auto session = BpfSession::load(plan, {cpus.possible, cpus.online, {page, page}, false});
  ASSERT_TRUE(session) << session.error().message;
  const auto attached = (*session)->attach();
  ASSERT_TRUE(attached) << attached.error().message;
  (*session)->detach();
}

}  // namespace
}  // namespace wakepath::capture
