// SPDX-License-Identifier: GPL-2.0-or-later
#include "synthetic_host.hpp"

#include <cstring>
#include <span>
#include <string>

#include "capture/name_book.hpp"
#include "record/batch_joiner.hpp"
#include "wakepath/facts.hpp"

namespace wakepath::bench {

namespace {

constexpr std::uint64_t kBeginNs = 1'000'000'000;
constexpr std::uint64_t kTickNs = 20'000'000;
constexpr std::uint64_t kWakeNs = 20'000;  // from one wake to the next; the CPUs take turns
constexpr std::uint32_t kFirstTid = 1000;
constexpr std::uint64_t kKvmVcpu = 0xffff000000000000;
constexpr std::uint64_t kBgTimer = 64;  // offset in struct kvm_vcpu
constexpr std::uint64_t kAction = 0xffff000200000000;
constexpr std::uint64_t kFunction = 0xffff000300000000;

class Stream final : public RecordSink {
 public:
  explicit Stream(const SyntheticHost& host) : host_(host), written_(host.cpus) {}

  Capture run();

 private:
  Result<void> record(RecordView view) override {
    out_.bytes.insert(out_.bytes.end(), view.bytes().begin(), view.bytes().end());
    return {};
  }
  void facts();
  void tick(std::uint64_t time_ns, std::uint32_t flags);
  // One turn: each CPU has a wake.
  void turn(std::uint64_t first_wake, std::uint64_t time_ns);
  void wake(std::uint32_t cpu, std::uint32_t vcpu, std::uint64_t time_ns);

  template <typename Data>
  void event(std::uint32_t cpu, std::uint64_t time_ns, wp_event_kind kind, std::uint32_t tid,
             const Data& data) {
    struct {
      wp_batch batch;
      wp_event event;
      Data data;
    } one{};
    one.batch.record = {WP_RECORD_BATCH, 1, sizeof(one)};
    one.batch.cpu = cpu;
    one.event.time_ns = time_ns;
    one.event.kind = static_cast<std::uint8_t>(kind);
    one.event.context = WP_CONTEXT_KNOWN | WP_CONTEXT_HARDIRQ;
    one.event.size = sizeof(one.event) + sizeof(data);
    one.event.tid = tid;
    one.data = data;
    const auto view = RecordView::at(std::as_bytes(std::span(&one, 1)));
    static_cast<void>(joiner_.add(*view, written_[cpu]++, *this));
    ++out_.events;
  }

