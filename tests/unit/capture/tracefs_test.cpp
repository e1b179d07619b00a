// SPDX-License-Identifier: GPL-2.0-or-later
#ifdef WAKEPATH_LIBTRACEFS
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include <event-parse.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../host/tree.hpp"
#include "../import/ftrace_format.hpp"
#include "capture/stale_instances.hpp"
#include "capture/tracefs/cpu_pages.hpp"
#include "capture/tracefs/formats.hpp"
#include "capture/tracefs/host_names.hpp"
#include "capture/tracefs/plan.hpp"
#include "wakepath/facts.hpp"

namespace wakepath::capture {
namespace {

using ::testing::HasSubstr;

class TracefsPlanTest : public ::testing::Test {
 protected:
  Result<std::vector<PlannedEvent>> plan(const EventSet& events, std::string_view without = "") {
    return tracefs_plan(events, "aarch64", [&](std::string_view system, std::string_view name) {
      asked_ += std::string(system) + "/" + std::string(name) + " ";
      return name != without;
    });
  }
  static const PlannedEvent& event(const std::vector<PlannedEvent>& plan, wp_event_kind kind) {
    return *std::ranges::find_if(
        plan, [&](const PlannedEvent& each) { return each.tracepoint->kind == kind; });
  }

  std::string asked_;
};

TEST_F(TracefsPlanTest, TakesWhatTheSetAsksForAndSaysWhyNotTheRest) {
  const auto planned = plan(EventSet::production(), "sched_kthread_work_queue_work");
  ASSERT_TRUE(planned);
  ASSERT_EQ(catalogue().size(), planned->size());
  EXPECT_TRUE(event(*planned, WP_EVENT_WAKING).enabled);
  EXPECT_EQ("", event(*planned, WP_EVENT_WAKING).reason);
  EXPECT_EQ("not in the event set", event(*planned, WP_EVENT_KVM_EXIT).reason);
  EXPECT_EQ("only x86_64 has it", event(*planned, WP_EVENT_VECTOR_ENTRY).reason);
  EXPECT_THAT(event(*planned, WP_EVENT_KTHREAD_WORK_QUEUE).reason, HasSubstr("5.11"));
  EXPECT_THAT(event(*planned, WP_EVENT_VCPU_KICK).reason, HasSubstr("BPF"));
  EXPECT_THAT(asked_, HasSubstr("workqueue/workqueue_queue_work "));
  EXPECT_THAT(asked_, HasSubstr("kvm/kvm_timer_update_irq "));
}

TEST_F(TracefsPlanTest, AnExpiryNeedsTheStartThatTellsWhenItIsDue) {
  EXPECT_FALSE(EventSet::production().kinds.test(WP_EVENT_HRTIMER_START));
  EXPECT_TRUE(event(*plan(EventSet::production()), WP_EVENT_HRTIMER_START).enabled);
  const auto without = EventSet::parse("-hrtimer_expire_entry");
  ASSERT_TRUE(without);
  EXPECT_FALSE(event(*plan(*without), WP_EVENT_HRTIMER_START).enabled);
}

TEST_F(TracefsPlanTest, WithoutSwitchesThereIsNoCapture) {
  const auto planned = plan(EventSet::production(), "sched_switch");
  ASSERT_FALSE(planned);
  EXPECT_EQ(ErrorKind::unsupported, planned.error().kind);
  EXPECT_THAT(planned.error().message, HasSubstr("sched_switch"));
}

class StaleInstanceTest : public host::Tree {};

TEST_F(StaleInstanceTest, OnlyThoseOfRunsThatAreNoMoreGo) {
  namespace fs = std::filesystem;
  const fs::path instances = fs::path(root()) / "instances";
  for (const char* name : {"wakepath-1", "wakepath-2", "somebody-3"}) {
    fs::create_directories(instances / name);
  }
  const Fd in_use(::open((instances / "wakepath-2").c_str(), O_RDONLY | O_DIRECTORY));
  ASSERT_EQ(0, ::flock(in_use.get(), LOCK_EX));
  EXPECT_EQ(std::vector<std::string>{(instances / "wakepath-1").string()}, stale_instances(root()));
  EXPECT_EQ(1u, remove_stale_instances(root()));
  EXPECT_FALSE(fs::exists(instances / "wakepath-1"));
  EXPECT_TRUE(fs::exists(instances / "wakepath-2"));
  EXPECT_TRUE(fs::exists(instances / "somebody-3"));
  EXPECT_EQ(0u, remove_stale_instances(root() + "/nowhere"));
}

class CpuPagesTest : public ::testing::Test {
 protected:
  CpuPagesTest() : tep_(::tep_alloc()) {
    ::tep_set_long_size(tep_.get(), sizeof(long));
    const std::string format = foreign::test::format_text(
        "cpu_idle", 23, {{"u32 state", 8, 4, 0}, {"u32 cpu_id", 12, 4, 0}});
    EXPECT_EQ(TEP_ERRNO__SUCCESS,
              ::tep_parse_event(tep_.get(), format.c_str(), format.size(), "power"));
    events_ = std::make_unique<foreign::TepEvents>(*tep_, 2, [](std::uint64_t) { return ""; });
  }

