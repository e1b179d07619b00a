// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/ndjson_renderer.hpp"

#include "present/chains.hpp"

namespace wakepath::present {
namespace {

using testing::arm64_header;
using testing::Captured;
using testing::kworker_chain;
using testing::latency;

struct Ndjson : ::testing::Test {
  Captured out;
  Captured notices;
  NdjsonRenderer sink{"live", false, out.output(), notices.output()};
};

TEST_F(Ndjson, Header) {
  ASSERT_TRUE(sink.header(arm64_header()));
  EXPECT_EQ(
      out.text(),
      R"({"type":"header","schema":1,"wakepath":"0.1.0","source":"live","kernel":"6.1.0-50-cloud-arm64",)"
      R"("arch":"aarch64","cpus":2,"counter_hz":62500000,"begin_ns":1000000000,)"
      R"("events_enabled":["sched_switch","kvm_entry"],"events_missing":[)"
      R"({"event":"ipi_entry","reason":"the kernel has no such tracepoint"},)"
      R"({"event":"kvm_exit","reason":null}],"trace":null})"
      "\n");
}

TEST_F(Ndjson, HeaderOfWhichNothingIsKnown) {
  ASSERT_TRUE(sink.header({}));
  EXPECT_EQ(
      out.text(),
      R"({"type":"header","schema":1,"wakepath":null,"source":"live","kernel":null,"arch":null,"cpus":null,)"
      R"("counter_hz":null,"begin_ns":null,"events_enabled":[],"events_missing":[],"trace":null})"
      "\n");
}

TEST_F(Ndjson, HeatMapOnlyWhereItIsAskedFor) {
  Summary summary;
  WorstOfTime part{10, 20, 4, 2'000'000'000, {}};
  part.by_latency[0] = 1;
  part.by_latency[8] = 2;
  part.by_latency[kHeatRows - 1] = 1;
  summary.course = {part, {20, 30, 0, 0, {}}};
  ASSERT_TRUE(sink.summary(summary));
  EXPECT_EQ(out.text().find("heat_map"), std::string::npos);
  Captured with_map;
  NdjsonRenderer asked{"dump", true, with_map.output(), notices.output()};
  ASSERT_TRUE(asked.summary(summary));
  const std::string text = with_map.text();
  EXPECT_TRUE(text.starts_with(
      R"({"type":"heat_map","begin_ns":10,"end_ns":20,"wakes":4,"counts":[{"from_ns":0,"below_ns":1000,"count":1},)"
      R"({"from_ns":125000,"below_ns":250000,"count":2},{"from_ns":1000000000,"below_ns":null,"count":1}]})"
      "\n"
      R"({"type":"heat_map","begin_ns":20,"end_ns":30,"wakes":0,"counts":[]})"
      "\n"
      R"({"type":"summary",)"))
      << text;
}

TEST_F(Ndjson, Wake) {
  WakeChain chain = kworker_chain();
  chain.stages.resize(4);
  chain.end_ns = chain.stages.back().end_ns;
  chain.flags.set(Flag::migrated);
  chain.id = 207;
  chain.realtime_ns = 1'795'847'678'000'000'017;
  ASSERT_TRUE(sink.wake(chain));
  EXPECT_EQ(
      out.text(),
      R"({"type":"wake","vm":"guest","vm_pid":95,"vcpu":0,"tid":96,)"
      R"("path":"timer(timerfd_tmrproc)>work(aio_poll_put_work)>vcpu",)"
      R"("root":{"kind":"timer","cpu":0,"irq":13,"irq_name":"arch_timer","function":"timerfd_tmrproc",)"
      R"("expiry_ns":2000000000,"device":null,"queue":null,"address":null,"driver":null,"given_to":null},)"
      R"("hops":[{"kind":"timer","name":"timerfd_tmrproc","cpu":0,"tid":null,"at_ns":2000015400},)"
      R"({"kind":"work","name":"aio_poll_put_work","cpu":1,"tid":41,"at_ns":2000114400},)"
      R"({"kind":"vcpu","name":"CPU 0/KVM","cpu":1,"tid":96,"at_ns":2000214400}],)"
      R"("begin_ns":2000000000,"end_ns":2000114400,"total_ns":114400,"ends_at":"kvm_entry","stages":[)"
      R"({"name":"timer_latency","begin_ns":2000000000,"end_ns":2000012300,"cpu":0,"actor":"arch_timer","sub":[],"blame":[]},)"
      R"({"name":"irq_entry","begin_ns":2000012300,"end_ns":2000015400,"cpu":0,"actor":"arch_timer","sub":[],"blame":[]},)"
      R"({"name":"timer_callback","begin_ns":2000015400,"end_ns":2000019400,"cpu":0,"actor":"timerfd_tmrproc","sub":[],"blame":[]},)"
      R"({"name":"work_delay","begin_ns":2000019400,"end_ns":2000114400,"cpu":1,"actor":"kworker/1:2",)"
      R"("sub":[{"name":"idle_exit","begin_ns":2000030000,"end_ns":2000070000,"idle_state":null}],)"
      R"("blame":[{"kind":"idle_exit","what":null,"ns":40000,"tid":null,"class":null,"prio":null},)"
      R"({"kind":"task","what":"ksoftirqd/1","ns":30000,"tid":null,"class":null,"prio":null},)"
      R"({"kind":"unexplained","what":null,"ns":25000,"tid":null,"class":null,"prio":null}]}],)"
      R"("blocked_ns":8440000,"ran_ns":8430000,"exits":{"IRQ":1,"WFx":1},"guest_lateness_ns":231000,"guest_woke_ns":2000114900,)"
      R"("complete":true,"flags":["migrated"],"id":207,"time":"2026-11-28T06:34:38.000000017Z"})"
      "\n");
}

TEST_F(Ndjson, WakeOfWhichNothingIsKnown) {
  WakeChain chain;
  chain.who = {"?", {}, {}, 96};
  chain.path = "unknown>vcpu";
  chain.begin_ns = chain.end_ns = 7;
  chain.ends_at = EndsAt::sched_in;
  chain.flags.set(Flag::no_entry);
  chain.flags.set(Flag::lossy);
  ASSERT_TRUE(sink.wake(chain));
  EXPECT_EQ(
      out.text(),
      R"({"type":"wake","vm":null,"vm_pid":null,"vcpu":null,"tid":96,"path":"unknown>vcpu",)"
      R"("root":{"kind":"unknown","cpu":null,"irq":null,"irq_name":null,"function":null,"expiry_ns":null,)"
      R"("device":null,"queue":null,"address":null,"driver":null,"given_to":null},"hops":[],"begin_ns":7,"end_ns":7,"total_ns":0,"ends_at":"sched_in","stages":[],)"
      R"("blocked_ns":null,"ran_ns":null,"exits":null,"guest_lateness_ns":null,"guest_woke_ns":null,)"
      R"("complete":false,"flags":["lossy","no_entry"],"id":null,"time":null})"
      "\n");
}

TEST_F(Ndjson, EscapesNamesFromOutside) {
  WakeChain chain;
  chain.who = {"a\"b\\c\n\x1b\xff", {}, 3, 96};
  chain.exits = {{"\"", 1}};
  ASSERT_TRUE(sink.wake(chain));
  const std::string text = out.text();
  EXPECT_NE(text.find(R"("vm":"a\"b\\c\n\u001b)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("exits":{"\"":1})"), std::string::npos) << text;
  EXPECT_EQ(text.find('\xff'), std::string::npos);
}

TEST_F(Ndjson, AnInterruptIsItsDevicesWhereItIsRootAndWhereItIsBlamed) {
  Interrupt interrupt;
  interrupt.irq = 57;
  interrupt.device = "a\"b\n";
  interrupt.queue = "rx-1";
  interrupt.address = "0000:04:00.0";
  interrupt.given_to = "web";
  WakeChain chain;
  chain.root.kind = RootKind::irq;
  chain.root.interrupt = std::make_shared<const Interrupt>(interrupt);
  interrupt.device.clear();
  Stage& stage = chain.stages.emplace_back();
  stage.blame = {{BlameKind::hardirq, "x", 5, {}, {}, std::make_shared<const Interrupt>(interrupt)},
                 {BlameKind::hardirq, "y", 5}};
  ASSERT_TRUE(sink.wake(chain));
  const std::string text = out.text();
  for (
      const char* part :
      {R"("device":"a\"b\n","queue":"rx-1","address":"0000:04:00.0","driver":null,"given_to":"web"})",
       R"("what":"x","ns":5,"tid":null,"class":null,"prio":null,"irq":57,"device":"0000:04:00.0","queue":"rx-1"})",
       R"("what":"y","ns":5,"tid":null,"class":null,"prio":null,"irq":null,"device":null,"queue":null})"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST_F(Ndjson, Delivery) {
  Delivery delivery{
      {"guest", 95, 0, 96}, 10, 30, {{StageKind::timer_latency, 10, 30, 1, "", {}, {}}}, {}};
  delivery.flags.set(Flag::lossy);
  ASSERT_TRUE(sink.delivery(delivery));
  EXPECT_EQ(
      out.text(),
      R"({"type":"delivery","vm":"guest","vcpu":0,"tid":96,"begin_ns":10,"end_ns":30,"total_ns":20,"stages":[)"
      R"({"name":"timer_latency","begin_ns":10,"end_ns":30,"cpu":1,"actor":null,"sub":[],"blame":[]}],)"
      R"("complete":false,"flags":["lossy"],"vm_pid":95})"
      "\n");
}

TEST_F(Ndjson, Loss) {
  ASSERT_TRUE(sink.loss({1, 10, 20, 17}));
  ASSERT_TRUE(sink.loss({{}, 10, 20, {}}));
  EXPECT_EQ(out.text(), R"({"type":"loss","cpu":1,"begin_ns":10,"end_ns":20,"lost":17})"
                        "\n"
                        R"({"type":"loss","cpu":null,"begin_ns":10,"end_ns":20,"lost":null})"
                        "\n");
}

TEST_F(Ndjson, Summary) {
  Summary summary;
  summary.duration_ns = 5'000'000'000;
  summary.events = 12'345;
  summary.wakes = 500;
  summary.complete = 490;
  summary.deliveries = 3;
  summary.incomplete = {4, 3, 2, 1};
  summary.lost = 17;
  summary.missed = 1;
  summary.late = 2;
  summary.skipped = 9;
  summary.guest_reports = 501;
  summary.ring_bytes = 65'536;
  summary.programs = {{"on_sched_switch", 10, 2'000, 0}};
  summary.latency = {latency("*", {}, "*", "total", 490, 200'000),
                     latency("guest", 0, "p", "total", 0, 0)};
  ASSERT_TRUE(sink.summary(summary));
  EXPECT_EQ(
      out.text(),
      R"({"type":"summary","duration_ns":5000000000,"events":12345,"wakes":500,"complete":490,"deliveries":3,)"
      R"("incomplete":{"lossy":4,"no_root":3,"no_entry":2,"cut":1,"no_expiry":0,"untimed":0},"lost":17,"missed":1,"late":2,"latency":[)"
      R"({"vm":"*","vcpu":null,"path":"*","stage":"total","count":490,"min_ns":100000,"p50_ns":200000,)"
      R"("p90_ns":400000,"p99_ns":600000,"p999_ns":800000,"max_ns":1000000,"too_few_for":["p999_ns"]},)"
      R"({"vm":"guest","vcpu":0,"path":"p","stage":"total","count":0,"min_ns":null,"p50_ns":null,"p90_ns":null,)"
      R"("p99_ns":null,"p999_ns":null,"max_ns":null,"too_few_for":["p50_ns","p90_ns","p99_ns","p999_ns"]}],"skipped":9,"guest_reports":501,"ring_bytes":65536,)"
      R"("programs":[{"name":"on_sched_switch","runs":10,"run_time_ns":2000,"misses":0}],"naming":0,"damaged":0,"cost":null,)"
      R"("interrupts":[],"filter":null,"partial":null,)"
      R"("read_bytes":null,"input_bytes":null,"target":null,"spread":[],"course":[],"slowest":[]})"
      "\n");
}

TEST_F(Ndjson, SummaryWithWhatTheTracerCosts) {
  Summary summary;
  summary.cost = {5'000'000'000, 20'000, 250'500, 75'000'000, true};
  ASSERT_TRUE(sink.summary(summary));
  EXPECT_TRUE(out.text().ends_with(
      R"("cost":{"elapsed_ns":5000000000,"runs":20000,)"
      R"("programs_ns":5010000,"sampled":true,"reader_ns":75000000},"interrupts":[],"filter":null,"partial":null,)"
      R"("read_bytes":null,"input_bytes":null,"target":null,"spread":[],"course":[],"slowest":[]})"
      "\n"))
      << out.text();
}

TEST_F(Ndjson, CostThatIsNotKnownYetIsNull) {
  Summary summary;
  summary.cost = {5'000'000'000, 1, std::nullopt, 1'000, false};
  ASSERT_TRUE(sink.summary(summary));
  EXPECT_TRUE(out.text().ends_with(
      R"("cost":{"elapsed_ns":5000000000,"runs":1,)"
      R"("programs_ns":null,"sampled":false,"reader_ns":1000},"interrupts":[],"filter":null,"partial":null,)"
      R"("read_bytes":null,"input_bytes":null,"target":null,"spread":[],"course":[],"slowest":[]})"
      "\n"))
      << out.text();
}

TEST_F(Ndjson, IntervalsAndNoticesAreNotOfTheStream) {
  ASSERT_TRUE(sink.interval({}));
  ASSERT_TRUE(sink.notice("WFI is not\ntrapped"));
  EXPECT_EQ(out.text(), "");
  EXPECT_EQ(notices.text(), "wakepath: note: WFI is not\\x0atrapped\n");
}

}  // namespace
}  // namespace wakepath::present
