// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/line_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace wakepath::foreign {
namespace {

// Hands out `bytes` in pieces of `piece`, then fails if it is to.
class PiecesOfBytes final : public ByteSource {
 public:
  PiecesOfBytes(std::string bytes, std::size_t piece, bool fails = false)
      : bytes_(std::move(bytes)), piece_(piece), fails_(fails) {}
  Result<std::size_t> read(std::span<char> out) override {
    if (at_ == bytes_.size() && fails_) {
      return fail(ErrorKind::bad_input, "cannot read on");
    }
    const std::size_t bytes = std::min({piece_, out.size(), bytes_.size() - at_});
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), bytes, out.begin());
    at_ += bytes;
    return bytes;
  }

 private:
  std::string bytes_;
  std::size_t piece_;
  bool fails_;
  std::size_t at_{0};
};

struct SeenLine {
  std::string text;
  std::uint64_t number{};
  bool ended{}, cut{};
  bool operator==(const SeenLine&) const = default;
};

std::vector<SeenLine> lines_of(LineReader& reader) {
  std::vector<SeenLine> lines;
  Line line;
  while (reader.next(line)) {
    lines.push_back({std::string(line.text), line.number, line.ended, line.cut});
  }
  return lines;
}

std::vector<SeenLine> lines_in(const std::string& bytes, std::size_t piece) {
  LineReader reader(std::make_unique<PiecesOfBytes>(bytes, piece));
  return lines_of(reader);
}

TEST(ImportLines, HoweverTheyArrive) {
  const std::string bytes = std::string("one\n\ntwo\r\nthree\0nul\n\xff\r", 22) + "\nlast";
  const std::vector<SeenLine> expected{
      {"one", 1, true, false},  {"", 2, true, false},
      {"two", 3, true, false},  {std::string("three\0nul", 9), 4, true, false},
      {"\xff", 5, true, false}, {"last", 6, false, false}};
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U}) {
    EXPECT_EQ(lines_in(bytes, piece), expected) << piece;
  }
  EXPECT_TRUE(lines_in("", 1).empty());
}

// As a pipe whose writer is slow: it gives one piece, and then nothing more for now.
class SlowBytes final : public ByteSource {
 public:
  explicit SlowBytes(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}
  Result<std::size_t> read(std::span<char> out) override {
    if (next_ == pieces_.size()) {
      return std::size_t{0};
    }
    const std::string& piece = pieces_[next_++];
    std::ranges::copy(piece, out.begin());
    return piece.size();
  }
  [[nodiscard]] bool waits(int /*milliseconds*/) const override { return true; }
  [[nodiscard]] std::size_t reads() const { return next_; }

 private:
  std::vector<std::string> pieces_;
  std::size_t next_{0};
};

TEST(ImportLines, AreHandedOnBeforeMoreIsWaitedFor) {
  auto source =
      std::make_unique<SlowBytes>(std::vector<std::string>{"one\ntwo\nthr", "ee\n", "end"});
  const SlowBytes& bytes = *source;
  LineReader reader(std::move(source));
  Line line;
  EXPECT_TRUE(reader.waits(0));
  ASSERT_TRUE(reader.next(line));
  EXPECT_FALSE(reader.waits(0));
  ASSERT_TRUE(reader.next(line));
  EXPECT_EQ(line.text, "two");
  EXPECT_EQ(bytes.reads(), 1U);
  EXPECT_TRUE(reader.waits(0));
  ASSERT_TRUE(reader.next(line));
  EXPECT_EQ(line.text, "three");
  EXPECT_EQ(bytes.reads(), 2U);
  EXPECT_FALSE(reader.ended_inside());
  ASSERT_TRUE(reader.next(line));
  EXPECT_TRUE(reader.ended_inside());
  EXPECT_FALSE(reader.next(line));
}

