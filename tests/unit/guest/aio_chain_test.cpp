// SPDX-License-Identifier: GPL-2.0-or-later
// The chain of timerfd, AIO polls and eventfds, with a plain eventfd in place of the guest's irqfd.
// It needs no KVM and no root. Lower bounds are wide, for busy machines; too many signals are
// always wrong.
#include "guest/aio_chain.hpp"

#include <chrono>
#include <cstdint>
#include <thread>

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace wakepath::guest {
namespace {

using namespace std::chrono_literals;

std::uint64_t take(const Fd& event) {
  std::uint64_t count = 0;
  return ::read(event.get(), &count, sizeof(count)) == sizeof(count) ? count : 0;
}

class AioChainShape : public testing::TestWithParam<AioChain::Shape> {};

TEST_P(AioChainShape, SignalsEachLineOncePerPeriod) {
  const Fd first(::eventfd(0, EFD_NONBLOCK));
  const Fd second(::eventfd(0, EFD_NONBLOCK));
  const auto begin = Clock::now();
  auto chain = AioChain::create({&first, &second}, 5ms, GetParam());
  ASSERT_TRUE(chain) << chain.error().message;
  std::uint64_t counts[] = {0, 0};
  while (counts[0] < 10 || counts[1] < 10) {
    std::this_thread::sleep_for(5ms);
    ASSERT_EQ((*chain)->error(), std::nullopt);
    counts[0] += take(first);
    counts[1] += take(second);
  }
  const auto periods = static_cast<std::uint64_t>((Clock::now() - begin) / 5ms);
  for (const std::uint64_t count : counts) {
    EXPECT_LE(count, periods);
  }
}

TEST_P(AioChainShape, StopsLongBeforeItIsDue) {
  const Fd line(::eventfd(0, EFD_NONBLOCK));
  auto chain = AioChain::create({&line}, 1h, GetParam());
  ASSERT_TRUE(chain) << chain.error().message;
  EXPECT_EQ(take(line), 0U);
  const auto begin = Clock::now();
  chain->reset();
  EXPECT_LT(Clock::now() - begin, 60s);
}

INSTANTIATE_TEST_SUITE_P(Both, AioChainShape,
                         testing::Values(AioChain::Shape::direct, AioChain::Shape::through_work));

}  // namespace
}  // namespace wakepath::guest
