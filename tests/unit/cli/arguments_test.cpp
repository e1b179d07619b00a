// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/arguments.hpp"

#include <gtest/gtest.h>

#include "cli/fixture.hpp"
#include "present/renderer.hpp"

namespace wakepath::cli::testing {
namespace {

using namespace std::chrono_literals;

template <typename T>
T read(std::initializer_list<const char*> words) {
  const auto arguments = parsed(words);
  EXPECT_TRUE(arguments) << arguments.error().message;
  const T* command = arguments ? std::get_if<T>(&arguments->command) : nullptr;
  EXPECT_NE(command, nullptr);
  return command == nullptr ? T{} : *command;
}

TEST(Arguments, Live) {
  const auto live = read<LiveArguments>({"live",
                                         "--guest",
                                         "kworker",
                                         "--period",
                                         "5ms",
                                         "--vcpus",
                                         "2",
                                         "-d",
                                         "30s",
                                         "--ring-size",
                                         "64K",
                                         "--poll",
                                         "10ms",
                                         "--backend",
                                         "tracefs",
                                         "--vm",
                                         "web1",
                                         "--vm",
                                         "db",
                                         "--vcpu",
                                         "0",
                                         "--vcpu",
                                         "3",
                                         "--cpu",
                                         "0-2",
                                         "--min-latency",
                                         "200us",
                                         "--top",
                                         "0",
                                         "--interval",
                                         "0",
                                         "--fail-on",
                                         "p99(total) > 1ms",
                                         "--fail-on",
                                         "lost > 0",
                                         "--format",
                                         "ndjson"});
  ASSERT_TRUE(live.capture.guest);
  EXPECT_EQ(live.capture.guest->workload, guest::Workload::kworker);
  EXPECT_EQ(live.capture.guest->period, 5ms);
  EXPECT_EQ(live.capture.guest->vcpus, 2U);
  EXPECT_EQ(live.capture.duration, 30s);
  EXPECT_EQ(live.capture.ring_bytes, 64U * 1024);
  EXPECT_EQ(live.capture.poll, 10ms);
  EXPECT_EQ(live.capture.backend, Backend::tracefs);
  EXPECT_FALSE(live.capture.stats);
  EXPECT_FALSE(live.capture.host_files) << "nothing is saved";
  EXPECT_FALSE(live.capture.without_kvm);
  const Selection& selection = live.view.pipeline.selection;
  EXPECT_EQ(selection.vms, (std::vector<std::string>{"web1", "db"}));
  EXPECT_EQ(selection.vcpus, (std::vector<std::uint32_t>{0, 3}));
  EXPECT_EQ(selection.cpus, (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_EQ(selection.min_latency_ns, 200'000U);
  EXPECT_EQ(live.view.pipeline.interval_ns, 0U);
  EXPECT_EQ(live.view.top, 0U);
  EXPECT_EQ(live.view.fail_on, (std::vector<std::string>{"p99(total) > 1ms", "lost > 0"}));
  EXPECT_EQ(live.view.format, Format::ndjson);
}

TEST(Arguments, DefaultsOfLive) {
  const auto live = read<LiveArguments>({"live"});
  EXPECT_FALSE(live.capture.guest);
  EXPECT_FALSE(live.capture.duration);
  EXPECT_FALSE(live.capture.ring_bytes);
  EXPECT_EQ(live.capture.poll, 20ms);
  EXPECT_EQ(live.capture.backend, Backend::any);
  EXPECT_EQ(live.capture.events.kinds, capture::EventSet::production().kinds);
  EXPECT_EQ(live.view.pipeline.interval_ns, 1'000'000'000U);
  EXPECT_EQ(live.view.top, 20U);
  EXPECT_EQ(live.view.format, Format::table);
  EXPECT_FALSE(live.view.wakes);
}

TEST(Arguments, StepsOfWakesTakeGuestExits) {
  EXPECT_FALSE(read<LiveArguments>({"live"}).capture.events.kinds.test(WP_EVENT_KVM_EXIT));
  EXPECT_TRUE(
      read<LiveArguments>({"live", "--wakes"}).capture.events.kinds.test(WP_EVENT_KVM_EXIT));
}

TEST(Arguments, TheHostsSettingsGoIntoWhatIsSaved) {
  EXPECT_TRUE(read<LiveArguments>({"live", "--save", "a.wkp"}).capture.host_files);
  EXPECT_FALSE(
      read<LiveArguments>({"live", "--save", "a.wkp", "--no-settings"}).capture.host_files);
  EXPECT_TRUE(read<RecordArguments>({"record", "-o", "a.wkp"}).capture.host_files);
  EXPECT_FALSE(
      read<RecordArguments>({"record", "-o", "a.wkp", "--no-settings"}).capture.host_files);
}

TEST(Arguments, StartWithoutKvm) {
  EXPECT_TRUE(
      read<RecordArguments>({"record", "-o", "a.wkp", "--without-kvm"}).capture.without_kvm);
  EXPECT_TRUE(read<LiveArguments>({"live", "--without-kvm"}).capture.without_kvm);
}

TEST(Arguments, ReplayImportInfo) {
  const auto replay = read<ReplayArguments>({"replay", "a.wkp", "--kallsyms", "k", "--wakes"});
  EXPECT_EQ(replay.file, "a.wkp");
  EXPECT_EQ(replay.kallsyms, "k");
  EXPECT_TRUE(replay.view.wakes);
  const auto import = read<ImportArguments>({"import", "-", "-o", "b.wkp"});
  EXPECT_EQ(import.file, "-");
  EXPECT_EQ(import.output, "b.wkp");
  EXPECT_EQ(read<ImportArguments>({"import", "t", "--outline", "--wake", "3"}).wake, 3U);
  EXPECT_EQ(read<InfoArguments>({"info", "a.wkp"}).file, "a.wkp");
}

TEST(Arguments, IrqsAuditDoctor) {
  const auto irqs = read<IrqsArguments>(
      {"irqs", "--device", "eth1", "--device", "vda", "--cpu", "3", "--sort", "rate", "-d", "1s"});
  EXPECT_EQ(irqs.selection.devices, (std::vector<std::string>{"eth1", "vda"}));
  ASSERT_TRUE(irqs.selection.cpus);
  EXPECT_EQ(irqs.order, interrupts::IrqOrder::rate);
  EXPECT_EQ(irqs.duration, 1s);
  const auto move = read<IrqMoveArguments>({"irqs", "move", "57", "--cpu", "2", "--wait", "0"});
  EXPECT_EQ(move.wanted.irq, "57");
  EXPECT_EQ(move.wanted.cpus.text(), "2");
  EXPECT_EQ(move.wait, 0s);
  const auto audit = read<AuditArguments>({"audit", "--for", "0", "--fail-at", "never"});
  EXPECT_EQ(audit.duration, 0s);
  EXPECT_FALSE(audit.fail_at);
  EXPECT_EQ(read<AuditArguments>({"audit"}).duration, 10s);
  EXPECT_TRUE(read<AuditArguments>({"audit"}).fail_at);
  EXPECT_TRUE(read<DoctorArguments>({"doctor", "--events", "full"}).events.every_kvm_event);
}

TEST(Arguments, AWatchGoesOnUntilItIsEnded) {
  const auto watch = read<AuditArguments>({"audit", "--watch"});
  EXPECT_TRUE(watch.watch);
  EXPECT_FALSE(watch.duration);
  EXPECT_EQ(watch.interval, 2s);
  const auto short_one =
      read<AuditArguments>({"audit", "--watch", "--for", "5s", "--interval", "1s", "--plain"});
  EXPECT_EQ(short_one.duration, 5s);
  EXPECT_EQ(short_one.interval, 1s);
  EXPECT_TRUE(short_one.plain);
  EXPECT_FALSE(parsed({"audit", "--plain"}));
  EXPECT_FALSE(parsed({"audit", "--watch", "a.wkp"}));
  EXPECT_FALSE(parsed({"audit", "--watch", "--format", "junit"}));
  EXPECT_TRUE(parsed({"audit", "--watch", "--format", "ndjson"}));
}

TEST(Arguments, LinesOfProgressOnlyWhereTheyAreAskedFor) {
  const auto asked = parsed({"import", "--progress", "a.txt", "-o", "a.wkp"});
  ASSERT_TRUE(asked);
  EXPECT_TRUE(asked->progress);
  const auto silent = parsed({"replay", "a.wkp"});
  ASSERT_TRUE(silent);
  EXPECT_FALSE(silent->progress);
  EXPECT_FALSE(parsed({"doctor", "--progress"}));
}

TEST(Arguments, EveryFormatCanBeAskedFor) {
  for (const present::FormatName& one : present::formats()) {
    const std::string name(one.name);
    EXPECT_EQ(read<DoctorArguments>({"doctor", "--format", name.c_str()}).format, one.format);
    // What judges nothing has no cases to tell.
    EXPECT_EQ(parsed({"info", "a.wkp", "--format", name.c_str()}).has_value(), !one.cases);
  }
}

TEST(Arguments, TheLineIsKeptForTheRecording) {
  const auto arguments = parsed({"record", "-o", "a.wkp", "-d", "1s"});
  ASSERT_TRUE(arguments);
  EXPECT_EQ(arguments->line, "wakepath record -o a.wkp -d 1s");
}

TEST(Arguments, HelpAndVersionAreResults) {
  EXPECT_EQ(read<TextOnly>({"--version"}).text, "wakepath " WAKEPATH_VERSION "\n");
  EXPECT_NE(read<TextOnly>({"--help"}).text.find("Exit codes:"), std::string::npos);
  EXPECT_NE(read<TextOnly>({"irqs", "move", "--help"}).text.find("--spread"), std::string::npos);
}

}  // namespace
}  // namespace wakepath::cli::testing
