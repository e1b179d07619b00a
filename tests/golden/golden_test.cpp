// SPDX-License-Identifier: GPL-2.0-or-later
// Replays every case's scenario and compares the output byte for byte. It also checks the rules of
// the output contract on the chains, so that an update can't write down a wrong expectation.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "present/output.hpp"
#include "present/renderer.hpp"
#include "support/recording_sink.hpp"
#include "support/scenario.hpp"
#include "util/fd.hpp"

namespace wakepath::testing {

namespace {

namespace fs = std::filesystem;

bool updating() { return std::getenv("WAKEPATH_GOLDEN_UPDATE") != nullptr; }

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
}

// An output that keeps its text.
class Kept {
 public:
  present::Output& output() { return output_; }
  std::string text() {
    EXPECT_TRUE(output_.flush());
    std::string content(static_cast<std::size_t>(::lseek(file_.get(), 0, SEEK_END)), '\0');
    EXPECT_EQ(::pread(file_.get(), content.data(), content.size(), 0),
              static_cast<ssize_t>(content.size()));
    return content;
  }

 private:
  Fd file_{::memfd_create("kept", MFD_CLOEXEC)};
  present::Output output_{file_.get(), "the test's file"};
};

std::string difference(const fs::path& expected, const std::string& actual) {
  const fs::path there = fs::path(::testing::TempDir()) / ("golden-" + std::to_string(::getpid()));
  write_file(there, actual);
  const std::string command = "diff -u '" + expected.string() + "' '" + there.string() + "'";
  std::string text;
  if (FILE* pipe = ::popen(command.c_str(), "r")) {
    char part[4096];
    while (const std::size_t got = std::fread(part, 1, sizeof(part), pipe)) {
      text.append(part, got);
    }
    ::pclose(pipe);
  }
  fs::remove(there);
  return text;
}

void compare(const fs::path& expected, const std::string& actual) {
  if (updating()) {
    write_file(expected, actual);
  }
  EXPECT_TRUE(read_file(expected) == actual) << difference(expected, actual);
}

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(WAKEPATH_GOLDEN_DIR)) {
    if (fs::exists(entry.path() / "scenario.txt")) {
      names.push_back(entry.path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string printed(const std::vector<RecordBytes>& records, present::Format format) {
  Kept out;
  Kept notices;
  present::RenderOptions options;
  options.source = "dump";
  options.wakes = present::WakeView::steps;
  const auto renderer = present::make_renderer(format, options, out.output(), notices.output());
  Pipeline pipeline({}, *renderer);
  EXPECT_TRUE(replay(records, pipeline));
  EXPECT_TRUE(pipeline.finish());
  return out.text() + notices.text();
}

std::string ndjson(const std::vector<RecordBytes>& records) {
  return printed(records, present::Format::ndjson);
}

std::string wakes(const std::vector<RecordBytes>& records) {
  return printed(records, present::Format::table);
}

class Golden : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const auto scenario = Scenario::read((folder() / "scenario.txt").string());
    ASSERT_TRUE(scenario) << scenario.error().message;
    records_ = scenario->records();
    turned_ = scenario->records(Damage{std::nullopt, Damage::How::told, 1, true});
  }

  static fs::path folder() { return fs::path(WAKEPATH_GOLDEN_DIR) / GetParam(); }

  std::vector<RecordBytes> records_;
  std::vector<RecordBytes> turned_;  // the rings drained in the other order
};

}  // namespace

TEST_P(Golden, NdjsonIsAsExpected) { compare(folder() / "expected.ndjson", ndjson(records_)); }

TEST_P(Golden, WakesAreAnnotatedAsExpected) {
  compare(folder() / "expected-wakes.txt", wakes(records_));
}

TEST_P(Golden, OrderOfDrainingDoesNotMatter) { EXPECT_EQ(ndjson(records_), ndjson(turned_)); }

TEST_P(Golden, ChainsKeepTheRules) {
  const Recording recording = run(records_);
  for (const WakeChain& chain : recording.wakes) {
    EXPECT_EQ(broken_rule(chain), "") << text_of(chain);
  }
  for (const Delivery& delivery : recording.deliveries) {
    EXPECT_EQ(broken_rule(delivery), "");
  }
  ASSERT_EQ(recording.summaries.size(), 1U);
  const Summary& summary = recording.summary();
  EXPECT_EQ(summary.wakes, recording.wakes.size());
  EXPECT_EQ(summary.wakes, summary.complete + summary.incomplete.lossy +
                               summary.incomplete.no_root + summary.incomplete.no_entry +
                               summary.incomplete.cut);
}

INSTANTIATE_TEST_SUITE_P(Cases, Golden, ::testing::ValuesIn(cases()), [](const auto& one) {
  std::string name = one.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace wakepath::testing
