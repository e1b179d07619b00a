// SPDX-License-Identifier: GPL-2.0-or-later
#include "interrupts/irq_move.hpp"

#include <gmock/gmock.h>

#include <cerrno>

namespace wakepath::interrupts {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

CpuSet cpus(const char* list) { return CpuSet::parse(list).value(); }

// CPUs 0 to 3 of which 3 is offline, and room for eight.
host::Cpus some_cpus() {
  host::Cpus host;
  host.possible = 8;
  host.online = cpus("0-2");
  return host;
}

IrqRow row(std::uint32_t irq, const char* name, const char* queue = "") {
  IrqRow row;
  row.label = std::to_string(irq);
  row.number = irq;
  row.name = name;
  row.queue = queue;
  row.pci = "0000:04:00.0";
  row.names = {"eth1"};
  row.affinity = "0-3";
  row.effective = "0";
  return row;
}

MoveWanted one(const char* irq, const char* list) {
  MoveWanted wanted;
  wanted.irq = irq;
  wanted.cpus = cpus(list);
  return wanted;
}

MoveWanted device(const char* name, const char* list, bool spread) {
  MoveWanted wanted;
  wanted.device = name;
  wanted.cpus = cpus(list);
  wanted.spread = spread;
  return wanted;
}

Result<std::vector<IrqMove>> planned(std::vector<IrqRow> rows, const MoveWanted& wanted) {
  IrqReport report;
  report.rows = std::move(rows);
  return plan_moves(std::move(report), wanted, some_cpus());
}

std::vector<std::string> written(const Result<std::vector<IrqMove>>& moves) {
  std::vector<std::string> all;
  if (moves) {
    for (const IrqMove& move : *moves) {
      all.push_back(move.row.label + ":" + move.cpus.text());
    }
  } else {
    all.push_back(moves.error().message);
  }
  return all;
}

TEST(PlanMoves, OneGetsTheWholeList) {
  EXPECT_THAT(written(planned({row(57, "a"), row(58, "b")}, one("57", "0,2"))),
              ElementsAre("57:0,2"));
}

TEST(PlanMoves, ADevicesAllGetTheWholeList) {
  IrqRow other = row(60, "other");
  other.pci = "0000:05:00.0";
  other.names = {"eth2"};
  EXPECT_THAT(written(planned({row(57, "a"), row(58, "b"), other}, device("eth1", "1-2", false))),
              ElementsAre("57:1-2", "58:1-2"));
}

TEST(PlanMoves, SpreadsQueuesOfOneKindInTurnAndLeavesTheRestOnTheFirst) {
  const auto moves =
      planned({row(56, "virtio2-config", "config"), row(57, "virtio2-input.0", "input.0"),
               row(58, "virtio2-output.0", "output.0"), row(59, "virtio2-input.1", "input.1"),
               row(60, "virtio2-output.1", "output.1"), row(61, "virtio2-input.2", "input.2"),
               row(62, "virtio2-output.2", "output.2")},
              device("eth1", "1-2", true));
  EXPECT_THAT(written(moves), ElementsAre("56:1", "57:1", "58:1", "59:2", "60:2", "61:1", "62:1"));
}

TEST(PlanMoves, SpreadsQueuesWithoutNumbersToo) {
  EXPECT_THAT(written(planned(
                  {row(29, "virtio2-control", "control"), row(30, "virtio2-event", "event"),
                   row(31, "virtio2-request", "request"), row(32, "virtio2-request", "request")},
                  device("eth1", "0,2", true))),
              ElementsAre("29:0", "30:0", "31:0", "32:2"));
}

TEST(PlanMoves, AnAdminQueueIsNone) {
  EXPECT_THAT(
      written(planned({row(40, "nvme0q0", "0"), row(41, "nvme0q1", "1"), row(42, "nvme0q2", "2"),
                       row(43, "mlx5_async0@pci:x", "async0"), row(44, "mlx5_comp0@pci:x", "comp0"),
                       row(45, "mlx5_comp1@pci:x", "comp1")},
                      device("eth1", "1-2", true))),
      ElementsAre("40:1", "41:1", "42:2", "43:1", "44:1", "45:2"));
}

TEST(PlanMoves, WhereNoQueueIsNamedAllAreTakenInTurn) {
  EXPECT_THAT(
      written(planned({row(40, "vfio-msix[0]"), row(41, "vfio-msix[1]"), row(42, "vfio-msix[2]")},
                      device("eth1", "0-1", true))),
      ElementsAre("40:0", "41:1", "42:0"));
}

TEST(PlanMoves, RefusesWhatIsNotThere) {
  for (const MoveWanted& wanted :
       {one("99", "0"), device("eth9", "0", false), one("57", "8"), one("57", "")}) {
    const auto moves = planned({row(57, "a")}, wanted);
    ASSERT_FALSE(moves);
    EXPECT_EQ(moves.error().kind, ErrorKind::usage) << moves.error().message;
  }
  EXPECT_THAT(planned({row(57, "a")}, one("57", "8")).error().message, HasSubstr("no CPU 8"));
}

TEST(PlanMoves, RefusesAnOfflineCpuThatTheKernelWouldLeaveOut) {
  const auto moves = planned({row(57, "a")}, one("57", "2-3"));
  ASSERT_FALSE(moves);
  EXPECT_EQ(moves.error().kind, ErrorKind::usage);
  EXPECT_THAT(moves.error().message, HasSubstr("CPU 3 is offline"));
  EXPECT_THAT(moves.error().fix, HasSubstr("/sys/devices/system/cpu/cpu3/online"));
}

TEST(PlanMoves, RefusesWhatNobodyCanMove) {
  std::vector<IrqRow> rows(5, row(57, "a"));
  rows[0].kind = IrqRow::Kind::ipi;
  rows[1].kind = IrqRow::Kind::per_cpu;
  rows[2].kind = IrqRow::Kind::error;
  rows[3].managed = true;
  rows[4].movable = false;
  std::vector<std::string> messages;
  for (const IrqRow& refused : rows) {
    const auto moves = planned({refused}, one("57", "0"));
    ASSERT_FALSE(moves);
    EXPECT_EQ(moves.error().kind, ErrorKind::unsupported);
    EXPECT_EQ(std::ranges::count(messages, moves.error().message), 0);  // each has its own reason
    messages.push_back(moves.error().message);
  }
}

TEST(PlanMoves, OneThatCantBeMovedStopsItsWholeDevice) {
  std::vector<IrqRow> rows{row(57, "a"), row(58, "b")};
  rows[1].managed = true;
  EXPECT_THAT(planned(rows, device("eth1", "0", false)).error().message,
              HasSubstr("IRQ 58 (b) can't be moved"));
}

TEST(PlanMoves, RefusesWhereTheWayBackIsNotKnown) {
  std::vector<IrqRow> rows{row(57, "a")};
  rows[0].affinity.clear();
  EXPECT_EQ(planned(rows, one("57", "0")).error().kind, ErrorKind::bad_input);
}

TEST(Refused, SaysWhatTheErrnoMeansAndWhatHelps) {
  const IrqRow moved = row(57, "a");
  const Error denied = open_refused(moved, EACCES, "wakepath irqs move 57 --cpu 2");
  EXPECT_EQ(denied.kind, ErrorKind::not_permitted);
  EXPECT_EQ(denied.fix, "sudo wakepath irqs move 57 --cpu 2");
  EXPECT_EQ(open_refused(moved, EROFS, "").kind, ErrorKind::not_permitted);
  EXPECT_EQ(open_refused(moved, ENOENT, "").kind, ErrorKind::usage);
  EXPECT_EQ(open_refused(moved, ELOOP, "").kind, ErrorKind::unsupported);
  for (const int error : {EIO, EPERM}) {
    EXPECT_EQ(write_refused(moved, error).kind, ErrorKind::unsupported);
    EXPECT_THAT(write_refused(moved, error).message, HasSubstr("does not say which"));
  }
  EXPECT_THAT(write_refused(moved, EINVAL).message, HasSubstr("none of these CPUs"));
  EXPECT_THAT(write_refused(moved, ENOSPC).message, HasSubstr("vector"));
}

TEST(CameSince, IsWhatGrewAndNothingThatFell) {
  using Counts = std::vector<host::CpuCount>;
  EXPECT_EQ(came_since(Counts{{0, 5}, {1, 7}}, Counts{{0, 5}, {1, 9}, {3, 2}}),
            (Counts{{1, 2}, {3, 2}}));
  EXPECT_EQ(came_since(Counts{{0, 5}}, Counts{{0, 4}}), Counts{});
  EXPECT_FALSE(came_since(std::nullopt, Counts{}));
  EXPECT_FALSE(came_since(Counts{}, std::nullopt));
}

MoveOutcome moved(const char* affinity, const char* effective,
                  std::optional<std::vector<host::CpuCount>> came) {
  MoveOutcome outcome;
  outcome.move = {row(57, "a"), cpus("1-2")};
  outcome.written = true;
  outcome.affinity = affinity;
  outcome.effective = effective;
  outcome.came = std::move(came);
  return outcome;
}

TEST(Judge, ContentWhereItGoesAndComesAsAsked) {
  using Counts = std::vector<host::CpuCount>;
  for (const MoveOutcome& good :
       {moved("1-2", "2", Counts{{2, 3}}), moved("1-2", "1", Counts{}),
        moved("1-2", "1-2", std::nullopt), moved("1-2", "", Counts{{1, 1}}),
        moved("1-2", "1", Counts{{0, 1}, {1, 1}})}) {
    EXPECT_FALSE(judge(good).wrong);
    EXPECT_EQ(judge(good).text, "");
  }
  EXPECT_TRUE(came_as_asked(moved("1-2", "1", Counts{{0, 1}, {1, 1}})));
  EXPECT_FALSE(came_as_asked(moved("1-2", "1", Counts{{0, 1}})));
  EXPECT_FALSE(came_as_asked(moved("1-2", "1", std::nullopt)));
}

TEST(Judge, SaysWhereTheKernelKeptOrChoseSomethingElse) {
  using Counts = std::vector<host::CpuCount>;
  for (const MoveOutcome& bad :
       {moved("0-3", "0", Counts{}), moved("", "0", Counts{}), moved("1-2", "0", Counts{{0, 4}}),
        moved("1-2", "1", Counts{{0, 4}}), moved("1-2", "", Counts{{0, 1}})}) {
    EXPECT_TRUE(judge(bad).wrong);
    EXPECT_NE(judge(bad).text, "");
  }
}

TEST(Judge, AControllerMayMoveItOnlyWhenItComes) {
  using Counts = std::vector<host::CpuCount>;
  const MoveJudgement pending = judge(moved("1-2", "0", Counts{}));
  EXPECT_FALSE(pending.wrong);
  EXPECT_THAT(pending.text, HasSubstr("still goes to CPU 0"));
  const MoveJudgement with_it = judge(moved("1-2", "1", Counts{{0, 1}}));
  EXPECT_FALSE(with_it.wrong);
  EXPECT_THAT(with_it.text, HasSubstr("came to 0"));
}

TEST(Judge, HasNothingToSayOfWhatWasNotWritten) {
  MoveOutcome refused = moved("0-3", "0", std::nullopt);
  refused.written = false;
  EXPECT_FALSE(judge(refused).wrong);
}

}  // namespace
}  // namespace wakepath::interrupts
