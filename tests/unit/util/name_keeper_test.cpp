// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/name_keeper.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <unistd.h>

#include "support/in_child.hpp"
#include "support/temporary_directory.hpp"
#include "util/output_file.hpp"

namespace wakepath {
namespace {

using Kind = OutputFile::Kind;

class NameKeeperTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const {
    return directory_.path() + "/" + name;
  }
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
  }
  // "out.old=old out=new"
  [[nodiscard]] std::string files() const {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      std::ifstream in(entry.path());
      all.push_back(entry.path().filename().string() + "=" +
                    std::string{std::istreambuf_iterator<char>(in), {}});
    }
    std::ranges::sort(all);
    std::string text;
    for (const std::string& one : all) {
      text += (text.empty() ? "" : " ") + one;
    }
    return text;
  }
  // In a process that gave up the right to name files here: root becomes somebody else. Then
  // `work`.
  template <typename Work>
  std::optional<int> write_out(Kind kind, bool force, Work work) const {
    return testing::exit_code_in_child([&] {
      auto file = OutputFile::create({path("out"), force}, kind);
      if (!file || !file->keep_rights_for_names([] {}) ||
          (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) ||
          !file->append(std::as_bytes(std::span("new", 3)))) {
        return 9;
      }
      return work(*file);
    });
  }

 private:
  testing::TemporaryDirectory directory_;
};

int finish(OutputFile& file) { return file.finish() ? 0 : 1; }

TEST_F(NameKeeperTest, FilesGetTheirNames) {
  EXPECT_EQ(0, write_out(Kind::whole, false, finish));
  EXPECT_EQ("out=new", files());
  for (const Kind kind : {Kind::whole, Kind::growing}) {
    put("out", "old");
    EXPECT_EQ(0, write_out(kind, true, finish));
    EXPECT_EQ("out=new", files());
  }
}

TEST_F(NameKeeperTest, WhatIsNotWantedLeavesNothing) {
  put("out", "old");
  for (const Kind kind : {Kind::whole, Kind::growing}) {
    EXPECT_EQ(0, write_out(kind, true, [](OutputFile& file) {
                file.discard();
                return 0;
              }));
    EXPECT_EQ("out=old", files());
  }
}

// Somebody else took the name meanwhile.
TEST_F(NameKeeperTest, ItsErrorIsToldToWhoAsked) {
  std::filesystem::permissions(path(""), std::filesystem::perms::all);
  EXPECT_EQ(0, write_out(Kind::whole, false, [this](OutputFile& file) {
              put("out", "other");
              const auto done = file.finish();
              return !done && done.error().kind == ErrorKind::bad_output &&
                             done.error().message.find("--force") != std::string::npos
                         ? 0
                         : 1;
            }));
  EXPECT_EQ("out=other", files());
}

// As after kill -9.
TEST_F(NameKeeperTest, ADeathLeavesWhatIsWorthSomething) {
  const auto die = [](OutputFile& /*file*/) { return ::raise(SIGKILL); };
  put("out", "old");
  EXPECT_EQ(std::nullopt, write_out(Kind::whole, true, die));
  for (int tries = 0; tries < 200 && files() != "out=old"; ++tries) {
    ::usleep(10'000);
  }
  EXPECT_EQ("out=old", files());
  EXPECT_EQ(std::nullopt, write_out(Kind::growing, true, die));
  EXPECT_EQ("out.old=old out=new", files());
}

}  // namespace
}  // namespace wakepath