  // A page as the kernel gives it, kernel/trace/ring_buffer.c: time, length and flags, then events.
  static std::string page(unsigned count, std::uint64_t lost) {
    std::string data;
    for (unsigned i = 0; i < count; ++i) {
      const foreign::test::RawRecord record = idle(i);
      const std::uint32_t head = 4U | 10U << 5U;  // 4 words, 10 ns after the one before
      data.append(reinterpret_cast<const char*>(&head), sizeof(head));
      data.append(reinterpret_cast<const char*>(record.bytes().data()), record.bytes().size());
    }
    const std::uint64_t time = 1000;
    const std::uint64_t commit = data.size() | (lost != 0 ? std::uint64_t{3} << 30U : 0);
    std::string out(reinterpret_cast<const char*>(&time), sizeof(time));
    out.append(reinterpret_cast<const char*>(&commit), sizeof(commit)).append(data);
    out.append(reinterpret_cast<const char*>(&lost), sizeof(lost));
    out.resize(4096);
    return out;
  }
  static foreign::test::RawRecord idle(unsigned state) {
    return foreign::test::RawRecord(23, 1, 0, 16).put(8, state);
  }
  static Fd file_of(const std::string& bytes) {
    Fd file(::memfd_create("pages", MFD_CLOEXEC));
    EXPECT_EQ(static_cast<ssize_t>(bytes.size()), ::write(file.get(), bytes.data(), bytes.size()));
    EXPECT_EQ(0, ::lseek(file.get(), 0, SEEK_SET));
    return file;
  }

