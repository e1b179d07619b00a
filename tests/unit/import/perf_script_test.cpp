// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/perf_script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "import/ftrace_format.hpp"
#include "import/perf_data.hpp"

namespace wakepath::foreign {
namespace {

using test::KeptEvents;
using ::testing::HasSubstr;

constexpr const char* kHeader =
    "# hostname : (none)\n# os release : 6.1.0-50-cloud-arm64\n# perf version : 6.1.192\n"
    "# arch : aarch64\n# nrcpus online : 2\n# nrcpus avail : 2\n"
    "# event : name = irq:irq_handler_entry, , id = { 160 }, type = 2, use_clockid = 1, clockid = "
    "1\n";

// A perf of our own making, for as long as this lives. Nobody may run it: as root, it is nobody
// that does.
class FakePerf {
 public:
  explicit FakePerf(const std::string& script)
      : directory_(std::filesystem::temp_directory_path() /
                   ("wakepath-perf-" + std::to_string(::getpid()))) {
    using std::filesystem::perms;
    std::filesystem::create_directories(directory_);
    const perms for_all = perms::owner_all | perms::group_read | perms::group_exec |
                          perms::others_read | perms::others_exec;
    std::filesystem::permissions(directory_, for_all);
    if (!script.empty()) {
      std::ofstream(directory_ / "perf") << "#!/bin/sh\n" << script;
      std::filesystem::permissions(directory_ / "perf", for_all);
    }
  }
  ~FakePerf() { std::filesystem::remove_all(directory_); }
  FakePerf(const FakePerf&) = delete;
  FakePerf& operator=(const FakePerf&) = delete;

  [[nodiscard]] ChildLimits limits() const {
    ChildLimits limits;
    limits.path = directory_.string();
    return limits;
  }

