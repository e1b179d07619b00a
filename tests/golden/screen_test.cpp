// SPDX-License-Identifier: GPL-2.0-or-later
// Screens without a terminal. Each folder of screen/ has a script, a line a step:
//   stream FILE      a recording or a scenario.txt, from the folder on
//   ascii            the terminal has nothing else
//   target 1ms
//   until 1.5s       shows what happened up to then; without a time: all
//   next             shows the next wake
//   size 200x50
//   keys jj<enter>   see src/screen/key.cpp
//   draw             the cells as text
//   styles           the same with a letter for each style
// and the expected text. WAKEPATH_GOLDEN_UPDATE=1 ./golden_screen writes it anew.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "screen/walk.hpp"
#include "support/scenario.hpp"
#include "util/duration.hpp"
#include "wakepath/sources.hpp"

namespace wakepath::testing {

namespace {

namespace fs = std::filesystem;

std::string read_all(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ScenarioSource final : public RecordSource {
 public:
  explicit ScenarioSource(std::vector<RecordBytes> records) : records_(std::move(records)) {}
  Result<bool> pump(RecordSink& sink) override {
    if (next_ == records_.size()) {
      return false;
    }
    if (auto done = sink.record(*RecordView::at(records_[next_++])); !done) {
      return tl::unexpected(done.error());
    }
    return true;
  }

 private:
  std::vector<RecordBytes> records_;
  std::size_t next_{0};
};

std::unique_ptr<RecordSource> source_of(const fs::path& path) {
  if (path.extension() == ".txt") {
    const auto scenario = Scenario::read(path.string());
    EXPECT_TRUE(scenario) << scenario.error().message;
    return std::make_unique<ScenarioSource>(scenario->records());
  }
  auto source = open_recording(path.string());
  EXPECT_TRUE(source) << source.error().message;
  return source ? std::move(*source) : nullptr;
}

// The script's words, one line after the other.
class Script {
 public:
  explicit Script(fs::path folder) : folder_(std::move(folder)) {}

  std::string run() {
    std::ifstream file(folder_ / "script");
    std::string line;
    while (std::getline(file, line)) {
      std::istringstream words(line);
      std::string word, value;
      words >> word;
      std::getline(words >> std::ws, value);
      if (!word.empty() && word[0] != '#') {
        step(word, value);
      }
    }
    return out_;
  }

 private:
  void step(const std::string& word, const std::string& value) {
    if (word == "stream") {
      source_ = source_of(folder_ / value);
    } else if (word == "ascii") {
      options_.ascii = true;
    } else if (word == "target") {
      options_.target_ns = parse_duration(value).value();
    } else if (word == "until") {
      constexpr std::uint64_t kAll = 1'000'000'000'000;
      EXPECT_TRUE(walk().advance(value.empty() ? kAll : parse_duration(value).value(),
                                 [] { return true; }));
    } else if (word == "next") {
      EXPECT_TRUE(walk().step([] { return true; }));
    } else if (word == "size") {
      std::istringstream size(value);
      char x{};
      size >> size_.columns >> x >> size_.rows;
    } else if (word == "keys") {
      for (const screen::Key& key : screen::keys_of(value)) {
        screen().key(key);
      }
      keys_ += value;
    } else if (word == "draw" || word == "styles") {
      const screen::Cells cells = screen().draw(size_);
      out_ += "== " + std::to_string(size_.columns) + "x" + std::to_string(size_.rows) +
              (keys_.empty() ? "" : " after " + keys_) + "\n" +
              (word == "draw" ? cells.text() : cells.styles());
    } else {
      ADD_FAILURE() << "unknown word " << word;
    }
  }
  screen::Screen& screen() {
    if (!screen_) {
      screen_ = std::make_unique<screen::Screen>(options_);
    }
    return *screen_;
  }
  screen::Walk& walk() {
    if (!walk_) {
      PipelineOptions options;
      walk_ = std::make_unique<screen::Walk>(*source_, screen(), options);
    }
    return *walk_;
  }

  fs::path folder_;
  screen::ScreenOptions options_;
  std::unique_ptr<RecordSource> source_;
  std::unique_ptr<screen::Screen> screen_;
  std::unique_ptr<screen::Walk> walk_;
  screen::Size size_;
  std::string keys_, out_;
};

std::vector<std::string> screens() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(fs::path(WAKEPATH_GOLDEN_DIR) / "screen")) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class ScreenCells : public ::testing::TestWithParam<std::string> {};

TEST_P(ScreenCells, AreAsExpected) {
  const fs::path folder = fs::path(WAKEPATH_GOLDEN_DIR) / "screen" / GetParam();
  const std::string text = Script(folder).run();
  if (std::getenv("WAKEPATH_GOLDEN_UPDATE") != nullptr) {
    std::ofstream(folder / "expected", std::ios::binary) << text;
  }
  EXPECT_FALSE(text.empty());
  EXPECT_EQ(read_all(folder / "expected"), text);
}

INSTANTIATE_TEST_SUITE_P(Screen, ScreenCells, ::testing::ValuesIn(screens()), [](const auto& name) {
  std::string word = name.param;
  std::replace(word.begin(), word.end(), '-', '_');
  return word;
});

}  // namespace

}  // namespace wakepath::testing
