// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings/check.hpp"

#include <gtest/gtest.h>

#include "findings/advice.hpp"

namespace wakepath::findings {
namespace {

TEST(Check, OnlyWhatIsWrongIsAFinding) {
  const std::vector<Check> checks{
      fine("BPF JIT", "on"),
      wrong("CAP_SYS_ADMIN", "cap_sys_admin", Check::State::warning, "not there", {}),
      wrong("BTF", "btf", Check::State::missing, "no BTF", {no_command("another kernel")})};
  const std::vector<Finding> found = findings_of(checks);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].rule, "btf") << "the gravest comes first";
  EXPECT_EQ(found[0].severity, Severity::error);
  EXPECT_EQ(found[0].text, "BTF: no BTF");
  EXPECT_EQ(found[0].fixes.at(0).note, "another kernel");
  EXPECT_EQ(found[1].severity, Severity::warning);
  EXPECT_EQ(found[1].confidence, Confidence::high);
}

TEST(Check, WhatCouldNotBeLookedAtIsForTheReaderToCheck) {
  const Check check = not_looked_at("vCPUs", "vcpus", "that needs CAP_BPF", {});
  EXPECT_EQ(check.state, Check::State::warning);
  EXPECT_EQ(check.finding->confidence, Confidence::look);
}

TEST(Check, WhatHasAnotherWayIsNoErrorAnyMore) {
  Check check = wrong("BTF", "btf", Check::State::missing, "no BTF", {});
  soften(check);
  EXPECT_EQ(check.state, Check::State::warning);
  EXPECT_EQ(check.finding->severity, Severity::warning);
  Check good = fine("BTF", "there");
  soften(good);
  EXPECT_EQ(good.state, Check::State::ok);
  EXPECT_FALSE(good.finding);
}

}  // namespace
}  // namespace wakepath::findings
