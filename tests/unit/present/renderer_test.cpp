// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/renderer.hpp"

#include <gmock/gmock.h>

#include "present/chains.hpp"

namespace wakepath::present {
namespace {

using testing::Captured;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Rendered : ::testing::Test {
  std::unique_ptr<Renderer> make(Format format, const RenderOptions& options = {}) {
    return make_renderer(format, options, out.output(), messages.output());
  }

  Captured out;
  Captured messages;
};

IrqMoves one_move() {
  IrqMoves moves;
  interrupts::MoveOutcome& outcome = moves.outcomes.emplace_back();
  outcome.move.row.number = 57;
  outcome.move.row.label = "57";
  outcome.move.row.affinity = "0-3";
  outcome.move.cpus.add(2);
  outcome.written = true;
  return moves;
}

TEST_F(Rendered, EveryFormatHasARendererAndANameOfItsOwn) {
  std::vector<std::string_view> names;
  for (const FormatName& one : formats()) {
    EXPECT_NE(make(one.format), nullptr) << one.name;
    EXPECT_THAT(names, ::testing::Not(::testing::Contains(one.name)));
    names.push_back(one.name);
  }
}

VerdictResult judged(VerdictResult::Outcome outcome, std::string text) {
  VerdictResult verdict;
  verdict.outcome = outcome;
  verdict.text = std::move(text);
  return verdict;
}

TEST_F(Rendered, AVerdictThatFailedIsSaidApartFromTheResults) {
  for (const FormatName& one : formats()) {
    ASSERT_TRUE(
        make(one.format)->verdict(judged(VerdictResult::Outcome::passed, "lost = 0, not > 0")));
    ASSERT_TRUE(
        make(one.format)
            ->verdict(judged(VerdictResult::Outcome::failed, "p99(total) = 231us > 200us")));
  }
  EXPECT_EQ(out.text(), "");
  std::string expected;
  for (std::size_t i = 0; i < formats().size(); ++i) {
    expected += "wakepath: verdict failed: p99(total) = 231us > 200us\n";
  }
  EXPECT_EQ(messages.text(), expected);
}

TEST_F(Rendered, PeopleAreToldTheWayBackBeforeTheMoveIsJudged) {
  ASSERT_TRUE(make(Format::table)->irq_moves_written(one_move()));
  EXPECT_THAT(out.text(), StartsWith("The way back:\n"));
}

TEST_F(Rendered, ALineOfAMoveHasItsOwnWayBack) {
  const auto lines = make(Format::ndjson);
  ASSERT_TRUE(lines->irq_moves_written(one_move()));
  EXPECT_EQ(out.text(), "");
  ASSERT_TRUE(lines->irq_moves(one_move()));
  EXPECT_THAT(out.text(), HasSubstr(R"("undo":"echo 0-3 >)"));
}

TEST_F(Rendered, LooksAtTheInterruptsAreSetApart) {
  const auto text = make(Format::table);
  ASSERT_TRUE(text->irqs({}));
  ASSERT_TRUE(text->irqs({}));
  EXPECT_EQ(out.text(), "No interrupt.\n\nNo interrupt.\n");
}

TEST_F(Rendered, OnATerminalTheNextLookReplacesTheLast) {
  RenderOptions options;
  options.clears_screen = true;
  ASSERT_TRUE(make(Format::table, options)->irqs({}));
  EXPECT_EQ(out.text(), "\x1b[H\x1b[2JNo interrupt.\n");
}

TEST_F(Rendered, InfoAsLinesBeginsWithTheHeaderOfAReplay) {
  RenderOptions options;
  options.source = "dump";
  RecordingInfo info;
  info.events = 3;
  info.vms = {{"web", 95, {{96, {0, "CPU 0/KVM"}}}}};
  ASSERT_TRUE(make(Format::ndjson, options)->info(info));
  EXPECT_THAT(out.text(), StartsWith(R"({"type":"header","schema":1,)"));
  EXPECT_THAT(out.text(), HasSubstr("\n{\"type\":\"info\","));
  EXPECT_THAT(out.text(), HasSubstr(R"("vms":[{"vm":"web","vm_pid":95,"vcpus":[{"vcpu":0,)"));
}

TEST_F(Rendered, NamesInInfoDoNotReachTheTerminal) {
  RecordingInfo info;
  info.path = "\x1b[2J";
  info.capture = {0, "\x1b[2J"};
  info.first_ns = info.last_ns = 1;
  info.vms = {{"\x1b[2J", 1, {}}};
  info.header.events = {{"\x1b[2J", false, "\x1b[2J"}};
  ASSERT_TRUE(make(Format::table)->info(info));
  EXPECT_THAT(out.text(), ::testing::Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace wakepath::present
