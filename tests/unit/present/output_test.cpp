// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/output.hpp"

#include <array>
#include <csignal>

#include <fcntl.h>

#include "present/chains.hpp"
#include "present/view.hpp"

namespace wakepath::present {
namespace {

TEST(Output, AFullDiskIsAnError) {
  const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full);
  Output output(full.get(), "standard output");
  output.buffer().push_back('x');
  const auto flushed = output.flush();
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().kind, ErrorKind::bad_output);
  EXPECT_EQ(flushed.error().message, "can't write to standard output: No space left on device");
}

TEST(Output, AReaderThatWentAwayIsNone) {
  std::signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const Fd write_end(ends[1]);
  Fd(ends[0]).reset();
  Output output(write_end.get(), "standard output");
  output.buffer().push_back('x');
  EXPECT_TRUE(output.flush());
  EXPECT_TRUE(output.closed());
  output.buffer().push_back('y');
  EXPECT_TRUE(output.flush());
  EXPECT_EQ(output.buffer().size(), 0U);
}

TEST(Output, WritesWhenMuchHasGathered) {
  testing::Captured out;
  out.output().buffer().append(std::string(1024, 'x'));
  ASSERT_TRUE(out.output().commit());
  EXPECT_EQ(out.output().buffer().size(), 1024U);
  out.output().buffer().append(std::string(64UL * 1024, 'x'));
  ASSERT_TRUE(out.output().commit());
  EXPECT_EQ(out.output().buffer().size(), 0U);
}

TEST(View, Texts) {
  EXPECT_EQ(micros(1'520'123), "1520.123us");
  EXPECT_EQ(micros(-42), "-0.042us");
  EXPECT_EQ(seconds(12'345'678'901), "12.345678901s");
  EXPECT_EQ(size_text(65'536), "64K");
  EXPECT_EQ(size_text(1'048'576), "1M");
  EXPECT_EQ(size_text(5'000), "5000");
  EXPECT_EQ(count_text(1, "wake"), "1 wake");
  EXPECT_EQ(count_text(0, "wake"), "0 wakes");
  EXPECT_EQ(who_text({"?", {}, {}, 96}), "unknown VM, thread 96");
  EXPECT_EQ(who_text({"web1", 95, 3, 96}), "web1 vCPU 3");
}

TEST(View, CutsByColumnsNotBytes) {
  EXPECT_EQ(columns_of("虚拟机"), 6U);
  EXPECT_EQ(columns_of("größe"), 5U);
  EXPECT_EQ(shorten("虚拟机-web", 7), "虚拟机…");
  EXPECT_EQ(shorten("虚拟机-web", 6), "虚拟…");
  EXPECT_EQ(shorten("web1", 4), "web1");
}

}  // namespace
}  // namespace wakepath::present
