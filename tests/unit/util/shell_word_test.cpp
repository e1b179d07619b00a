// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/shell_word.hpp"

#include <gtest/gtest.h>

namespace wakepath {
namespace {

TEST(ShellWord, AFileIsNamedSoThatItCanBePasted) {
  EXPECT_EQ(file_word("dir/host7.wkp"), "dir/host7.wkp");
  EXPECT_EQ(file_word("my host's.wkp"), "'my host'\\''s.wkp'");
  EXPECT_EQ(file_word("a\x1b[2J"), "'a\\x1b[2J'") << "safe for a terminal";
  EXPECT_EQ(file_word("-"), "FILE");
  EXPECT_EQ(file_word(""), "FILE");
}

}  // namespace
}  // namespace wakepath
