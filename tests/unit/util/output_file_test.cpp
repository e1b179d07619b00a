// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/output_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/in_child.hpp"
#include "support/temporary_directory.hpp"

namespace wakepath {
namespace {

using Kind = OutputFile::Kind;

class OutputFileTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name = "out") const {
    return directory_.path() + "/" + name;
  }
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
  }
  [[nodiscard]] std::string text(const std::string& name = "out") const {
    std::ifstream in(path(name));
    return in ? std::string{std::istreambuf_iterator<char>(in), {}} : "(none)";
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      all.push_back(entry.path().filename());
    }
    std::ranges::sort(all);
    return all;
  }
  [[nodiscard]] Error refusal(const OutputPlan& plan, Kind kind = Kind::whole) const {
    const auto file = OutputFile::create(plan, kind);
    EXPECT_FALSE(file);
    EXPECT_EQ(check_output(plan).has_value(), file.has_value());
    return file ? Error{} : file.error();
  }

 private:
  testing::TemporaryDirectory directory_;
};

OutputFile::Piece bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

TEST_F(OutputFileTest, AWholeOneStandsThereWhenItIsWhole) {
  auto file = OutputFile::create({path()}, Kind::whole).value();
  ASSERT_TRUE(file.append(bytes_of("hollo")));
  ASSERT_TRUE(file.replace(1, bytes_of("e")));
  EXPECT_EQ(text(), "(none)");
  ASSERT_TRUE(file.finish());
  EXPECT_EQ(text(), "hello");
  EXPECT_EQ(names(), std::vector<std::string>{"out"});
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(OutputFileTest, AWholeOneThatIsNotFinishedLeavesNothing) {
  put("out", "old");
  for (const bool force : {false, true}) {
    auto file = OutputFile::create({path(force ? "out" : "new"), force}, Kind::whole).value();
    ASSERT_TRUE(file.append(bytes_of("new")));
  }
  EXPECT_EQ(text(), "old");
  EXPECT_EQ(names(), std::vector<std::string>{"out"});
}

TEST_F(OutputFileTest, WhatIsThereIsKept) {
  put("out", "old");
  ASSERT_EQ(::symlink("out", path("link").c_str()), 0);
  for (const Kind kind : {Kind::whole, Kind::growing}) {
    for (const char* const name : {"out", "link"}) {
      const Error error = refusal({path(name)}, kind);
      EXPECT_EQ(error.kind, ErrorKind::bad_output);
      EXPECT_EQ(error.message, path(name) + " is there already, and is kept: --force replaces it");
    }
  }
  // It came meanwhile.
  auto late = OutputFile::create({path("late")}, Kind::whole).value();
  ASSERT_TRUE(late.append(bytes_of("new")));
  put("late", "other");
  const auto done = late.finish();
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("--force"), std::string::npos);
  EXPECT_EQ(text("late"), "other");
}

TEST_F(OutputFileTest, ForceReplacesAtTheEnd) {
  put("out", "old");
  ASSERT_EQ(::symlink("out", path("link").c_str()), 0);
  auto file = OutputFile::create({path("link"), true}, Kind::whole).value();
  ASSERT_TRUE(file.append(bytes_of("new")));
  EXPECT_EQ(text(), "old");
  ASSERT_TRUE(file.finish());
  EXPECT_EQ(text(), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(path("link")));
  EXPECT_EQ(names(), (std::vector<std::string>{"link", "out"}));
}

TEST_F(OutputFileTest, AGrowingOneStandsThereFromTheBeginOn) {
  put("out", "old");
  {
    auto file = OutputFile::create({path(), true}, Kind::growing).value();
    ASSERT_TRUE(file.append(bytes_of("new")));
    EXPECT_EQ(text(), "new");
    EXPECT_EQ(text("out.old"), "old");
    EXPECT_EQ(file.old(), path("out.old"));
    // Another one waits until it is ended, whatever it is told.
    for (const bool force : {false, true}) {
      EXPECT_EQ(refusal({path(), force}, Kind::growing).message,
                "cannot write " + path() + ": another wakepath writes it just now");
      EXPECT_EQ(refusal({path(), force}).kind, ErrorKind::bad_output);
    }
  }
  EXPECT_EQ(text(), "new");
  EXPECT_EQ(text("out.old"), "old");
  // What an interrupted one left is not for the next one to throw away.
  EXPECT_NE(OutputFile::create({path(), true}, Kind::growing).error().message.find("out.old is "),
            std::string::npos);
  EXPECT_EQ(text(), "new");
  EXPECT_EQ(text("out.old"), "old");
  std::filesystem::remove(path("out.old"));
  auto file = OutputFile::create({path(), true}, Kind::growing).value();
  ASSERT_TRUE(file.append(bytes_of("third")));
  ASSERT_TRUE(file.finish());
  EXPECT_EQ(text(), "third");
  EXPECT_EQ(names(), std::vector<std::string>{"out"});
}

