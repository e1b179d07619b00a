// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings/finding_list.hpp"

#include <gtest/gtest.h>

namespace wakepath::findings {
namespace {

Finding finding(const std::string& rule, Severity severity) {
  Finding one;
  one.rule = rule;
  one.severity = severity;
  return one;
}

TEST(FindingList, TheGravestComeFirstAndEqualsStay) {
  std::vector<Finding> all{finding("a", Severity::info), finding("b", Severity::warning),
                           finding("c", Severity::error), finding("d", Severity::warning)};
  sort_by_severity(all);
  std::string order;
  for (const Finding& one : all) {
    order += one.rule;
  }
  EXPECT_EQ(order, "cbda");
}

TEST(FindingList, GraveEnoughToFail) {
  const std::vector<Finding> all{finding("a", Severity::info), finding("b", Severity::warning)};
  EXPECT_TRUE(any_as_grave(all, Severity::info));
  EXPECT_TRUE(any_as_grave(all, Severity::warning));
  EXPECT_FALSE(any_as_grave(all, Severity::error));
  EXPECT_FALSE(any_as_grave(all, std::nullopt));
  EXPECT_FALSE(any_as_grave({}, Severity::info));
}

TEST(FindingList, WhereThereIsNoCommandTheNoteStandsForIt) {
  EXPECT_EQ(first_fix_text({}), "");
  EXPECT_EQ(first_fix_text({{"true", "false", "why"}, {"other", "", ""}}), "true");
  EXPECT_EQ(first_fix_text({{"", "", "why"}}), "why");
}

TEST(FindingList, NamesAreThoseOfTheSchema) {
  EXPECT_EQ(name_of(Severity::info), "info");
  EXPECT_EQ(name_of(Severity::warning), "warning");
  EXPECT_EQ(name_of(Severity::error), "error");
  EXPECT_EQ(name_of(Confidence::high), "high");
  EXPECT_EQ(name_of(Confidence::medium), "medium");
  EXPECT_EQ(name_of(Confidence::look), "look");
}

}  // namespace
}  // namespace wakepath::findings