  SyntheticHost host_;
  std::vector<std::uint64_t> written_;
  std::vector<std::vector<std::byte>> waiting_;
  record::BatchJoiner joiner_;
  std::uint32_t ticks_{0};
  Capture out_;
};

void Stream::facts() {
  const auto say = [&](Fact fact) { static_cast<void>(capture::send(fact, *this)); };
  say(HostFact{host_.cpus, 62'500'000, kBgTimer, 0, "6.1.0", "aarch64", "bench", ""});
  say(CaptureFact{1U << 20U, kTickNs, kTickNs, 0});
  for (const char* name : {"kvm_entry", "kvm_vcpu_wakeup", "sched_waking", "sched_switch"}) {
    say(EventFact{true, name, ""});
  }
  Interrupt timer;
  timer.irq = 13;
  timer.action = "arch_timer";
  say(IrqFact{kAction, timer});
  say(SymbolFact{kFunction, "kvm_bg_timer_expire"});
  for (std::uint32_t vcpu = 0; vcpu < host_.vcpus; ++vcpu) {
    constexpr std::uint32_t kInVm = 8;
    const std::uint32_t vm = 1 + vcpu / kInVm;
    const std::uint32_t index = vcpu % kInVm;
    if (index == 0) {
      say(VmFact{vm, vm, 0, "vm" + std::to_string(vm)});
    }
    say(VcpuFact{kFirstTid + vcpu, index, vm, 0, kKvmVcpu + vcpu * 4096ULL, 0,
                 "CPU " + std::to_string(index) + "/KVM"});
  }
}

void Stream::tick(std::uint64_t time_ns, std::uint32_t flags) {
  std::vector<std::byte> bytes(sizeof(wp_tick) + host_.cpus * sizeof(wp_tick_cpu));
  wp_tick tick{};
  tick.record = {WP_RECORD_TICK, static_cast<std::uint16_t>(host_.cpus),
                 static_cast<std::uint32_t>(bytes.size())};
  tick.time_ns = time_ns;
  tick.flags = flags | WP_TICK_ALL;
  tick.number = ++ticks_;
  std::memcpy(bytes.data(), &tick, sizeof(tick));
  for (std::uint32_t cpu = 0; cpu < host_.cpus; ++cpu) {
    const wp_tick_cpu totals{cpu, static_cast<std::uint32_t>(written_[cpu]), written_[cpu], 0, 0};
    std::memcpy(bytes.data() + sizeof(tick) + cpu * sizeof(totals), &totals, sizeof(totals));
  }
  static_cast<void>(record(*RecordView::at(bytes)));
}

void Stream::wake(std::uint32_t cpu, std::uint32_t vcpu, std::uint64_t time_ns) {
  const std::uint32_t tid = kFirstTid + vcpu;
  const std::uint64_t timer = kKvmVcpu + vcpu * 4096ULL + kBgTimer;
  event(cpu, time_ns, WP_EVENT_IRQ_ENTRY, 0, wp_irq{13, 0, kAction});
  event(cpu, time_ns + 200, WP_EVENT_HRTIMER_EXPIRE_ENTRY, 0,
        wp_hrtimer_expire{timer, kFunction, static_cast<std::int64_t>(time_ns - 500), 0});
  event(cpu, time_ns + 400, WP_EVENT_WAKING, 0, wp_wake{tid, cpu, 120, WP_TASK_VCPU_LOADED});
  event(cpu, time_ns + 700, WP_EVENT_WAKEUP, 0, wp_wake{tid, cpu, 120, WP_TASK_VCPU_LOADED});
  event(cpu, time_ns + 900, WP_EVENT_HRTIMER_EXPIRE_EXIT, 0, timer);
  event(cpu, time_ns + 1'000, WP_EVENT_IRQ_EXIT, 0, wp_irq{13, 1, kAction});
  event(cpu, time_ns + 1'500, WP_EVENT_CPU_IDLE, 0, wp_cpu_idle{WP_IDLE_EXIT, 0});
  wp_switch in{};
  in.next_tid = tid;
  in.next_prio = 120;
  in.next_flags = WP_TASK_VCPU_LOADED;
  std::memcpy(in.next_comm, "CPU 0/KVM", 9);
  event(cpu, time_ns + 2'500, WP_EVENT_SWITCH, 0, in);
  event(cpu, time_ns + 4'000, WP_EVENT_KVM_VCPU_WAKEUP, tid, wp_kvm_vcpu_wakeup{0, 1, 1, {}});
  event(cpu, time_ns + 5'000, WP_EVENT_KVM_ENTRY, tid, wp_kvm_entry{});
  wp_switch out{};
  out.prev_state = 1;
  out.prev_flags = WP_TASK_VCPU_LOADED;
  out.next_prio = 120;
  std::memcpy(out.next_comm, "swapper", 7);
  event(cpu, time_ns + 9'000, WP_EVENT_SWITCH, tid, out);
  event(cpu, time_ns + 9'500, WP_EVENT_CPU_IDLE, 0, wp_cpu_idle{1, 0});
}

void Stream::turn(std::uint64_t first_wake, std::uint64_t time_ns) {
  const std::uint64_t wakes = std::min<std::uint64_t>(host_.cpus, host_.wakes - first_wake);
  for (std::uint32_t cpu = 0; cpu < wakes; ++cpu) {
    wake(cpu, static_cast<std::uint32_t>((first_wake + cpu) % host_.vcpus),
         time_ns + cpu * kWakeNs);
  }
  static_cast<void>(joiner_.flush(*this));
}

Capture Stream::run() {
  facts();
  tick(kBeginNs, WP_TICK_FIRST);
  std::uint64_t time_ns = kBeginNs + kTickNs / 2;
  std::uint64_t next_tick_ns = kBeginNs + kTickNs;
  for (std::uint64_t wake = 0; wake < host_.wakes; wake += host_.cpus) {
    for (; time_ns >= next_tick_ns; next_tick_ns += kTickNs) {
      tick(next_tick_ns, 0);
    }
    turn(wake, time_ns);
    time_ns += host_.cpus * kWakeNs;
  }
  tick(time_ns + kTickNs, 0);
  tick(time_ns + kTickNs, WP_TICK_LAST);
  return std::move(out_);
}

}  // namespace

Capture capture_of(const SyntheticHost& host) { return Stream(host).run(); }

}  // namespace wakepath::bench
