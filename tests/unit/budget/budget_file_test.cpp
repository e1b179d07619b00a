// SPDX-License-Identifier: GPL-2.0-or-later
#include "budget/budget_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wakepath::budget::testing {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(BudgetFile, HasALineForEachTargetAndExpression) {
  const auto lines = parse_budget(R"(
target = "1ms"
fail-on = ["lost > 0", "wakes < 100"]
[[budget]]
name = "web"
vm = ["web-*", "95"]
vcpu = "0-1,4"
path = "timer(*"
each = "vcpu"
target = "200us"
stage = ["wake_delay", "work_*"]
fail-on = "max(*_delay) > 5ms"
[[budget]]
vcpu = [3, "5"]
target = "2ms"
)",
                                  "w.toml");
  ASSERT_TRUE(lines) << lines.error().message;
  ASSERT_EQ(lines->size(), 7U);
  EXPECT_TRUE((*lines)[0].takes_all());
  EXPECT_EQ((*lines)[0].target_ns, 1'000'000U);
  EXPECT_EQ((*lines)[0].expression, "");
  EXPECT_EQ((*lines)[0].line, 2U);
  EXPECT_EQ((*lines)[2].expression, "wakes < 100");
  EXPECT_EQ((*lines)[2].line, 3U);
  EXPECT_EQ((*lines)[3].name, "web");
  EXPECT_THAT((*lines)[3].vms, ElementsAre("web-*", "95"));
  EXPECT_THAT((*lines)[3].vcpus, ElementsAre(0U, 1U, 4U));
  EXPECT_THAT((*lines)[3].paths, ElementsAre("timer(*"));
  EXPECT_EQ((*lines)[3].each, BudgetLine::Each::vcpu);
  EXPECT_EQ((*lines)[3].expression, "p99(wake_delay) > 200us");
  EXPECT_EQ((*lines)[4].expression, "p99(work_*) > 200us");
  EXPECT_EQ((*lines)[5].expression, "max(*_delay) > 5ms");
  EXPECT_THAT((*lines)[6].vcpus, ElementsAre(3U, 5U));
  EXPECT_EQ((*lines)[6].file, "w.toml");
  EXPECT_EQ((*lines)[6].line, 15U);
}

TEST(BudgetFile, SaysWhereAnErrorIsAndWhatIsAllowed) {
  struct Case {
    const char* text;
    const char* place;
    const char* what;
  };
  for (const Case& one : {
           Case{"target = 200\n", "w.toml:1:10: ", "in quotation marks"},
           Case{"target = \"200\"\n", "w.toml:1:10: ", "a time with its unit"},
           Case{"target = \"0us\"\n", "w.toml:1:10: ", "a time with its unit"},
           Case{"\n  targte = \"2us\"\n", "w.toml:2:3: ", "did you mean 'target'?"},
           Case{"vm = \"a\"\ntarget = \"2us\"", "w.toml:1:1: ", "below a [[budget]]"},
           Case{"[[budget]]\nvm = []\ntarget = \"2us\"", "w.toml:2:6: ", "at least one text"},
           Case{"[[budget]]\nvm = [\"a\", 1]\ntarget = \"2us\"", "w.toml:2:12: ", "a text"},
           Case{"[[budget]]\nvcpu = -1\ntarget = \"2us\"", "w.toml:2:8: ", "0 to 4095"},
           Case{"[[budget]]\nvcpu = 5000\ntarget = \"2us\"", "w.toml:2:8: ", "0 to 4095"},
           Case{"[[budget]]\nvcpu = 1.5\ntarget = \"2us\"", "w.toml:2:8: ", "0 to 4095"},
           Case{"[[budget]]\neach = \"path\"\ntarget = \"2us\"",
                "w.toml:2:8: ", "\"vm\" or \"vcpu\""},
           Case{"[[budget]]\nvm = \"a\"\n", "w.toml:1:1: ", "asks for nothing"},
           Case{"[budget]\nvm = \"a\"\n", "w.toml:1:1: ", "[[budget]]"},
           Case{"budget = [1]\n", "w.toml:1:10: ", "[[budget]]"},
           Case{"fail-on = \"p99(totl) > 1us\"\n", "w.toml:1:11: ", "did you mean 'total'?"},
           Case{"fail-on = \"p99(t*al) > 1us\"\n", "w.toml:1:11: ", "a stage is one of"},
           Case{"target = \"1us\"\nstage = \"nix*\"\n", "w.toml:2:9: ", "a stage is one of"},
           Case{"target = \"1us\"\nstage = \"total) > 1us\"\n", "w.toml:2:9: ", ""},
           Case{"stage = \"wake_delay\"\nfail-on = \"lost > 0\"", "w.toml:1:9: ", "there is none"},
           Case{"[[budget]]\nvm = \"a\"\nfail-on = \"lost > 0\"",
                "w.toml:3:11: ", "of the whole input"},
           Case{"[[budget]]\npath = \"a\"\nfail-on = \"deliveries > 0\"",
                "w.toml:3:11: ", "no path"},
           Case{"target = \"1us\"\ntarget = \"2us\"\n", "w.toml:2:", "target"},
           Case{"target = \"1us\n", "w.toml:1:", ""},
           Case{"a\x01=1\n", "w.toml:1:", ""},
           Case{"target = \"\xff\"\n", "w.toml:1:", ""},
       }) {
    const auto lines = parse_budget(one.text, "w.toml");
    ASSERT_FALSE(lines) << one.text;
    EXPECT_EQ(lines.error().kind, ErrorKind::usage) << one.text;
    EXPECT_THAT(lines.error().message, StartsWith(one.place)) << one.text;
    EXPECT_THAT(lines.error().message, HasSubstr(one.what)) << one.text;
  }
}

TEST(BudgetFile, RefusesWhatAsksForNothingOrTooMuch) {
  EXPECT_FALSE(parse_budget("", "w"));
  EXPECT_FALSE(parse_budget("# nothing\n", "w"));
  EXPECT_FALSE(parse_budget(std::string(kMostBytes, '\n'), "w"));
  EXPECT_FALSE(parse_budget("a = " + std::string(10'000, '['), "w"));
  std::string many = "fail-on = [";
  for (std::size_t i = 0; i <= kMostLines; ++i) {
    many += "\"lost > 0\",\n";
  }
  const auto lines = parse_budget(many + "]", "w");
  ASSERT_FALSE(lines);
  EXPECT_THAT(lines.error().message, StartsWith("w:1001:1: more than 1000"));
}

TEST(BudgetFile, MakesHostileNamesHarmless) {
  const auto lines = parse_budget("\"\\u001b[2J\" = 1\n", "w\x1b.toml");
  ASSERT_FALSE(lines);
  EXPECT_THAT(lines.error().message, ::testing::Not(HasSubstr("\x1b")));
}

}  // namespace wakepath::budget::testing
