// SPDX-License-Identifier: GPL-2.0-or-later
// Records of real recordings are dropped, doubled, delayed and put out of order, thousands of
// times. No chain that calls itself complete may then differ from the undamaged run, and each loss
// must be reported.
//
// Each run has a seed of its own, which a failure prints: WAKEPATH_DAMAGE_SEED=N runs that one
// alone, WAKEPATH_DAMAGE_RUNS=N so many of each kind. WAKEPATH_DAMAGE_RECORDINGS=DIR:
// the recordings below DIR in place of the golden ones.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/chain_match.hpp"
#include "support/damaged_stream.hpp"

namespace wakepath::testing {

namespace {

namespace fs = std::filesystem;
using How = StreamDamage::How;

std::vector<std::string> recordings() {
  std::vector<std::string> found;
  const char* other = std::getenv("WAKEPATH_DAMAGE_RECORDINGS");
  for (const auto& entry :
       fs::recursive_directory_iterator(other == nullptr ? WAKEPATH_GOLDEN_DIR : other)) {
    // Damage done to what is damaged already says nothing.
    const bool whole = entry.path().parent_path().filename() != "damaged_records";
    if (whole && entry.path().extension() == ".wkp") {
      found.push_back(entry.path().string());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

bool in(const WakeChain& chain, const std::optional<Gap>& gap) {
  return gap && chain.begin_ns <= gap->end_ns && chain.end_ns >= gap->begin_ns;
}

class DamagedRecording : public ::testing::TestWithParam<std::string> {
 protected:
  struct Run {
    std::uint32_t seed{};
    StreamDamage damage;
    Recording recording;
    std::size_t complete{0};

    [[nodiscard]] const Summary& summary() const { return recording.summary(); }
    [[nodiscard]] std::string what() const {
      return fmt::format("WAKEPATH_DAMAGE_SEED={}\n{}", seed, damage.done);
    }
  };

  void SetUp() override { ASSERT_FALSE(sound_.complete().empty()); }

  // Calls judge(Run) for each run, after its own check of chains that call themselves complete.
  // `salt` gives each test runs of its own.
  template <typename Damaging, typename Judge>
  void runs(std::uint32_t salt, Damaging damaging, Judge judge) {
    const std::uint32_t only = number_from("WAKEPATH_DAMAGE_SEED", 0);
    const std::uint32_t end = salt + damage_runs();
    for (std::uint32_t seed = salt; seed < end && !HasFailure(); ++seed) {
      if (only != 0 && seed != only) {
        continue;
      }
      Run run;
      run.seed = seed;
      run.damage.order = stream_.whole();
      std::mt19937 random(seed);
      damaging(run.damage, random);
      run.recording = stream_.replay(run.damage.order);
      judge_chains(run);
      judge(run);
    }
  }

  void judge_chains(Run& run) const {
    bool names = false;
    for (const std::size_t record : run.damage.touched) {
      names = names || stream_.at(record).type() == WP_RECORD_FACT;
    }
    for (const WakeChain& chain : run.recording.wakes) {
      ASSERT_EQ(broken_rule(chain), "") << run.what() << text_of(chain);
      if (chain.complete()) {
        ++run.complete;
        ASSERT_EQ(sound_.difference(chain, names ? SoundChains::Names::may_be_unknown
                                                 : SoundChains::Names::known),
                  "")
            << run.what() << text_of(chain);
      }
    }
    for (const Delivery& delivery : run.recording.deliveries) {
      const bool complete =
          !delivery.flags.has(Flag::lossy) && !delivery.flags.has(Flag::missed_program);
      if (complete && !names) {
        ASSERT_EQ(difference(delivery, whole_.deliveries), "") << run.what();
      }
    }
  }

  RecordedStream stream_{RecordedStream::of_dump(GetParam())};
  Recording whole_{stream_.replay(stream_.whole())};
  SoundChains sound_{whole_.wakes};
};

}  // namespace

// Outside the gap of one lost record at least 99 % of the chains stay complete and unchanged. Not
// all of them: a chain may depend on more than its own time. On PREEMPT_RT a softirq depends on the
// one before.
TEST_P(DamagedRecording, OneRecordGone) {
  std::size_t outside = 0;
  std::size_t kept = 0;
  std::size_t worst = 0;
  std::size_t runs_done = 0;
  runs(
      1'000'000,
      [&](StreamDamage& damage, auto& random) { damage.apply(stream_, How::drop, random); },
      [&](const Run& run) {
        const std::size_t gone = run.damage.touched.front();
        EXPECT_EQ(run.summary().lost, whole_.summary().lost + stream_.events_in(gone))
            << run.what();
        EXPECT_EQ(run.summary().late, whole_.summary().late) << run.what();
        const auto gap = stream_.gap_of(gone);
        std::size_t here = 0;
        std::size_t here_kept = 0;
        for (const WakeChain& chain : sound_.complete()) {
          here += in(chain, gap) ? 0U : 1U;
        }
        for (const WakeChain& chain : run.recording.wakes) {
          here_kept += chain.complete() && !in(chain, gap) ? 1U : 0U;
        }
        ASSERT_LE(here_kept, here) << run.what();
        outside += here;
        kept += here_kept;
        worst = std::max(worst, here - here_kept);
        ++runs_done;
      });
  std::cout << fmt::format(
      "{} records gone, one at a time, of {}: {} of {} chains outside the gap complete and "
      "identical ({:.3f} %), {} fewer at worst\n",
      runs_done, stream_.size(), kept, outside,
      100.0 * static_cast<double>(kept) / static_cast<double>(outside), worst);
  EXPECT_GE(static_cast<double>(kept), 0.99 * static_cast<double>(outside));
}

// A record that comes twice counts once, and changes nothing.
TEST_P(DamagedRecording, RecordsThatComeTwice) {
  runs(
      2'000'000,
      [&](StreamDamage& damage, auto& random) {
        for (auto times = 1 + random() % 4; times != 0; --times) {
          damage.apply(stream_, How::duplicate, random);
        }
      },
      [&](const Run& run) {
        std::size_t again = 0;
        for (const std::size_t record : run.damage.touched) {
          again += stream_.events_in(record);
        }
        EXPECT_EQ(run.summary().duplicates, again) << run.what();
        EXPECT_EQ(run.summary().events, whole_.summary().events) << run.what();
        EXPECT_EQ(run.summary().lost, whole_.summary().lost) << run.what();
        EXPECT_EQ(run.complete, sound_.complete().size()) << run.what();
      });
}

TEST_P(DamagedRecording, RecordsThatComeLate) {
  runs(
      3'000'000,
      [&](StreamDamage& damage, auto& random) { damage.apply(stream_, How::delay, random); },
      [&](const Run& run) {
        EXPECT_EQ(run.summary().lost, whole_.summary().lost) << run.what();
        EXPECT_EQ(run.summary().events, whole_.summary().events) << run.what();
        EXPECT_LE(run.summary().late,
                  whole_.summary().late + stream_.events_in(run.damage.touched[0]))
            << run.what();
      });
}

TEST_P(DamagedRecording, RecordsThatChangePlaces) {
  runs(
      4'000'000,
      [&](StreamDamage& damage, auto& random) {
        for (auto times = 1 + random() % 4; times != 0; --times) {
          damage.apply(stream_, How::swap, random);
        }
      },
      [&](const Run& run) {
        EXPECT_EQ(run.summary().lost, whole_.summary().lost) << run.what();
        EXPECT_EQ(run.summary().events, whole_.summary().events) << run.what();
      });
}

TEST_P(DamagedRecording, AllOfItAtOnce) {
  runs(
      5'000'000,
      [&](StreamDamage& damage, auto& random) {
        for (auto times = 2 + random() % 7; times != 0; --times) {
          damage.apply(stream_, static_cast<How>(random() % 4), random);
        }
      },
      [](const Run&) {});
}

INSTANTIATE_TEST_SUITE_P(Recordings, DamagedRecording, ::testing::ValuesIn(recordings()),
                         [](const auto& one) {
                           const fs::path path(one.param);
                           std::string name =
                               path.parent_path().stem().string() + "_" + path.stem().string();
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace wakepath::testing
