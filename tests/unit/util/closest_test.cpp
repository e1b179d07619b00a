// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/closest.hpp"

#include <gtest/gtest.h>

namespace wakepath {
namespace {

const std::vector<std::string> kCommands{"live", "record", "replay", "import",
                                         "info", "irqs",   "audit",  "doctor"};

TEST(EditDistance, CountsEachSlipOnce) {
  EXPECT_EQ(edit_distance("replay", "replay"), 0U);
  EXPECT_EQ(edit_distance("replya", "replay"), 1U);   // swapped
  EXPECT_EQ(edit_distance("repla", "replay"), 1U);    // left out
  EXPECT_EQ(edit_distance("reeplay", "replay"), 1U);  // added
  EXPECT_EQ(edit_distance("redlay", "replay"), 1U);   // replaced
  EXPECT_EQ(edit_distance("", "replay"), 6U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(Closest, FindsTheWordThatWasMeant) {
  EXPECT_EQ(closest("rpelay", kCommands), "replay");
  EXPECT_EQ(closest("recrod", kCommands), "record");
  EXPECT_EQ(closest("inf", kCommands), "info");
  EXPECT_EQ(closest("audti", kCommands), "audit");
}

TEST(Closest, SaysNothingWhereNoWordIsNear) {
  EXPECT_EQ(closest("frobnicate", kCommands), std::nullopt);
  EXPECT_EQ(closest("", kCommands), std::nullopt);
  EXPECT_EQ(closest("x", kCommands), std::nullopt);
  EXPECT_EQ(closest("replay", {}), std::nullopt);
  // All of a short word replaced is another word.
  const std::vector<std::string> vms{"a", "b"};
  EXPECT_EQ(closest("c", vms), std::nullopt);
  EXPECT_EQ(closest(std::string(100'000, 'x'), kCommands), std::nullopt);
}

TEST(Closest, IsSaidAsAQuestion) {
  EXPECT_EQ(did_you_mean("lvie", kCommands), "; did you mean 'live'?");
  EXPECT_EQ(did_you_mean("nothing-like-it", kCommands), "");
}

}  // namespace
}  // namespace wakepath