 private:
  std::filesystem::path directory_;
};

Fd perf_data() {
  Fd file(::memfd_create("perf.data", MFD_CLOEXEC));
  EXPECT_EQ(8, ::write(file.get(), "PERFILE2", 8));
  return file;
}

TEST(PerfScriptTest, WhatTheHeaderTells) {
  const TraceInfo info = perf_info(kHeader);
  EXPECT_EQ("perf.data", info.form);
  EXPECT_EQ("6.1.0-50-cloud-arm64", info.release);
  EXPECT_EQ("aarch64", info.arch);
  EXPECT_EQ(2u, info.cpus);
  EXPECT_EQ(TraceClock::monotonic, info.clock);
  EXPECT_EQ(TraceClock::local, perf_info("# event : name = irq:irq_handler_entry\n").clock);
  EXPECT_EQ(TraceClock::other, perf_info("# event : use_clockid = 1, clockid = 4\n").clock);
  EXPECT_EQ(TraceClock::unknown, perf_info("").clock);
}

TEST(PerfScriptTest, TextAndHeaderOfOneThatWorks) {
  const FakePerf fake(
      "head -c 8 /proc/self/fd/3 >/dev/null || exit 9\ncase \"$*\" in\n*--header-only*) echo '# "
      "arch : aarch64' ;;\n"
      "*--guest-code*--kallsyms*/dev/null*--ns*) echo text ;;\nesac\n");
  auto perf = PerfScript::start(perf_data(), fake.limits());
  ASSERT_TRUE(perf) << perf.error().message;
  EXPECT_EQ("aarch64", perf->info().arch);
  char text[16]{};
  EXPECT_EQ(5u, perf->read(text).value_or(99));
  EXPECT_STREQ("text\n", text);
  EXPECT_EQ(0u, perf->read(text).value_or(99));
  EXPECT_TRUE(perf->end());
}

TEST(PerfScriptTest, OneThatIsNotThereOrTooOld) {
  {
    const FakePerf none("");
    const auto perf = PerfScript::start(perf_data(), none.limits());
    ASSERT_FALSE(perf);
    EXPECT_EQ(ErrorKind::unsupported, perf.error().kind);
    EXPECT_THAT(perf.error().message, HasSubstr("not installed"));
    EXPECT_THAT(perf.error().fix, HasSubstr("linux-perf"));
  }
  const FakePerf old("echo \"  Error: unknown option \\`guest-code'\" >&2; exit 129");
  const auto perf = PerfScript::start(perf_data(), old.limits());
  ASSERT_FALSE(perf);
  EXPECT_EQ(ErrorKind::unsupported, perf.error().kind);
  EXPECT_THAT(perf.error().message, HasSubstr("too old"));
}

TEST(PerfScriptTest, ItsComplaintIsTheError) {
  const FakePerf fake("echo 'incompatible file format' >&2; exit 255");
  const auto perf = PerfScript::start(perf_data(), fake.limits());
  ASSERT_FALSE(perf);
  EXPECT_EQ(ErrorKind::bad_input, perf.error().kind);
  EXPECT_THAT(perf.error().message, HasSubstr("incompatible file format"));
}

TEST(PerfScriptTest, OneThatStandsStillIsLeft) {
  {
    const FakePerf never("exec sleep 1000");
    ChildLimits limits = never.limits();
    limits.patience = std::chrono::milliseconds(200);
    const auto perf = PerfScript::start(perf_data(), limits);
    ASSERT_FALSE(perf);
    EXPECT_THAT(perf.error().message, HasSubstr("stands still"));
  }
  const FakePerf then("case \"$*\" in *--header-only*) ;; *) echo text; exec sleep 1000;; esac");
  ChildLimits limits = then.limits();
  limits.patience = std::chrono::seconds(5);  // a busy machine must be able to start it
  auto perf = PerfScript::start(perf_data(), limits);
  ASSERT_TRUE(perf) << perf.error().message;
  char text[16]{};
  EXPECT_EQ(5u, perf->read(text).value_or(99));
  const auto more = perf->read(text);
  ASSERT_FALSE(more);
  EXPECT_THAT(more.error().message, HasSubstr("stands still"));
}

TEST(PerfScriptTest, ASignalEndsTheWaiting) {
  const FakePerf fake("case \"$*\" in *--header-only*) ;; *) echo text; exec sleep 1000;; esac");
  auto perf = PerfScript::start(perf_data(), fake.limits());
  ASSERT_TRUE(perf) << perf.error().message;
  char text[16]{};
  EXPECT_EQ(5u, perf->read(text).value_or(99));
  struct sigaction heard {};
  struct sigaction before {};
  heard.sa_handler = [](int) {};
  ::sigaction(SIGALRM, &heard, &before);
  const itimerval soon{{0, 50'000}, {0, 50'000}};
  ::setitimer(ITIMER_REAL, &soon, nullptr);
  EXPECT_EQ(0u, perf->read(text).value_or(99));
  const itimerval never{};
  ::setitimer(ITIMER_REAL, &never, nullptr);
  ::sigaction(SIGALRM, &before, nullptr);
  EXPECT_TRUE(perf->end());
}

TEST(PerfDataTest, IsReadAsTextWithWhatTheHeaderTells) {
  const FakePerf fake("case \"$*\" in\n*--header-only*) cat <<'END'\n" + std::string(kHeader) +
                      "END\n;;\n*) cat <<'END'\n"
                      "       CPU 0/KVM   117 [001]    54.600270080:   irq:irq_handler_entry: "
                      "irq=13 name=arch_timer\n"
                      "       CPU 0/KVM   117 [001]    54.600321104:   timer:hrtimer_expire_entry: "
                      "hrtimer=0xffff67fbbfba0990 function=0xffffc4bdf906dd60 now=54600307616\n"
                      "END\necho 'the end is missing' >&2\nexit 3;;\nesac\n");
  auto reader = open_perf_data(perf_data(), false, fake.limits());
  ASSERT_TRUE(reader) << reader.error().message;
  KeptEvents kept;
  for (auto more = (*reader)->read(kept); *more; more = (*reader)->read(kept)) {
  }
  EXPECT_EQ("perf.data", kept.info.form);
  EXPECT_EQ(TraceClock::monotonic, kept.info.clock);
  EXPECT_EQ("aarch64", kept.info.arch);
  ASSERT_EQ(2u, kept.events.size());
  EXPECT_EQ(54'600'270'080u, kept.events[0].event.time_ns);
  EXPECT_EQ("arch_timer", kept.events[0].name);
  EXPECT_EQ("", kept.events[1].name);
  EXPECT_EQ(0xffffc4bdf906dd60U, kept.events[1].event.payload.hrtimer.function);
  EXPECT_THAT((*reader)->remarks(), ::testing::Contains(HasSubstr("--kallsyms")));
  EXPECT_THAT((*reader)->remarks(),
              ::testing::Not(::testing::Contains(HasSubstr("by the kernel"))));
  ASSERT_FALSE((*reader)->problems().empty());
  EXPECT_THAT((*reader)->problems().back(), HasSubstr("the end is missing"));
}

}  // namespace
}  // namespace wakepath::foreign
