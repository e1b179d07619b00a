// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/exit_code.hpp"

#include <gtest/gtest.h>

namespace wakepath::cli {
namespace {

TEST(ExitCode, OfEachKindOfError) {
  EXPECT_EQ(exit_code_of(ErrorKind::usage), ExitCode::usage);
  EXPECT_EQ(exit_code_of(ErrorKind::unsupported), ExitCode::unsupported);
  EXPECT_EQ(exit_code_of(ErrorKind::not_permitted), ExitCode::not_permitted);
  EXPECT_EQ(exit_code_of(ErrorKind::bad_input), ExitCode::bad_input);
  EXPECT_EQ(exit_code_of(ErrorKind::bad_output), ExitCode::bad_output);
  EXPECT_EQ(exit_code_of(ErrorKind::bug), ExitCode::bug);
  EXPECT_EQ(static_cast<int>(exit_code_of(ErrorKind::bug)), 70);
}

TEST(ExitCode, TheMoreSevereOfTwo) {
  EXPECT_EQ(more_severe(ExitCode::ok, ExitCode::ok), ExitCode::ok);
  EXPECT_EQ(more_severe(ExitCode::ok, ExitCode::verdict_failed), ExitCode::verdict_failed);
  // A verdict over damaged input is none.
  EXPECT_EQ(more_severe(ExitCode::verdict_failed, ExitCode::bad_input), ExitCode::bad_input);
  EXPECT_EQ(more_severe(ExitCode::bad_output, ExitCode::bad_input), ExitCode::bad_output);
  EXPECT_EQ(more_severe(ExitCode::usage, ExitCode::bad_output), ExitCode::usage);
  EXPECT_EQ(more_severe(ExitCode::bug, ExitCode::usage), ExitCode::bug);
  for (const ExitCode code : {ExitCode::unsupported, ExitCode::not_permitted, ExitCode::bug}) {
    EXPECT_EQ(more_severe(code, ExitCode::ok), code);
    EXPECT_EQ(more_severe(ExitCode::ok, code), code);
  }
}

}  // namespace
}  // namespace wakepath::cli
