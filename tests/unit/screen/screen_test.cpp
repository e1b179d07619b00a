// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/screen.hpp"

#include <gtest/gtest.h>

#include "made_wakes.hpp"
#include "screen/draw.hpp"

namespace wakepath::screen {

using testing::kBeginNs;
using testing::Made;
using testing::made_header;
using testing::made_wake;

namespace {

class ScreenTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(screen_.model().header(made_header())); }
  void wake(const Made& made) { ASSERT_TRUE(screen_.model().wake(made_wake(made))); }
  void press(std::string_view keys) {
    for (const Key& key : keys_of(keys)) {
      wish_ = screen_.key(key);
    }
  }
  std::string line(std::size_t row) {
    std::string text = screen_.draw({80, 24}).text();
    for (; row != 0; --row) {
      text.erase(0, text.find('\n') + 1);
    }
    return text.substr(0, text.find('\n'));
  }
  bool shows(const std::string& part) {
    return screen_.draw({80, 24}).text().find(part) != std::string::npos;
  }

  Screen screen_{{}};
  Wish wish_{};
};

}  // namespace

TEST_F(ScreenTest, PutsTheWorstFirstAndSaysWhoHadTheTime) {
  wake({"calm", 0, kBeginNs + 100'000'000});
  wake({"slow", 1, kBeginNs + 100'000'000, 4'000'000, 5, 3'000'000});
  EXPECT_EQ(line(1), "SLOW 1 of 2 VMs over 200us   worst slow:1  max 4.0ms   75% hog");
  EXPECT_EQ(line(4).substr(0, 7), ">slow  ");
  EXPECT_NE(line(4).find("4.0ms    100% "), std::string::npos) << line(4);
  EXPECT_NE(line(4).find("hog"), std::string::npos) << line(4);
  EXPECT_EQ(line(5).substr(0, 7), " calm  ");
  EXPECT_TRUE(shows("who  75% hog (tid 178, nice 0)"));
}