TEST_F(OutputFileTest, AGrowingOneWithNothingInItPutsAllBack) {
  put("out", "old");
  { const auto file = OutputFile::create({path(), true}, Kind::growing).value(); }
  { const auto file = OutputFile::create({path("new")}, Kind::growing).value(); }
  EXPECT_EQ(text(), "old");
  EXPECT_EQ(names(), std::vector<std::string>{"out"});
}

TEST_F(OutputFileTest, AnInputIsNeverTheOutput) {
  put("in", "trace");
  ASSERT_EQ(::symlink("in", path("soft").c_str()), 0);
  ASSERT_EQ(::link(path("in").c_str(), path("hard").c_str()), 0);
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  const Fd open(::open(path("in").c_str(), O_RDONLY | O_CLOEXEC));
  const std::string by_number = "/proc/self/fd/" + std::to_string(open.get());
  const std::vector<std::pair<std::string, std::string>> pairs{
      {path("in"), path("in")},
      {path("in"), path("soft")},
      {path("in"), path("hard")},
      {path("soft"), path("in")},
      {by_number, path("hard")},
      {path("in"), by_number},
      {path("./in"),
       path("../") + std::filesystem::path(path("")).parent_path().filename().string() + "/in"},
      {path("pipe"), path("pipe")}};
  for (const auto& [input, output] : pairs) {
    for (const bool force : {false, true}) {
      const Error error = refusal({output, force, {"", input}});
      EXPECT_EQ(error.kind, ErrorKind::usage) << input << " " << output;
      EXPECT_EQ(error.message, output + " is a file that is read, and can't be the output too");
    }
  }
  EXPECT_EQ(text("in"), "trace");
  EXPECT_TRUE(OutputFile::create({path("new"), false, {path("in"), "/dev/null"}}, Kind::whole));
  EXPECT_TRUE(OutputFile::create({"/dev/null", false, {"/dev/null"}}, Kind::whole));
}

TEST_F(OutputFileTest, WhatIsNoFileIsWrittenInPlace) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  const Fd reader(::open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  auto file = OutputFile::create({path("pipe")}, Kind::whole).value();
  EXPECT_EQ(file.kind(), Kind::stream);
  ASSERT_TRUE(file.append(bytes_of("one")));
  ASSERT_TRUE(file.replace(0, bytes_of("two")));
  ASSERT_TRUE(file.finish());
  std::array<char, 10> got{};
  ASSERT_EQ(::read(reader.get(), got.data(), got.size()), 3);
  EXPECT_EQ(std::string_view(got.data(), 3), "one");
  EXPECT_TRUE(std::filesystem::is_fifo(path("pipe")));
  auto full = OutputFile::create({"/dev/full"}, Kind::growing).value();
  EXPECT_EQ(full.append(bytes_of("x")).error().message,
            "cannot write /dev/full: No space left on device");
}

TEST_F(OutputFileTest, SaysWhyThereCanBeNone) {
  ASSERT_EQ(::symlink("nowhere", path("link").c_str()), 0);
  EXPECT_EQ(refusal({path("link")}).message,
            "cannot write " + path("link") + ": it is a link to what is not there");
  EXPECT_EQ(refusal({path("no/such")}).message,
            "cannot write " + path("no/such") + ": No such file or directory");
  EXPECT_EQ(refusal({path("")}).message, "cannot write " + path("") + ": Is a directory");
  EXPECT_EQ(refusal({path("link/x")}).kind, ErrorKind::bad_output);
  EXPECT_TRUE(std::filesystem::is_symlink(path("link")));
}

// Without /proc a file needs a name from its begin on: it is still no name that anybody waits for.
int without_proc(const std::string& directory) {
  const bool apart = ::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
  if (!apart || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("none", "/proc", "tmpfs", 0, nullptr) != 0) {
    return 77;
  }
  const std::string out = directory + "/out";
  const auto count = [&] {
    return std::distance(std::filesystem::directory_iterator(directory),
                         std::filesystem::directory_iterator());
  };
  for (const bool force : {false, true}) {
    {
      auto left = OutputFile::create({out, force}, Kind::whole);
      if (!left || !left->append(bytes_of("new")) || count() != (force ? 2 : 1)) {
        return 1;
      }
    }
    if (count() != (force ? 1 : 0)) {
      return 2;
    }
    auto file = OutputFile::create({out, force}, Kind::whole);
    if (!file || !file->append(bytes_of("new")) || !file->finish() || count() != 1) {
      return 3;
    }
  }
  return 0;
}

TEST_F(OutputFileTest, WithoutFilesThatHaveNoName) {
  const auto code = testing::exit_code_in_child([&] { return without_proc(path("")); });
  if (code == 77) {
    GTEST_SKIP() << "no mount namespace here";
  }
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace wakepath
