// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/run.hpp"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "cli/fixture.hpp"

namespace wakepath::cli::testing {
namespace {

const std::string kRecording = std::string(WAKEPATH_GOLDEN_DIR) + "/lab-kworker/kworker.wkp";

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Run, ReplayPrintsTheWakesAsLines) {
  const Ran ran = run_program({"replay", kRecording.c_str(), "--format", "ndjson"});
  EXPECT_EQ(ran.code, ExitCode::ok) << ran.err;
  EXPECT_TRUE(ran.out.starts_with(R"({"type":"header","schema":1,)"));
  EXPECT_TRUE(has(ran.out, "\n{\"type\":\"wake\","));
  EXPECT_TRUE(has(ran.out, "\n{\"type\":\"summary\","));
  EXPECT_EQ(ran.err, "");
}

TEST(Run, ReplayPrintsTablesOrStepsForPeople) {
  const Ran tables = run_program({"replay", kRecording.c_str()});
  EXPECT_EQ(tables.code, ExitCode::ok) << tables.err;
  EXPECT_TRUE(has(tables.out, "P99"));
  const Ran steps = run_program({"replay", kRecording.c_str(), "--wakes"});
  EXPECT_GT(std::ranges::count(steps.out, '\n'), std::ranges::count(tables.out, '\n'));
}

TEST(Run, AVerdictThatFailsIsSaidAndIsTheExitCode) {
  const Ran ran = run_program(
      {"replay", kRecording.c_str(), "--fail-on", "wakes > 0", "--fail-on", "lost > 0"});
  EXPECT_EQ(ran.code, ExitCode::verdict_failed);
  EXPECT_TRUE(has(ran.err, "wakepath: verdict failed: wakes = ")) << ran.err;
  EXPECT_FALSE(has(ran.err, "lost")) << ran.err;
  const Ran passed = run_program({"replay", kRecording.c_str(), "--fail-on", "lost > 0"});
  EXPECT_EQ(passed.code, ExitCode::ok) << passed.err;
}

TEST(Run, AVmThatIsNotThereIsGuessed) {
  const Ran ran = run_program({"replay", kRecording.c_str(), "--vm", "gust"});
  EXPECT_EQ(ran.code, ExitCode::usage);
  EXPECT_TRUE(has(ran.err, "no VM 'gust'; did you mean 'guest'?")) << ran.err;
  EXPECT_TRUE(has(ran.err, "try: --vm with one of: ")) << ran.err;
}

TEST(Run, ACpuThatTheTracedHostLacksIsRefused) {
  const Ran ran = run_program({"replay", kRecording.c_str(), "--cpu", "4095"});
  EXPECT_EQ(ran.code, ExitCode::usage);
  EXPECT_TRUE(has(ran.err, "no CPU 4095 on the traced host")) << ran.err;
}

TEST(Run, InfoInBothForms) {
  const Ran lines = run_program({"info", kRecording.c_str(), "--format", "ndjson"});
  EXPECT_EQ(lines.code, ExitCode::ok) << lines.err;
  EXPECT_TRUE(has(lines.out, "\n{\"type\":\"info\","));
  const Ran text = run_program({"info", kRecording.c_str()});
  EXPECT_TRUE(has(text.out, "wakepath dump, format ")) << text.out;
  EXPECT_TRUE(has(text.out, "sched_switch")) << text.out;
}

TEST(Run, ErrorsAreOneLineAndWhatMendsIt) {
  const Ran ran = run_program({"replay", "/no/such/file.wkp"});
  EXPECT_EQ(ran.code, ExitCode::bad_input);
  EXPECT_EQ(ran.out, "");
  EXPECT_TRUE(ran.err.starts_with("wakepath: ")) << ran.err;
  const Ran usage = run_program({"replay"});
  EXPECT_EQ(usage.code, ExitCode::usage);
  EXPECT_EQ(usage.err, "wakepath: FILE is required\n  try: wakepath replay --help\n");
}

TEST(Run, ANameOnTheCommandLineDoesNotReachTheTerminalRaw) {
  const Ran ran = run_program({"\x1b[2J"});
  EXPECT_EQ(ran.code, ExitCode::usage);
  EXPECT_FALSE(has(ran.err, "\x1b")) << ran.err;
}

TEST(Run, VersionIsAResult) {
  const Ran ran = run_program({"--version"});
  EXPECT_EQ(ran.code, ExitCode::ok);
  EXPECT_EQ(ran.out, "wakepath " WAKEPATH_VERSION "\n");
}

}  // namespace
}  // namespace wakepath::cli::testing
