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

// So long as it lives, no file may grow beyond `bytes`.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &before_), 0);
    struct rlimit small = before_;
    small.rlim_cur = bytes;
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  }
  ~FileLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  struct rlimit before_ {};
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
  {
    const FileLimit limit(30'000);
    write_one(files, {.breach = {}, .times_limit = 9, .realtime_ns = 1'000'000, .number = 1});
  }
  ASSERT_EQ(news.size(), 1U);
  EXPECT_EQ(news[0].kind, StoreNews::Kind::failed);
  EXPECT_TRUE(news[0].text.ends_with("; what was written before can be replayed")) << news[0].text;
  EXPECT_EQ(news[0].files, 1U);
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

  // Where there is room for whole ones alone, nothing is left of it, and nobody says so.
  {
    const FileLimit limit(30'000);
    write_one(files, {.breach = {}, .times_limit = 9, .realtime_ns = 4'000'000, .number = 4});
  }
  ASSERT_EQ(news.size(), 6U);
  EXPECT_EQ(news[4].kind, StoreNews::Kind::let_go);
  EXPECT_EQ(news[5].kind, StoreNews::Kind::failed);
  EXPECT_EQ(news[5].text.find("replayed"), std::string::npos);
  EXPECT_EQ(news[5].files, 2U);
  EXPECT_FALSE(std::filesystem::exists(news[5].path));
}

}  // namespace
}  // namespace wakepath::recorder
