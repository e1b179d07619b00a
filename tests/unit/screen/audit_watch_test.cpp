// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/audit_watch.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace wakepath::screen {
namespace {

using audit::AuditReport;

constexpr std::uint64_t kAuditSecond = 1'000'000'000;

Finding ran(std::string_view rule, const std::string& cpu, std::string name, std::uint64_t count,
            std::uint64_t ns, Severity severity = Severity::warning, std::uint64_t delayed = 0) {
  Finding finding;
  finding.rule = rule;
  finding.severity = severity;
  finding.subject.cpus = cpu;
  finding.text = "CPU " + cpu + ": " + name + " ran " + std::to_string(count) + " times";
  finding.evidence = {{"name", std::move(name)},
                      {"count", count},
                      {"ns", ns},
                      {"longest_ns", ns},
                      {"delayed_wakes", delayed}};
  return finding;
}

Finding irq_found(std::uint64_t count, Severity severity = Severity::warning) {
  Finding finding = ran("ran_irq", "3", "\x1b[2Jeth1-rx-1", count, count * 4'000, severity);
  finding.subject.irq = "57";
  finding.fixes = {{"wakepath irqs move 57 --cpu 0-1", "", ""}};
  return finding;
}

Finding task_found(std::uint64_t count, std::uint64_t delayed) {
  Finding finding = ran("ran_task", "2", "hog", count, count * 1'000'000, Severity::error, delayed);
  finding.subject.tid = 4711;
  return finding;
}

Finding setting_found() {
  Finding finding;
  finding.rule = "irq_affinity";
  finding.severity = Severity::info;
  finding.text = "irq 58 may go to isolated CPUs 2-3";
  finding.fixes = {{"", "", "nothing moves it"}};
  return finding;
}

AuditReport audit_of(std::vector<Finding> findings, std::uint64_t duration_ns,
                     std::uint64_t wakes = 0) {
  AuditReport report;
  report.findings = std::move(findings);
  std::ranges::stable_sort(report.findings, std::greater{}, &Finding::severity);
  CpuSet cpus;
  cpus.add(2);
  cpus.add(3);
  report.isolated = cpus;
  report.vcpu_cpus = CpuSet();
  report.observed = audit::ObservedTotals{duration_ns, wakes, 0, 0, false};
  return report;
}

struct AuditWatched : ::testing::Test {
  AuditWatch watch;
  WatchScreen screen{"wakepath audit", AuditWatch::help(), false};

  void look(std::vector<Finding> lately, std::vector<Finding> so_far, std::uint64_t at_s) {
    screen.show(watch.look(audit_of(std::move(lately), 2 * kAuditSecond, 10),
                           audit_of(std::move(so_far), at_s * kAuditSecond, 1'234),
                           at_s * kAuditSecond));
  }
  // The settings, then a task that goes and an interrupt that comes.
  void look_thrice() {
    look({setting_found()}, {setting_found()}, 0);
    look({setting_found(), task_found(20, 3)}, {setting_found(), task_found(20, 3)}, 2);
    look({setting_found(), irq_found(300)}, {setting_found(), task_found(20, 3), irq_found(300)},
         4);
  }
  std::string drawn(std::string_view keys, Size size = {80, 24}) {
    for (const Key& key : keys_of(keys)) {
      EXPECT_TRUE(screen.key(key));
    }
    return screen.draw(size).text();
  }
};

}  // namespace

TEST_F(AuditWatched, ShowsWhatIsWrongNowAndWhatChanged) {
  look_thrice();
  EXPECT_EQ(drawn(""), R"(wakepath audit  isolated 2-3  vCPUs none  1.2k wakes  00:04
now 1 warning; since the begin 1 error, 1 warning
────────────────────────────────────────────────────────────────────────────────
 severity▼   CPU     /s   busy  count  wakes what
>warning       3    150   0.1%    300        irq 57 \x1b[2Jeth1-rx-1
 info          -                             irq 58 may go to isolated CPUs 2-3
 error         2                   20      3 hog (tid 4711)






────────────────────────────────────────────────────────────────────────────────
 ran_irq  warning
 now  CPU 3: \x1b[2Jeth1-rx-1 ran 300 times
 all  CPU 3: \x1b[2Jeth1-rx-1 ran 300 times
 try  wakepath irqs move 57 --cpu 0-1

── changes, newest first ───────────────────────────────────────────────────────
 +00:04  warning: CPU 3: irq 57 \x1b[2Jeth1-rx-1
 +00:02  error: CPU 2: hog (tid 4711)

↑↓ move  s sort  / filter  space pause  ? help  q quit
)");
}

TEST_F(AuditWatched, DimsWhatDidNotRunLately) {
  look_thrice();
  const std::string text = drawn("");
  const auto row_of = [&](std::string_view what) {
    return static_cast<std::size_t>(std::ranges::count(text.substr(0, text.find(what)), '\n'));
  };
  const Cells cells = screen.draw({80, 24});
  EXPECT_EQ(cells.at({row_of("hog (tid"), 46}).style, Style::dim);
  EXPECT_EQ(cells.at({row_of("irq 58"), 46}).style, Style::plain);
}

TEST_F(AuditWatched, SortsByRateCountAndCpu) {
  look_thrice();
  const auto first = [&](const std::string& text) {
    return text.find("hog (tid 4711)") < text.find("irq 57") ? "hog" : "irq";
  };
  EXPECT_STREQ(first(drawn("")), "irq");   // severity now
  EXPECT_STREQ(first(drawn("s")), "irq");  // rate
  EXPECT_STREQ(first(drawn("s")), "irq");  // count
  EXPECT_STREQ(first(drawn("s")), "hog");  // CPU
}

TEST_F(AuditWatched, ToldWhatIsQuietAndWhatCameAgain) {
  look_thrice();
  const auto none = [&](std::uint64_t at_s) {
    look({setting_found()}, {setting_found(), task_found(20, 3), irq_found(300)}, at_s);
  };
  none(11);
  EXPECT_EQ(drawn("").find("quiet"), std::string::npos);
  none(12);
  EXPECT_NE(drawn("").find(" +00:12  quiet since +00:02: CPU 2: hog (tid 4711)"),
            std::string::npos);
  look({setting_found(), irq_found(10, Severity::error)},
       {setting_found(), task_found(20, 3), irq_found(310, Severity::error)}, 14);
  const std::string text = drawn("");
  EXPECT_NE(text.find(R"( +00:14  now error: CPU 3: irq 57 \x1b[2Jeth1-rx-1)"), std::string::npos)
      << text;
  look({setting_found(), task_found(1, 0)},
       {setting_found(), task_found(21, 3), irq_found(310, Severity::error)}, 16);
  EXPECT_NE(drawn("").find(" +00:16  again: CPU 2: hog (tid 4711)"), std::string::npos);
}

TEST_F(AuditWatched, SaysThatNothingIsWrong) {
  look({}, {}, 3);
  const std::string text = drawn("");
  EXPECT_NE(text.find("now nothing wrong; since the begin nothing wrong"), std::string::npos);
  EXPECT_NE(text.find("isolated 2-3  vCPUs none  1.2k wakes  00:03"), std::string::npos) << text;
  EXPECT_EQ(screen.draw({80, 24}).at({1, 0}).style, Style::good);
}

TEST_F(AuditWatched, SaysThatThereIsNothingToJudge) {
  audit::AuditReport nothing = audit_of({}, 3 * kAuditSecond, 10);
  nothing.nothing_kept = "no CPU is isolated, and no vCPU is pinned";
  screen.show(watch.look(nothing, nothing, 3 * kAuditSecond));
  const std::string text = drawn("");
  EXPECT_NE(text.find("nothing to judge: no CPU is isolated, and no vCPU is pinned"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("nothing wrong"), std::string::npos);
  EXPECT_EQ(screen.draw({80, 24}).at({1, 0}).style, Style::warning);
}

}  // namespace wakepath::screen
