// SPDX-License-Identifier: GPL-2.0-or-later
// A recording that comes through a pipe. That damage costs the same there, replay_bytes() checks.
#include "dump_fixture.hpp"

namespace wakepath::dump {
namespace {

TEST_F(DumpTest, AStreamForgetsWhatIsReleasedAlone) {
  Record bytes(std::size_t{4} << 20);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::byte>(i * 2654435761U >> 24);
  }
  const auto input = stream_of(bytes);
  EXPECT_TRUE(input->reaches(bytes.size() / 2));
  EXPECT_LT(input->size(), bytes.size());
  input->release(bytes.size() / 2);
  Record read(1000);
  EXPECT_FALSE(input->read(0, read));
  ASSERT_TRUE(input->read(bytes.size() / 2, read));
  EXPECT_TRUE(std::equal(read.begin(), read.end(), bytes.begin() + (std::ptrdiff_t{2} << 20)));
  EXPECT_FALSE(input->reaches(bytes.size() + 1));
  EXPECT_EQ(input->size(), bytes.size());
  EXPECT_FALSE(input->read(bytes.size() - 1, read));
}

TEST_F(DumpTest, WhyAStreamBrokeOffIsSaid) {
  const auto whole = write(small_recording(4));
  Bytes rest = Bytes(whole).first(whole.size() / 2);
  auto input = std::make_unique<StreamInput>([&](std::span<std::byte> out) -> Result<std::size_t> {
    if (rest.empty()) {
      return fail(ErrorKind::bad_input, "cannot read standard input: Input/output error");
    }
    const std::size_t given = std::min(rest.size(), out.size());
    std::copy_n(rest.begin(), given, out.begin());
    rest = rest.subspan(given);
    return given;
  });
  const auto replay = drain(DumpSource::over(std::move(input), Checks::all, "test"));
  ASSERT_EQ(replay.problems.size(), 2U) << replay.text();
  EXPECT_EQ(replay.problems[1], "cannot read standard input: Input/output error");
  EXPECT_EQ(replay.info.file_bytes, whole.size() / 2);
  EXPECT_TRUE(replay.info.incomplete);
}

}  // namespace
}  // namespace wakepath::dump