  Formats tep_;
  std::unique_ptr<foreign::TepEvents> events_;
  foreign::test::KeptEvents kept_;
};

TEST_F(CpuPagesTest, EventsOfAllPagesInOrder) {
  CpuPages pages(3, file_of(page(2, 0) + page(0, 0) + page(3, 0)), 4096);
  const auto taken = pages.drain(*events_, kept_, 10);
  ASSERT_TRUE(taken);
  EXPECT_GT(*taken, 0u);
  ASSERT_EQ(5u, kept_.events.size());
  EXPECT_EQ(1010u, kept_.events[0].event.time_ns);
  EXPECT_EQ(1020u, kept_.events[1].event.time_ns);
  EXPECT_EQ(3u, kept_.events[4].event.cpu);
  EXPECT_EQ(2u, kept_.events[4].event.payload.cpu_idle.state);
  EXPECT_EQ(0u, pages.lost());
  EXPECT_EQ(0u, pages.drain(*events_, kept_, 10).value());
}

TEST_F(CpuPagesTest, TakesNoMorePagesThanItMay) {
  CpuPages pages(0, file_of(page(2, 0) + page(3, 0)), 4096);
  ASSERT_TRUE(pages.drain(*events_, kept_, 1));
  EXPECT_EQ(2u, kept_.events.size());
  ASSERT_TRUE(pages.drain(*events_, kept_, 1));
  EXPECT_EQ(5u, kept_.events.size());
}

TEST_F(CpuPagesTest, WhatTheBufferLostIsSaid) {
  CpuPages pages(1, file_of(page(1, 0) + page(1, 17)), 4096);
  ASSERT_TRUE(pages.drain(*events_, kept_, 10));
  ASSERT_EQ(1u, kept_.losses.size());
  EXPECT_EQ(1u, kept_.losses[0].cpu);
  EXPECT_EQ(17u, kept_.losses[0].events);
  EXPECT_EQ(17u, pages.lost());
}

TEST_F(CpuPagesTest, AnErrorOfTheSinkIsPassedOn) {
  kept_.most = 1;
  CpuPages pages(0, file_of(page(2, 0)), 4096);
  const auto taken = pages.drain(*events_, kept_, 10);
  ASSERT_FALSE(taken);
  EXPECT_EQ(ErrorKind::bad_output, taken.error().kind);
}

class KeptFacts final : public RecordSink {
 public:
  Result<void> record(RecordView view) override {
    if (view.type() == WP_RECORD_FACT) {
      facts.push_back(*decode_fact(view));
    } else {
      ++others;
    }
    return {};
  }
  std::vector<Fact> facts;
  unsigned others{0};
};

class HostNamesTest : public host::Tree {
 protected:
  void put_qemu() const {
    put_process("95", "95", "qemu-system-aar");
    put_start("95", "qemu-system-aar", 100);
    put("proc/95/cmdline", std::string("qemu-system-aarch64\0-name\0guest=web1\0", 37));
    put_process("97", "95", "CPU 2/KVM");
  }
};

TEST_F(HostNamesTest, EventsOfVcpusGetTheirThread) {
  put_qemu();
  ThreadBook threads(root(), true);
  foreign::test::KeptEvents kept;
  ThreadTeller teller(threads, kept);
  foreign::TraceEvent event;
  event.kind = WP_EVENT_KVM_ENTRY;
  event.tid = 97;
  ASSERT_TRUE(teller.event(event));
  event.tid = 98;
  ASSERT_TRUE(teller.event(event));
  event.tid = 97;
  event.kind = WP_EVENT_CPU_IDLE;
  ASSERT_TRUE(teller.event(event));
  ASSERT_EQ(3u, kept.events.size());
  EXPECT_EQ(95u, kept.events[0].event.tgid);
  EXPECT_EQ("CPU 2/KVM", kept.events[0].comm);
  EXPECT_EQ(0u, kept.events[1].event.tgid);
  EXPECT_EQ(0u, kept.events[2].event.tgid);

  ThreadBook blind(root(), false);
  EXPECT_EQ(nullptr, blind.find(97, 1));
}

TEST_F(HostNamesTest, VmsAreCalledAsThisHostCallsThem) {
  put_qemu();
  ThreadBook threads(root(), true);
  NameBook names({0, true, root()});
  FactTeller teller(threads, names);
  KeptFacts kept;
  teller.send_to(kept);
  const auto say = [&](const Fact& fact) { return teller.record(*RecordView::at(encode(fact))); };
  HostFact host;
  host.cpus = 2;
  ASSERT_TRUE(say(host));
  ASSERT_TRUE(say(EventFact{true, "sched_switch", ""}));
  ASSERT_TRUE(say(VmFact{95, 95, 0, "?"}));
  EXPECT_TRUE(kept.facts.empty());
  ASSERT_TRUE(say(VcpuFact{97, 2, 95, 0, 0, 7, "CPU 2/KVM"}));
  ASSERT_EQ(2u, kept.facts.size());
  const auto& vm = std::get<VmFact>(kept.facts[0]);
  const auto& vcpu = std::get<VcpuFact>(kept.facts[1]);
  EXPECT_EQ("web1", vm.name);
  EXPECT_EQ(97u, vcpu.tid);
  EXPECT_EQ(2u, vcpu.index);
  EXPECT_EQ(vm.key, vcpu.vm);
  EXPECT_EQ(7u, vcpu.since_ns);

  // Nothing new: nothing said. Then it gets another name.
  ASSERT_TRUE(teller.renew(8));
  EXPECT_EQ(2u, kept.facts.size());
  put("proc/95/cmdline", std::string("qemu-system-aarch64\0-name\0guest=web2\0", 37));
  ASSERT_TRUE(teller.renew(9));
  ASSERT_EQ(3u, kept.facts.size());
  EXPECT_EQ("web2", std::get<VmFact>(kept.facts[2]).name);

  Interrupt interrupt;
  interrupt.irq = 13;
  interrupt.action = "arch_timer";
  ASSERT_TRUE(say(IrqFact{0x1000, interrupt}));
  ASSERT_EQ(4u, kept.facts.size());
  EXPECT_EQ("arch_timer", std::get<IrqFact>(kept.facts[3]).interrupt.action);
  EXPECT_EQ(13u, std::get<IrqFact>(kept.facts[3]).interrupt.irq);
}

TEST_F(HostNamesTest, AThreadThatIsGoneIsAVmOfItsOwn) {
  ThreadBook threads(root(), true);
  NameBook names({0, true, root()});
  FactTeller teller(threads, names);
  KeptFacts kept;
  teller.send_to(kept);
  const VcpuFact fact{97, 0, 0, 0, 0, 7, "run"};
  ASSERT_TRUE(teller.record(*RecordView::at(encode(fact))));
  ASSERT_EQ(2u, kept.facts.size());
  EXPECT_EQ("run", std::get<VmFact>(kept.facts[0]).name);
}

}  // namespace
}  // namespace wakepath::capture
#endif
