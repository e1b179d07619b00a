// SPDX-License-Identifier: GPL-2.0-or-later
// What a wrong command line is told: one plain sentence, and the --help that mends it.
#include <gtest/gtest.h>

#include "cli/fixture.hpp"

namespace wakepath::cli::testing {
namespace {

Error refused(std::initializer_list<const char*> words) {
  const auto arguments = parsed(words);
  EXPECT_FALSE(arguments);
  return arguments ? Error{} : arguments.error();
}

void expect_refused(std::initializer_list<const char*> words, const std::string& message,
                    const std::string& fix) {
  const Error error = refused(words);
  EXPECT_EQ(error.kind, ErrorKind::usage);
  EXPECT_EQ(error.message, message);
  EXPECT_EQ(error.fix, fix);
}

constexpr const char* kLive = "wakepath live --help";

TEST(UsageError, MistypedCommandsAndOptions) {
  expect_refused({"rpelay", "a.wkp"}, "no subcommand 'rpelay'; did you mean 'replay'?",
                 "wakepath --help");
  expect_refused({"frobnicate"}, "no subcommand 'frobnicate'", "wakepath --help");
  expect_refused({"replay", "a.wkp", "--wakse"},
                 "replay has no option '--wakse'; did you mean '--wakes'?",
                 "wakepath replay --help");
  expect_refused({"live", "--frmat=ndjson"},
                 "live has no option '--frmat'; did you mean '--format'?", kLive);
  expect_refused({"irqs", "mvoe"}, "irqs has no subcommand 'mvoe'; did you mean 'move'?",
                 "wakepath irqs --help");
  expect_refused({"replay", "a.wkp", "b.wkp"}, "replay takes no argument 'b.wkp' here",
                 "wakepath replay --help");
}

TEST(UsageError, TheUnknownOptionIsNamedBeforeWhatItLeavesMissing) {
  expect_refused({"record", "--outptu", "a.wkp"},
                 "record has no option '--outptu'; did you mean '--output'?",
                 "wakepath record --help");
}

TEST(UsageError, WhatIsMissing) {
  expect_refused({},
                 "a command is required: live, record, replay, explain, advise, compare, import, "
                 "anonymize, export, report, info, irqs, audit, doctor",
                 "wakepath --help");
  expect_refused({"replay"}, "FILE is required", "wakepath replay --help");
  expect_refused({"record"}, "--output is required", "wakepath record --help");
  expect_refused({"live", "--period"}, "--period needs a value: --period TIME", kLive);
  expect_refused({"live", "--period", "5ms"}, "--period requires --guest", kLive);
  expect_refused({"irqs", "move", "--cpu", "1"}, "an IRQ or a --device is required",
                 "wakepath irqs move --help");
}

TEST(UsageError, WhatIsTooMuch) {
  expect_refused({"live", "--poll", "1ms", "--poll", "2ms"}, "--poll may be given once alone",
                 kLive);
  expect_refused({"live", "--stats=maybe"}, "--stats takes no value", kLive);
  expect_refused({"live", "--backend", "tracefs", "--stats"},
                 "--stats measures BPF programs, and --backend tracefs runs none",
                 "leave out one of the two");
}

TEST(UsageError, RangesAreSaidInWords) {
  expect_refused({"live", "--guest", "timer", "--period", "5us"},
                 "--period takes a time of 100us to 10s, not '5us'", kLive);
  expect_refused({"live", "--poll", "2s"}, "--poll takes a time of at most 1s, not '2s'", kLive);
  expect_refused({"live", "--duration", "0"}, "--duration takes a time of more than 0, not '0'",
                 kLive);
  expect_refused({"live", "--interval", "5us"},
                 "--interval takes a time of at least 1ms, or 0, not '5us'", kLive);
  expect_refused({"live", "--guest", "timer", "--vcpus", "65"},
                 "--vcpus takes a whole number from 1 to 64, not '65'", kLive);
  expect_refused({"live", "--top", "-1"}, "--top takes a whole number of at least 0, not '-1'",
                 kLive);
  expect_refused({"live", "--vcpu", "x"}, "--vcpu takes a whole number of at least 0, not 'x'",
                 kLive);
}

TEST(UsageError, AValueThatCantBeReadSaysWhy) {
  const std::string duration = refused({"live", "-d", "10"}).message;
  EXPECT_NE(duration.find("--duration takes a time"), std::string::npos) << duration;
  EXPECT_NE(duration.find("the unit is missing"), std::string::npos) << duration;
  const std::string cpus = refused({"live", "--cpu", "x"}).message;
  EXPECT_NE(cpus.find("--cpu takes a list of CPUs: 'x' is no CPU list"), std::string::npos) << cpus;
  const std::string ring = refused({"live", "--ring-size", "5000"}).message;
  EXPECT_NE(ring.find("--ring-size takes a size that is a power of two"), std::string::npos)
      << ring;
}

TEST(UsageError, ChoicesAreListedAndGuessed) {
  expect_refused({"info", "a.wkp", "--format", "ndjosn"},
                 "--format takes table, text or ndjson, not 'ndjosn'; did you mean 'ndjson'?",
                 "wakepath info --help");
  expect_refused({"live", "--guest", "kwoker"},
                 "--guest takes timer, kworker, irqfd, device, signal, lpi or ipi, not 'kwoker'; "
                 "did you mean 'kworker'?",
                 kLive);
  expect_refused({"irqs", "--sort", "x"}, "--sort takes irq, count, rate or device, not 'x'",
                 "wakepath irqs --help");
}

TEST(UsageError, FailOnPointsToTheBadPlaceAndListsWhatIsAllowed) {
  const std::string stage = refused({"live", "--fail-on", "p99(wake_dleay) > 1ms"}).message;
  EXPECT_TRUE(
      stage.starts_with("--fail-on 'p99(wake_dleay) > 1ms': can't read 'wake_dleay' at character "
                        "5: a stage is one of "))
      << stage;
  EXPECT_NE(stage.find("timer_latency"), std::string::npos) << stage;
  EXPECT_NE(stage.find("did you mean 'wake_delay'?"), std::string::npos) << stage;
  EXPECT_EQ(refused({"live", "--fail-on", "lsot > 0"}).fix, kLive);
}

}  // namespace
}  // namespace wakepath::cli::testing
