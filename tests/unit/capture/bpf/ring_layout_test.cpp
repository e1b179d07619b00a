// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bpf/ring_layout.hpp"

#include <gtest/gtest.h>

#include "bpf/event_ring.h"

namespace wakepath::capture {
namespace {

constexpr std::size_t kTwoChunks = std::size_t{2} * WP_CHUNK_BYTES;

TEST(RingLayout, EachCpuIsInTheArrayOfItsNode) {
  const auto layout = lay_out_rings(CpuSet::parse("0-2,5").value(), kTwoChunks,
                                    [](std::uint32_t cpu) { return cpu % 2 == 0 ? 4U : 1U; });
  EXPECT_EQ(layout.arrays, (std::vector<RingLayout::Array>{{4, 4}, {1, 4}}));
  EXPECT_EQ(layout.places,
            (std::vector<RingLayout::Place>{{0, 0, 0}, {1, 1, 0}, {2, 0, 2}, {5, 1, 2}}));
}

TEST(RingLayout, MoreNodesThanArraysShareThem) {
  const auto layout = lay_out_rings(CpuSet::parse("0-9").value(), kTwoChunks,
                                    [](std::uint32_t cpu) { return cpu; });
  ASSERT_EQ(layout.arrays.size(), std::size_t{WP_RING_NODES});
  EXPECT_EQ(layout.arrays[1], (RingLayout::Array{1, 4}));
  EXPECT_EQ(layout.arrays[2], (RingLayout::Array{2, 2}));
  EXPECT_EQ(layout.places[9], (RingLayout::Place{9, 1, 2}));
}

}  // namespace
}  // namespace wakepath::capture
