// SPDX-License-Identifier: GPL-2.0-or-later
// Recordings that can't be written to their end.
#include "recorder/dump_files.hpp"

#include <sys/resource.h>

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dump/reader.hpp"
#include "support/temporary_directory.hpp"

namespace wakepath::recorder {
namespace {

struct ToFiles final : RecordSink {
  explicit ToFiles(DumpFiles& files) : files_(files) {}
  Result<void> record(RecordView view) override {
    files_.records(view.bytes());
    return {};
  }
  DumpFiles& files_;
};

void write_one(DumpFiles& files, const DumpReason& reason) {
  files.begin(reason);
  ToFiles sink(files);
  auto source = dump::DumpSource::open(WAKEPATH_GOLDEN_DIR "/audit/recorded.wkp").value();
  while (source->pump(sink).value()) {
  }
  files.end(reason);
}

TEST(DumpFiles, WhatIsLeftOfAFailedOneCountsAndIsTheFirstToGo) {
  const testing::TemporaryDirectory directory;
  std::vector<StoreNews> news;
  DumpFiles files(directory.path(), KeptList(2, std::uint64_t{1} << 40U),
                  [&news](const StoreNews& one) { news.push_back(one); });
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  struct rlimit small = before;
  small.rlim_cur = 30'000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  write_one(files, {.breach = {}, .times_limit = 9, .realtime_ns = 1'000'000, .number = 1});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_EQ(news.size(), 1U);
  EXPECT_EQ(news[0].kind, StoreNews::Kind::failed);
  const std::string partial = news[0].path;
  ASSERT_TRUE(std::filesystem::exists(partial));
  const auto left = std::filesystem::file_size(partial);

  write_one(files, {.breach = {}, .times_limit = 1, .realtime_ns = 2'000'000, .number = 2});
  ASSERT_EQ(news.size(), 2U);
  EXPECT_EQ(news[1].kind, StoreNews::Kind::kept);
  EXPECT_EQ(news[1].files, 2U);
  EXPECT_EQ(news[1].bytes, left + std::filesystem::file_size(news[1].path));

  write_one(files, {.breach = {}, .times_limit = 1, .realtime_ns = 3'000'000, .number = 3});
  ASSERT_EQ(news.size(), 4U);
  EXPECT_EQ(news[2].kind, StoreNews::Kind::let_go);
  EXPECT_EQ(news[2].path, partial);
  EXPECT_FALSE(std::filesystem::exists(partial));
  EXPECT_EQ(news[3].kind, StoreNews::Kind::kept);
}

}  // namespace
}  // namespace wakepath::recorder
