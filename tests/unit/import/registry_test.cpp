// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/registry.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>

#include "dump/dump_format.hpp"
#include "import/text/look.hpp"
#include "support/temporary_directory.hpp"

namespace wakepath::foreign {
namespace {

std::string kind_by(std::string_view first_bytes, std::string_view path) {
  for (const InputKind& kind : input_kinds()) {
    if (kind.recognise(first_bytes, path)) {
      return std::string(kind.name);
    }
  }
  return "none";
}

constexpr std::string_view kTextLine =
    "          <idle>-0       [001] d.h1    10.000001: cpu_idle: state=1 cpu_id=1\n";

TEST(Registry, KnowsEachKindByItsFirstBytes) {
  using namespace std::string_view_literals;
  EXPECT_EQ("recording", kind_by("WAKEPATH\1", "-"));
  EXPECT_EQ("trace.dat", kind_by("\x17\x08\x44tracing6"sv, "-"));
  EXPECT_EQ("perf.data", kind_by("PERFILE2\x68\0\0\0\0\0\0\0"sv, "-"));
  EXPECT_EQ("function_graph text", kind_by("# tracer: function_graph\n", "-"));
  EXPECT_EQ("trace text", kind_by(kTextLine, "-"));
  EXPECT_EQ("none", kind_by("", "-"));
  EXPECT_EQ("none", kind_by("no trace\n", "trace.txt"));
}

TEST(Registry, ARecordingIsOneWithADamagedHeaderToo) {
  std::string damaged(sizeof(dump::FileHeader) + sizeof(dump::kChunkMagic), 'x');
  EXPECT_EQ("none", kind_by(damaged, "-"));
  EXPECT_EQ("recording", kind_by(damaged, "host7.wkp"));
  damaged.replace(sizeof(dump::FileHeader), sizeof(dump::kChunkMagic),
                  reinterpret_cast<const char*>(&dump::kChunkMagic), sizeof(dump::kChunkMagic));
  EXPECT_EQ("recording", kind_by(damaged, "-"));
}

TEST(Registry, EachKindHasANameOfItsOwnAndAWayToOpenIt) {
  std::set<std::string_view> names;
  for (const InputKind& kind : input_kinds()) {
    EXPECT_TRUE(names.insert(kind.name).second) << kind.name;
    EXPECT_NE(nullptr, kind.open) << kind.name;
  }
}

class OpenInput : public ::testing::Test {
 protected:
  [[nodiscard]] std::string file(const std::string& name, std::string_view content) const {
    std::string path = directory_.path() + "/" + name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

 private:
  testing::TemporaryDirectory directory_;
};

TEST_F(OpenInput, OpensATraceAndRefusesItAsARecording) {
  const std::string path = file("trace.txt", kTextLine);
  const auto input = open_input(path);
  ASSERT_TRUE(input) << input.error().message;
  EXPECT_EQ("trace text", (*input)->kind());
  EXPECT_FALSE((*input)->is_recording());
  EXPECT_TRUE(open_trace(path));
  const auto refused = open_recording(path);
  ASSERT_FALSE(refused);
  EXPECT_EQ(ErrorKind::bad_input, refused.error().kind);
  const auto calls = open_calls(open_given_files(path).value());
  ASSERT_TRUE(calls);
  EXPECT_EQ(nullptr, *calls);
}

TEST_F(OpenInput, SaysWhyItOpensNothing) {
  const auto why = [](const std::string& path) {
    const auto input = open_input(path);
    EXPECT_FALSE(input);
    return input ? "" : input.error().message;
  };
  EXPECT_NE(std::string::npos, why(file("empty", "")).find(" is empty"));
  EXPECT_NE(std::string::npos, why(file("packed", "\x1f\x8b\x08")).find("packed is "));
  EXPECT_NE(std::string::npos, why(file("x.wkp", "hello")).find(" is not a wakepath dump"));
  EXPECT_NE(std::string::npos, why("/nowhere/x.wkp").find("No such file"));
}

}  // namespace
}  // namespace wakepath::foreign