TEST_F(ScreenTest, KeepsTheChosenRowWhereverItMoves) {
  wake({"a", 0, kBeginNs + 1'000'000, 50'000});
  wake({"b", 1, kBeginNs + 2'000'000, 40'000});
  press("<down>");
  EXPECT_EQ(line(5).substr(0, 2), ">b");
  wake({"b", 1, kBeginNs + 3'000'000, 90'000});
  EXPECT_EQ(line(4).substr(0, 2), ">b");
  press("<home>");  // the worst, whichever that is
  wake({"a", 0, kBeginNs + 4'000'000, 190'000});
  EXPECT_EQ(line(4).substr(0, 2), ">a");
}

TEST_F(ScreenTest, OpensFromVmToStepsAndGoesBack) {
  wake({"web", 7, kBeginNs + 1'000'000, 50'000});
  press("v<enter>");
  EXPECT_EQ(line(3).substr(0, 4), " VM ");
  press("<enter>");
  EXPECT_EQ(line(3).substr(0, 5), " path");
  press("<enter>");
  EXPECT_EQ(line(3).substr(0, 8), " slowest");
  press("<enter>");
  EXPECT_TRUE(shows("irq_entry"));
  EXPECT_NE(line(3).find("web vCPU 7"), std::string::npos);
  press("<esc><esc><esc><esc><esc>");
  EXPECT_EQ(line(3).substr(0, 4), " VM ");
}

TEST_F(ScreenTest, FiltersWhileOneTypes) {
  wake({"web", 0, kBeginNs + 1'000'000});
  wake({"db", 1, kBeginNs + 1'000'000});
  press("/DB");
  EXPECT_EQ(line(4).substr(0, 3), ">db");
  EXPECT_EQ(line(5), "");
  EXPECT_EQ(line(23).substr(0, 10), "filter: DB");
  press("x");
  EXPECT_TRUE(shows("nothing matches the filter"));
  press("<esc>");
  EXPECT_EQ(line(5).substr(0, 4), " web");
  press("/db<enter>q");
  EXPECT_EQ(wish_, Wish::quit);
}

TEST_F(ScreenTest, CountsSlowWakesAnewForAnotherTarget) {
  wake({"web", 0, kBeginNs + 1'000'000, 300'000});
  EXPECT_TRUE(shows("1 slow of 1 wake"));
  press("t1ms<enter>");
  EXPECT_TRUE(shows("0 slow of 0 wakes"));
  EXPECT_NE(line(3).find(">1ms"), std::string::npos);
  wake({"web", 0, kBeginNs + 2'000'000, 3'000'000});
  EXPECT_TRUE(shows("1 slow of 1 wake"));
  press("tten<enter>");
  EXPECT_EQ(line(23), "no time: ten; write it as 200us or 1.5ms");
}

TEST_F(ScreenTest, CountsWhatComesWhileItIsPaused) {
  wake({"web", 0, kBeginNs + 1'000'000, 300'000});
  press(" ");
  wake({"web", 0, kBeginNs + 2'000'000, 900'000});
  EXPECT_EQ(line(1).substr(0, 35), "PAUSED 1 wake meanwhile, not counte");
  EXPECT_TRUE(shows("1 slow of 1 wake"));
  press(" ");
  wake({"web", 0, kBeginNs + 3'000'000, 900'000});
  EXPECT_TRUE(shows("2 slow of 2 wakes"));
  press("z");
  EXPECT_TRUE(shows("no wakes yet"));
}

TEST_F(ScreenTest, TellsVmsOfOneNameApart) {
  WakeChain one = made_wake({"web", 0, kBeginNs + 1'000'000});
  WakeChain other = made_wake({"web", 0, kBeginNs + 1'000'000});
  other.who.vm_pid = 96;
  other.who.tid = 2000;
  ASSERT_TRUE(screen_.model().wake(one));
  ASSERT_TRUE(screen_.model().wake(other));
  EXPECT_TRUE(shows("web (pid 95)"));
  EXPECT_TRUE(shows("web (pid 96)"));
}

TEST_F(ScreenTest, ShowsLossAndTheRecorder) {
  ASSERT_TRUE(screen_.model().loss({3, {}, {}, 17}));
  wake({"web", 0, kBeginNs + 1'000'000});
  EXPECT_NE(line(0).find("lost 17"), std::string::npos);
  EXPECT_EQ(line(1).substr(0, 4), "LOST");
  screen_.model().set_recorder({3, (38U << 20U) + 1'234, 1U << 30U});
  EXPECT_NE(line(0).find("rec 3: 38M of 1G"), std::string::npos) << line(0);
}

TEST(ShortCulprit, TellsTheFreezerFromALimit) {
  BlameRow row;
  row.kind = BlameKind::limit;
  row.what = "real-time throttling";
  EXPECT_EQ(short_culprit(row), "CPU limit");
  row.what = "freezer";
  EXPECT_EQ(short_culprit(row), "freezer");
}

TEST_F(ScreenTest, DoesNotPutTotalsOfDifferentKindsTogether) {
  for (int i = 0; i < 3; ++i) {
    wake({"web", 0, kBeginNs + 1'000'000, 300'000});
  }
  WakeChain other = made_wake({"web", 0, kBeginNs + 1'000'000, 9'000'000});
  other.flags.set(Flag::no_expiry);
  ASSERT_TRUE(screen_.model().wake(other));
  EXPECT_TRUE(shows("3 slow of 3 wakes"));
  EXPECT_EQ(screen_.model().of_other_kinds(), 1U);
}

TEST_F(ScreenTest, HasBoundsWhateverTheStreamHolds) {
  for (std::uint32_t i = 0; i < Model::kMostGroups + 500; ++i) {
    wake({"vm" + std::to_string(i), i, kBeginNs + std::uint64_t{1'000} * i, 20'000 + i, i});
  }
  EXPECT_EQ(screen_.model().groups().size(), Model::kMostGroups);
  EXPECT_EQ(screen_.model().left_out(), 500U);
  EXPECT_EQ(screen_.model().cpus().size(), Model::kMostNumbers);
  EXPECT_EQ(screen_.model().slowest().size(), Model::kMostSlowest);
  EXPECT_EQ(screen_.model().slowest().front()->total_ns(), 20'000 + Model::kMostGroups + 499);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(screen_.model().notice("again"));
  }
  EXPECT_EQ(screen_.model().notices().size(), Model::kMostNotices);
}

TEST_F(ScreenTest, ScrollsToTheChosenRow) {
  for (std::uint32_t i = 0; i < 40; ++i) {
    wake({"vm" + std::to_string(i), i, kBeginNs + 1'000'000, 100'000 - i * 1000});
  }
  press("<end>");
  EXPECT_EQ(line(10).substr(0, 5), ">vm39");
  press("<pgup>");
  EXPECT_EQ(line(4).substr(0, 5), ">vm32");
  screen_.key({KeyKind::click, 0, {6, 3}});
  EXPECT_EQ(line(6).substr(0, 5), ">vm34");
}

TEST_F(ScreenTest, AsksForWhatIsNotItsOwn) {
  press("r");
  EXPECT_EQ(wish_, Wish::record);
  press("G");
  EXPECT_EQ(wish_, Wish::to_end);
  screen_.set_playback({true, false, 2, 1'500'000'000});
  press(" ");
  EXPECT_EQ(wish_, Wish::play);
  EXPECT_NE(line(0).find("x2 at 1.50s"), std::string::npos) << line(0);
}

}  // namespace wakepath::screen
