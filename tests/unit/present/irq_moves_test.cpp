// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/irq_moves.hpp"

#include <gmock/gmock.h>

#include <cerrno>

namespace wakepath::present {
namespace {

using interrupts::MoveOutcome;
using ::testing::HasSubstr;
using ::testing::Not;

// Of three the one in the middle was refused.
std::vector<MoveOutcome> three() {
  std::vector<MoveOutcome> outcomes(3);
  for (std::uint32_t i = 0; i < outcomes.size(); ++i) {
    MoveOutcome& outcome = outcomes[i];
    outcome.move.row.number = 56 + i;
    outcome.move.row.label = std::to_string(56 + i);
    outcome.move.row.name = "virtio2-input." + std::to_string(i);
    outcome.move.row.names = {"eth1"};
    outcome.move.row.affinity = "0-3";
    outcome.move.row.effective = "0";
    outcome.move.cpus.add(2);
    outcome.written = i != 1;
    outcome.affinity = i == 1 ? "0-3" : "2";
    outcome.effective = i == 1 ? "0" : "2";
  }
  outcomes[0].came = {{0, 1}, {2, 3}};
  outcomes[1].refusal = interrupts::write_refused(outcomes[1].move.row, EIO);
  outcomes[2].came.emplace();
  outcomes[2].waited_ns = 3'000'000'000;
  return outcomes;
}

template <typename Print>
std::string printed(Print print) {
  fmt::memory_buffer out;
  print(out);
  return fmt::to_string(out);
}

TEST(IrqMoves, TheWayBackIsOfAllThatWasWrittenAlsoWhereOneFailedInTheMiddle) {
  EXPECT_EQ(printed([](auto& out) { undo_text(three(), "", out); }),
            "The way back:\n"
            "  echo 0-3 >/proc/irq/56/smp_affinity_list\n"
            "  echo 0-3 >/proc/irq/58/smp_affinity_list\n");
  std::vector<MoveOutcome> none = three();
  none.resize(2);
  none.erase(none.begin());
  EXPECT_EQ(printed([&](auto& out) { undo_text(none, "", out); }), "");
}

TEST(IrqMoves, TheTableHasBeforeAndAfter) {
  EXPECT_EQ(printed([](auto& out) { move_table(three(), false, out); }),
            "IRQ  NAME             DEVICE  MAY GO TO  GOES TO  CAME SINCE\n"
            " 56  virtio2-input.0  eth1    0-3 -> 2   0 -> 2   1 on CPU 0, 3 on CPU 2\n"
            " 57  virtio2-input.1  eth1    0-3        0        not moved\n"
            " 58  virtio2-input.2  eth1    0-3 -> 2   0 -> 2   none in 3.00s\n");
}

TEST(IrqMoves, ADryRunSaysWhatItWouldWrite) {
  EXPECT_THAT(printed([](auto& out) { plan_text(three(), "", out); }),
              HasSubstr("\n  echo 2 >/proc/irq/57/smp_affinity_list\n"));
  EXPECT_THAT(printed([](auto& out) { move_table(three(), true, out); }),
              Not(HasSubstr("CAME SINCE")));
}

TEST(IrqMoves, QuotesARootThatAShellWouldTakeApart) {
  EXPECT_THAT(printed([](auto& out) { undo_text(three(), "/a b'$(x)", out); }),
              HasSubstr("echo 0-3 >'/a b'\\''$(x)/proc/irq/56/smp_affinity_list'"));
}

TEST(IrqMoves, NamesFromOutsideDoNotReachTheTerminal) {
  std::vector<MoveOutcome> outcomes = three();
  outcomes[0].move.row.name = "\x1b[2Jx";
  outcomes[0].move.row.names = {"\x1b[2Jeth"};
  EXPECT_THAT(printed([&](auto& out) { move_table(outcomes, false, out); }),
              Not(HasSubstr("\x1b")));
}

TEST(IrqMoves, TheLineSaysWhatIsNotKnown) {
  const auto outcomes = three();
  EXPECT_EQ(
      printed([&](auto& out) { move_json(outcomes[0], "", out); }),
      R"({"type":"irq_move","irq":56,"name":"virtio2-input.0","user_name":"eth1","queue":null,)"
      R"("asked":"2","written":true,"error":null,"affinity_before":"0-3",)"
      R"("effective_before":"0","affinity":"2","effective":"2",)"
      R"("came":[{"cpu":0,"count":1},{"cpu":2,"count":3}],"waited_ns":0,)"
      R"("undo":"echo 0-3 >/proc/irq/56/smp_affinity_list"})"
      "\n");
  const std::string refused = printed([&](auto& out) { move_json(outcomes[1], "", out); });
  EXPECT_THAT(refused, HasSubstr(R"("written":false,"error":"the kernel does not move IRQ 57)"));
  EXPECT_THAT(refused, HasSubstr(R"("came":null)"));
  EXPECT_THAT(refused, HasSubstr(R"("undo":null)"));
}

}  // namespace
}  // namespace wakepath::present