TEST(ImportLines, AnEndThatSomebodyAsksForIsNotTheInputs) {
  std::array<int, 2> ends{};
  std::array<int, 2> stop{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ASSERT_EQ(::pipe(stop.data()), 0);
  const Fd writer(ends[1]);
  const Fd stop_read(stop[0]);
  const Fd stop_write(stop[1]);
  ASSERT_EQ(::write(writer.get(), "one\ntw", 6), 6);
  LineReader reader(std::make_unique<FdBytes>(Fd(ends[0]), "pipe", stop_read.get()));
  Line line;
  ASSERT_TRUE(reader.next(line));
  EXPECT_EQ(line.text, "one");
  ASSERT_EQ(::write(stop_write.get(), "x", 1), 1);
  EXPECT_FALSE(reader.next(line));  // the pipe's writer is there, and half a line
  ASSERT_TRUE(reader.error().has_value());
  EXPECT_EQ(reader.error()->kind, ErrorKind::interrupted);
  EXPECT_FALSE(reader.ended_inside());
}

TEST(ImportLines, APausingPipeIsLookedAtWhereThatTellsEnough) {
  for (const bool enough : {true, false}) {
    PeekedBytes bytes(std::make_unique<SlowBytes>(std::vector<std::string>{"abc", "def"}));
    bytes.enough_when([enough](std::string_view) { return enough; });
    EXPECT_EQ(bytes.peek(100).value(), enough ? "abc" : "abcdef");
    EXPECT_EQ(bytes.peek(100).value(), enough ? "abc" : "abcdef");
    EXPECT_EQ(bytes.waits(0), false);
    std::array<char, 10> out{};
    EXPECT_EQ(bytes.read(out).value(), enough ? 3U : 6U);
    EXPECT_EQ(bytes.waits(0), true);
  }
}

TEST(ImportLines, LongOnesAreCut) {
  for (const std::size_t length :
       {kLongestLine - 1, kLongestLine, kLongestLine + 1, 4 * kLongestLine - 1, 4 * kLongestLine,
        4 * kLongestLine + 1, 11 * kLongestLine + 5}) {
    for (const std::size_t piece : {std::size_t{1000}, 3 * kLongestLine, 100 * kLongestLine}) {
      std::string bytes = "a\n";
      bytes += std::string(length, 'x') + "\nb\n";
      const auto lines = lines_in(bytes, piece);
      ASSERT_EQ(lines.size(), 3U) << length;
      EXPECT_EQ(lines[0].text, "a");
      EXPECT_EQ(lines[1].cut, length > kLongestLine);
      EXPECT_EQ(lines[1].text.size(), std::min(length, kLongestLine));
      EXPECT_EQ(lines[1].text.find_first_not_of('x'), std::string::npos);
      EXPECT_EQ(lines[2], (SeenLine{"b", 3, true, false}));
    }
  }
}

TEST(ImportLines, ALongOneAtTheEnd) {
  const auto lines = lines_in("a\n" + std::string(9 * kLongestLine, 'x'), 5000);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[1].cut);
}

TEST(ImportLines, PeekingTakesNothing) {
  LineReader reader(std::make_unique<PiecesOfBytes>("one\ntwo\n", 3));
  EXPECT_EQ(reader.peek(), "one\ntwo\n");
  EXPECT_EQ(lines_of(reader).size(), 2U);
}

TEST(ImportLines, WhatWasReadBeforeAnErrorStands) {
  LineReader reader(std::make_unique<PiecesOfBytes>("one\ntwo\n", 3, true));
  EXPECT_EQ(lines_of(reader).size(), 2U);
  ASSERT_TRUE(reader.error().has_value());
  EXPECT_EQ(reader.error()->message, "cannot read on");
}

std::string all_of(ByteSource& source) {
  std::string all;
  std::array<char, 5> piece{};
  for (;;) {
    const auto got = source.read(piece);
    if (!got || *got == 0) {
      return all;
    }
    all.append(piece.data(), *got);
  }
}

TEST(ImportBytes, PeekedOnesAreReadAgain) {
  PeekedBytes bytes(std::make_unique<PiecesOfBytes>("hello, world", 2));
  EXPECT_EQ(bytes.peek(4).value(), "hell");
  EXPECT_EQ(bytes.peek(2).value(), "he");
  EXPECT_EQ(bytes.peek(7).value(), "hello, ");
  EXPECT_EQ(all_of(bytes), "hello, world");
  PeekedBytes few(std::make_unique<PiecesOfBytes>("hi", 2));
  EXPECT_EQ(few.peek(100).value(), "hi");
  EXPECT_EQ(all_of(few), "hi");
}

TEST(ImportBytes, OfAPipe) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  FdBytes bytes(Fd{ends[0]}, "pipe");
  {
    const Fd writer(ends[1]);
    ASSERT_EQ(::write(writer.get(), "over the pipe", 13), 13);
  }
  EXPECT_EQ(all_of(bytes), "over the pipe");
}

TEST(ImportBytes, ErrorsNameTheFile) {
  const auto missing = FdBytes::open_file("/nonexistent/\x1b[31mtrace");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().kind, ErrorKind::bad_input);
  EXPECT_EQ(missing.error().message,
            "cannot read /nonexistent/\\x1b[31mtrace: No such file or directory");
  const auto directory = FdBytes::open_file("/");
  ASSERT_FALSE(directory.has_value());
  EXPECT_EQ(directory.error().message, "cannot read /: Is a directory");
}

}  // namespace
}  // namespace wakepath::foreign
