// SPDX-License-Identifier: GPL-2.0-or-later
// A scenario for each rule of explain: causes/RULE.txt, behind causes/prelude.txt. The slowest wake
// of it has this cause before all others. Without the lines marked #key it has not: then the time
// is another's, or nothing explains it.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <optional>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "findings/diagnosis.hpp"
#include "support/scenario.hpp"
#include "wakepath/pipeline.hpp"

namespace wakepath::testing {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kKey = "#key";
constexpr std::string_view kElse = "#else";

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The lines that hold where the rule has its evidence, or where it lacks it.
std::string lines_of(const std::string& text, bool with_evidence) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    const bool left_out = line.ends_with(with_evidence ? kElse : kKey);
    if (!left_out) {
      const std::size_t mark = line.rfind(line.ends_with(kKey) ? kKey : kElse);
      const bool marked = line.ends_with(kKey) || line.ends_with(kElse);
      out.append(line, 0, marked ? mark : line.size()).push_back('\n');
    }
  }
  return out;
}

class Slowest final : public Sink {
 public:
  Result<void> wake(const WakeChain& chain) override {
    if (!wake_ || chain.total_ns() > wake_->total_ns()) {
      wake_ = chain;
    }
    return {};
  }
  Result<void> delivery(const Delivery& delivery) override {
    if (!wake_) {
      wake_.emplace();
      wake_->who = delivery.who;
      wake_->begin_ns = delivery.begin_ns;
      wake_->end_ns = delivery.end_ns;
      wake_->stages = delivery.stages;
    }
    return {};
  }
  Result<void> summary(const Summary& summary) override {
    latency_ = summary.latency;
    return {};
  }
  [[nodiscard]] bool found() const { return wake_.has_value(); }
  [[nodiscard]] const WakeChain& found_wake() const { return *wake_; }
  [[nodiscard]] findings::Diagnosis diagnosis() const {
    return findings::diagnose(*wake_, findings::usual_of(*wake_, latency_));
  }

 private:
  std::optional<WakeChain> wake_;
  std::vector<LatencyRow> latency_;
};

// The first cause of the slowest wake; empty: there is no wake.
std::string first_cause(const std::string& text) {
  const auto scenario = Scenario::parse(text);
  if (!scenario) {
    ADD_FAILURE() << scenario.error().message;
    return "";
  }
  Slowest sink;
  PipelineOptions options;
  options.interval_ns = 0;
  Pipeline pipeline(options, sink);
  EXPECT_TRUE(replay(scenario->records(), pipeline));
  EXPECT_TRUE(pipeline.finish());
  if (!sink.found()) {
    return "";
  }
  const findings::Diagnosis found = sink.diagnosis();
  const std::uint64_t sum = std::accumulate(
      found.causes.begin(), found.causes.end(), std::uint64_t{0},
      [](std::uint64_t so_far, const findings::Cause& cause) { return so_far + cause.ns; });
  EXPECT_EQ(sum, sink.found_wake().total_ns());
  return found.causes.empty() ? "" : std::string(found.causes.front().rule->name);
}

}  // namespace

class Causes : public ::testing::TestWithParam<std::string> {};

TEST_P(Causes, AreFoundByWhatShowsThemAndNotWithoutIt) {
  const fs::path folder = fs::path(WAKEPATH_GOLDEN_DIR) / "causes";
  const std::string prelude = read_text(folder / "prelude.txt");
  const std::string text = read_text(folder / (GetParam() + ".txt"));
  ASSERT_FALSE(text.empty()) << "no scenario shows this rule";
  EXPECT_EQ(first_cause(prelude + lines_of(text, true)), GetParam());
  // What is left over when nothing else explains it needs no evidence.
  const bool has_key = text.find(kKey) != std::string::npos;
  EXPECT_EQ(has_key, GetParam() != "own_code" && GetParam() != "not_known");
  if (has_key) {
    EXPECT_NE(first_cause(prelude + lines_of(text, false)), GetParam());
  }
}

namespace {

std::vector<std::string> rules() {
  std::vector<std::string> names;
  for (const findings::DiagnosisRule& rule : findings::diagnosis_rules()) {
    names.emplace_back(rule.name);
  }
  return names;
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Rules, Causes, ::testing::ValuesIn(rules()),
                         [](const auto& one) { return one.param; });

// A file of no rule tests nothing.
TEST(CauseFiles, AreOfRules) {
  const std::vector<std::string> names = rules();
  for (const auto& entry : fs::directory_iterator(fs::path(WAKEPATH_GOLDEN_DIR) / "causes")) {
    const std::string name = entry.path().stem().string();
    EXPECT_TRUE(name == "prelude" || std::ranges::find(names, name) != names.end()) << name;
  }
}

}  // namespace wakepath::testing
