// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/host_files.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <future>

namespace wakepath::capture {
namespace {

Fact file() { return HostFileFact{WP_HOST_FILE, 0, 0, 1, "proc/cmdline", {"quiet"}}; }

TEST(HostFiles, WithoutAReaderThereIsNothing) {
  HostFiles files;
  files.begin({});
  EXPECT_TRUE(files.news({}).empty());
  EXPECT_TRUE(files.news(last_deadline()).empty());
}

TEST(HostFiles, WhatWasReadIsSaidOnce) {
  HostFiles files;
  files.begin([] { return std::vector{file()}; });
  const auto facts = files.news(last_deadline());
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_EQ(std::get<HostFileFact>(facts[0]).pieces, std::vector<std::string>{"quiet"});
  EXPECT_TRUE(files.news(last_deadline()).empty());
}

TEST(HostFiles, AReadingThatBlocksHoldsNobody) {
  std::promise<void> go_on;
  const auto held = go_on.get_future().share();
  HostFiles files;
  files.begin([held] {
    held.wait();
    return std::vector{file()};
  });
  EXPECT_TRUE(files.news({}).empty()) << "it may still come";
  const auto facts = files.news(std::chrono::steady_clock::now());
  go_on.set_value();
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<NoticeFact>(facts[0]));
}

}  // namespace
}  // namespace wakepath::capture
