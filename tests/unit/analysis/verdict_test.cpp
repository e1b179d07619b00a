// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/verdict.hpp"

#include <gtest/gtest.h>

namespace wakepath::analysis::testing {

using Quantity = Verdict::Quantity;
using Operator = Verdict::Operator;

TEST(Verdict, ReadsALatency) {
  const auto verdict = parse_verdict("p99(total) > 200us");
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->quantity, Quantity::quantile);
  EXPECT_DOUBLE_EQ(verdict->q, 0.99);
  EXPECT_EQ(verdict->stage, "total");
  EXPECT_EQ(verdict->op, Operator::gt);
  EXPECT_EQ(verdict->limit, 200'000U);
  EXPECT_EQ(verdict->quantity_text, "p99(total)");
  EXPECT_EQ(verdict->limit_text, "200us");
}

TEST(Verdict, ReadsEveryFormOfTheGrammar) {
  struct Case {
    const char* text;
    Quantity quantity;
    Operator op;
    std::uint64_t limit;
  };
  for (const Case& one :
       {Case{"p99.9(wake_delay)>=1ms", Quantity::quantile, Operator::ge, 1'000'000},
        Case{"  min( total_to_sched_in ) <= 10us ", Quantity::min, Operator::le, 10'000},
        Case{"max(work_run) == 5ns", Quantity::max, Operator::eq, 5},
        Case{"max(vcpu_entry)<2s", Quantity::max, Operator::lt, 2'000'000'000},
        Case{"count(total)!=7", Quantity::count, Operator::ne, 7},
        Case{"wakes < 100", Quantity::wakes, Operator::lt, 100},
        Case{"complete < 1", Quantity::complete, Operator::lt, 1},
        Case{"incomplete > 0", Quantity::incomplete, Operator::gt, 0},
        Case{"deliveries > 0", Quantity::deliveries, Operator::gt, 0},
        Case{"lost>0", Quantity::lost, Operator::gt, 0},
        Case{"missed > 0", Quantity::missed, Operator::gt, 0},
        Case{"late > 0", Quantity::late, Operator::gt, 0},
        Case{"p0(total) > 1us", Quantity::quantile, Operator::gt, 1'000},
        Case{"p100(total) > 1us", Quantity::quantile, Operator::gt, 1'000}}) {
    const auto verdict = parse_verdict(one.text);
    ASSERT_TRUE(verdict) << one.text;
    EXPECT_EQ(verdict->quantity, one.quantity) << one.text;
    EXPECT_EQ(verdict->op, one.op) << one.text;
    EXPECT_EQ(verdict->limit, one.limit) << one.text;
  }
}

TEST(Verdict, RefusesWhatIsNoneAndSaysWhichPart) {
  for (const char* text : {"",
                           ">",
                           "p99(total)",
                           "p99(total) >",
                           "p99(total) > ",
                           "p99(total) > 200",
                           "p99(total) > us",
                           "p99(total) > 200us 5",
                           "p99 > 200us",
                           "p99() > 200us",
                           "p99(totals) > 200us",
                           "p101(total) > 1us",
                           "p-1(total) > 1us",
                           "pnan(total) > 1us",
                           "pinf(total) > 1us",
                           "p(total) > 1us",
                           "p99(total > 1us",
                           "p99(total)) > 1us",
                           "p99(total) => 1us",
                           "p99(total) = 1us",
                           "p99(total) ! 1us",
                           "count(total) > 1us",
                           "lost > 1us",
                           "lost > -1",
                           "lost(total) > 1",
                           "losts > 1",
                           "avg(total) > 1us",
                           "lost > 99999999999999999999"}) {
    const auto verdict = parse_verdict(text);
    ASSERT_FALSE(verdict) << text;
    EXPECT_EQ(verdict.error().kind, ErrorKind::usage) << text;
    EXPECT_NE(verdict.error().message.find("can't read"), std::string::npos) << text;
    EXPECT_FALSE(verdict.error().fix.empty());
  }
}

TEST(Verdict, OperatorsMeanWhatTheySay) {
  struct Case {
    Operator op;
    const char* text;
    bool below, equal, above;
  };
  for (const Case& one :
       {Case{Operator::gt, ">", false, false, true}, Case{Operator::ge, ">=", false, true, true},
        Case{Operator::lt, "<", true, false, false}, Case{Operator::le, "<=", true, true, false},
        Case{Operator::eq, "==", false, true, false},
        Case{Operator::ne, "!=", true, false, true}}) {
    EXPECT_EQ(holds(4, one.op, 5), one.below) << one.text;
    EXPECT_EQ(holds(5, one.op, 5), one.equal) << one.text;
    EXPECT_EQ(holds(6, one.op, 5), one.above) << one.text;
    EXPECT_EQ(text_of(one.op), one.text);
  }
}

}  // namespace wakepath::analysis::testing
