// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/glob.hpp"

#include <string>

#include <gtest/gtest.h>

namespace wakepath::testing {

TEST(Glob, StarTakesAnyCharactersAndAQuestionMarkOne) {
  for (const auto& [pattern, text] :
       {std::pair{"", ""}, std::pair{"*", ""}, std::pair{"*", "web-1"}, std::pair{"web-*", "web-"},
        std::pair{"web-?", "web-1"}, std::pair{"*-1", "web-1"}, std::pair{"w*b*1", "web-web-1"},
        std::pair{"*aab", "aaaab"}, std::pair{"**", "x"}, std::pair{"a*?", "ab"}}) {
    EXPECT_TRUE(matches_glob(pattern, text)) << pattern << " " << text;
  }
  for (const auto& [pattern, text] :
       {std::pair{"", "x"}, std::pair{"web-?", "web-"}, std::pair{"web-?", "web-10"},
        std::pair{"web-*", "Web-1"}, std::pair{"*-1", "web-10"}, std::pair{"a*b*c", "acb"},
        std::pair{"?", ""}, std::pair{"a?*", "a"}}) {
    EXPECT_FALSE(matches_glob(pattern, text)) << pattern << " " << text;
  }
}

TEST(Glob, AllElseStandsForItself) {
  EXPECT_TRUE(matches_glob("irq(virtio*-input.*)>vcpu", "irq(virtio*-input.*)>vcpu"));
  EXPECT_TRUE(matches_glob("a[b]\\x3e", "a[b]\\x3e"));
  EXPECT_FALSE(matches_glob("a[b]", "ab"));
  EXPECT_TRUE(is_glob("a*"));
  EXPECT_TRUE(is_glob("?"));
  EXPECT_FALSE(is_glob("a[b]"));
}

// A pattern of stars costs no more than the product of the lengths.
TEST(Glob, EndsSoon) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) {
    pattern += "*a";
  }
  EXPECT_FALSE(matches_glob(pattern + "b", std::string(20'000, 'a')));
}

}  // namespace wakepath::testing
