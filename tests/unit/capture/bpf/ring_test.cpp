// SPDX-License-Identifier: GPL-2.0-or-later
// The ring's consumer against memory laid out as the kernel lays it out (kernel/bpf/ringbuf.c).
#include "capture/bpf/ring.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include <unistd.h>

namespace wakepath::capture {
namespace {

class RingTest : public ::testing::Test {
 protected:
  RingTest() : page_(static_cast<std::size_t>(::getpagesize())), bytes_(page_) {
    Fd memory(::memfd_create("ring", 0));
    EXPECT_EQ(::ftruncate(memory.get(), static_cast<off_t>(2 * page_ + 2 * bytes_)), 0);
    const std::size_t size = 2 * page_ + 2 * bytes_;
    all_ =
        Mapping(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0), size);
    ring_.emplace(Ring::open(std::move(memory), 3, bytes_).value());
  }

  std::byte* at(std::size_t offset) { return static_cast<std::byte*>(all_.get()) + offset; }

  // A tick of `size` bytes in all, told apart by `mark`; the kernel maps the data twice in a row.
  void write(std::uint64_t mark, std::uint32_t size, std::uint32_t bits = 0) {
    std::vector<std::byte> data(8 + size);
    const std::uint32_t length = size | bits;
    wp_tick tick{};
    tick.record = {WP_RECORD_TICK, 0, size};
    tick.time_ns = mark;
    std::memcpy(data.data(), &length, sizeof(length));
    std::memcpy(data.data() + 8, &tick, std::min<std::size_t>(size, sizeof(tick)));
    for (std::size_t i = 0; i < data.size(); ++i) {
      const std::size_t offset = (produced_ + i) % bytes_;
      *at(2 * page_ + offset) = data[i];
      *at(2 * page_ + bytes_ + offset) = data[i];
    }
    produced_ += data.size();
    std::memcpy(at(page_), &produced_, sizeof(produced_));
  }

  void set_length(std::size_t offset, std::uint32_t length) {
    std::memcpy(at(2 * page_ + offset), &length, sizeof(length));
  }

  std::uint64_t consumed() {
    std::uint64_t position = 0;
    std::memcpy(&position, at(0), sizeof(position));
    return position;
  }

  std::vector<std::uint64_t> drain(std::size_t budget = 1 << 20) {
    std::vector<std::uint64_t> marks;
    const auto more = ring_->drain(budget, [&](RecordView view) -> Result<void> {
      marks.push_back(load<wp_tick>(view.bytes()).time_ns);
      return {};
    });
    more_ = more.value();
    return marks;
  }

  using Marks = std::vector<std::uint64_t>;
  std::size_t page_, bytes_;
  Mapping all_;
  std::optional<Ring> ring_;
  std::uint64_t produced_{0};
  bool more_{false};
};

TEST_F(RingTest, GivesRecordsInOrderAndFreesThem) {
  EXPECT_EQ(drain(), Marks{});
  write(1, 32);
  write(2, 40);
  EXPECT_EQ(ring_->pending(), 88U);
  EXPECT_EQ(drain(), (Marks{1, 2}));
  EXPECT_EQ(consumed(), produced_);
  EXPECT_EQ(ring_->pending(), 0U);
  EXPECT_EQ(ring_->cpu(), 3U);
}

TEST_F(RingTest, GoesRoundTheEnd) {
  for (std::uint32_t i = 0; i < 1000; ++i) {
    write(i, 32 + 8 * (i % 5));
    EXPECT_EQ(drain(), Marks{i});
  }
  EXPECT_GT(produced_, 10 * bytes_);
}

TEST_F(RingTest, StopsAtARecordThatIsBeingWritten) {
  write(1, 32);
  write(2, 32, BPF_RINGBUF_BUSY_BIT);
  write(3, 32);
  EXPECT_EQ(drain(), Marks{1});
  EXPECT_EQ(drain(), Marks{});
  set_length(40, 32);
  EXPECT_EQ(drain(), (Marks{2, 3}));
}

TEST_F(RingTest, PassesOverDiscardedRecords) {
  write(1, 32, BPF_RINGBUF_DISCARD_BIT);
  write(2, 32);
  EXPECT_EQ(drain(), Marks{2});
}

TEST_F(RingTest, KeepsToItsBudget) {
  for (std::uint64_t i = 0; i < 10; ++i) {
    write(i, 32);
  }
  EXPECT_EQ(drain(100), (Marks{0, 1, 2}));
  EXPECT_TRUE(more_);
  EXPECT_EQ(consumed(), 120U);
  EXPECT_EQ(drain().size(), 7U);
  EXPECT_FALSE(more_);
}

TEST_F(RingTest, CountsWhatIsNoRecord) {
  write(1, 32);
  const std::uint32_t wrong = 12345;
  std::memcpy(at(2 * page_ + 8 + offsetof(wp_record, size)), &wrong, sizeof(wrong));
  write(2, 32);
  EXPECT_EQ(drain(), Marks{2});
  EXPECT_EQ(ring_->malformed(), 1U);
}

TEST_F(RingTest, HandsTheSinksErrorOn) {
  write(1, 32);
  write(2, 32);
  const auto more = ring_->drain(
      1 << 20, [](RecordView) -> Result<void> { return fail(ErrorKind::bad_output, "full"); });
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().kind, ErrorKind::bad_output);
  EXPECT_EQ(drain(), Marks{2});
}

}  // namespace
}  // namespace wakepath::capture
