// SPDX-License-Identifier: GPL-2.0-or-later
// Files that can't be read or written at all.
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "dump_fixture.hpp"
#include "support/in_child.hpp"

namespace wakepath::dump {
namespace {

void put(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string refusal(const std::string& path) {
  const auto source = DumpSource::open(path);
  if (source) {
    return "";
  }
  EXPECT_EQ(source.error().kind, ErrorKind::bad_input);
  return source.error().message;
}

TEST_F(DumpTest, RefusesWhatIsNoDump) {
  EXPECT_EQ(refusal(path("none")), "cannot read " + path("none") + ": No such file or directory");
  EXPECT_EQ(refusal(path(".")), "cannot read " + path(".") + ": Is a directory");
  EXPECT_EQ(refusal("/dev/zero"), "cannot read /dev/zero: a dump is read from a regular file");
  put(path(), "");
  EXPECT_EQ(refusal(path()), path() + " is empty: not a wakepath dump");
  put(path(), "hello");
  EXPECT_EQ(refusal(path()), path() + " is not a wakepath dump");
  put(path(), std::string(100'000, 'x'));
  EXPECT_EQ(refusal(path()), path() + " is not a wakepath dump");
  put(path(), "WAKEPATH");
  EXPECT_EQ(refusal(path()), path() + " is cut inside its header: no chunk is left to replay");
}

TEST_F(DumpTest, RefusesAPipeWithoutWaiting) {
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  EXPECT_NE(refusal(path()), "");
}

TEST_F(DumpTest, NamesBothVersionsOfANewerDump) {
  auto bytes = write(small_recording(1));
  FileHeader header{};
  std::memcpy(&header, bytes.data(), sizeof(header));
  header.version = 2;
  header.crc = header_crc(header);
  std::memcpy(bytes.data(), &header, sizeof(header));
  const auto replay = replay_bytes(bytes);
  ASSERT_FALSE(replay.opened);
  EXPECT_EQ(replay.opened.error().kind, ErrorKind::bad_input);
  EXPECT_EQ(replay.opened.error().message,
            "test has dump format version 2; wakepath " WAKEPATH_VERSION " reads version 1");
}

TEST_F(DumpTest, SaysWhyItCannotWrite) {
  const auto why = [](const std::string& path) {
    const auto writer = DumpWriter::create({path}, OutputFile::Kind::growing);
    EXPECT_FALSE(writer);
    EXPECT_EQ(writer.error().kind, ErrorKind::bad_output);
    return writer.error().message;
  };
  EXPECT_EQ(why("/dev/full"), "cannot write /dev/full: No space left on device");
  EXPECT_EQ(why(path(".")), "cannot write " + path(".") + ": Is a directory");
  EXPECT_EQ(why(path("no/such")),
            "cannot write " + path("no/such") + ": No such file or directory");
}

TEST_F(DumpTest, ReplacesWhereItIsToldToAndFollowsLinks) {
  for (const auto kind : {OutputFile::Kind::whole, OutputFile::Kind::growing}) {
    put(path(), std::string(100'000, 'x'));
    if (kind == OutputFile::Kind::whole) {
      ASSERT_EQ(::symlink(path().c_str(), path("link").c_str()), 0);
    }
    EXPECT_FALSE(DumpWriter::create({path("link")}, kind));
    EXPECT_EQ(bytes_of(path()).size(), 100'000U);
    auto writer = DumpWriter::create({path("link"), true}, kind).value();
    ASSERT_TRUE(writer->record(*RecordView::at(small_recording(1)[0])));
    const auto totals = writer->close().value();
    EXPECT_EQ(bytes_of(path()).size(), totals.bytes);
    EXPECT_EQ(drain(DumpSource::open(path())).text(), "");
  }
}

// A recorder that starts and fails has nothing to show for it.
TEST_F(DumpTest, WithoutRecordsThereIsNoFile) {
  put(path("old"), "old");
  {
    auto writer = DumpWriter::create({path()}, OutputFile::Kind::growing).value();
    auto other = DumpWriter::create({path("old"), true}, OutputFile::Kind::growing).value();
    EXPECT_TRUE(std::filesystem::exists(path()));
  }
  EXPECT_FALSE(std::filesystem::exists(path()));
  EXPECT_EQ(bytes_of(path("old")).size(), 3U);
}

TEST_F(DumpTest, WritesIntoNothing) {
  auto writer = DumpWriter::create({"/dev/null"}, OutputFile::Kind::growing).value();
  for (const Record& record : small_recording(3)) {
    ASSERT_TRUE(writer->record(*RecordView::at(record)));
  }
  EXPECT_TRUE(writer->close());
}

TEST_F(DumpTest, KeepsWholeChunksWhenTheFileMayNotGrow) {
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto records = small_recording(30);
  for (const rlim_t limit : {64UL, 65UL, 1000UL, 3000UL}) {
    struct rlimit small = before;
    small.rlim_cur = limit;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    {
      std::filesystem::remove(path());
      auto writer = DumpWriter::create({path()}, OutputFile::Kind::growing).value();
      Result<void> done;
      for (const Record& record : records) {
        if (done = writer->record(*RecordView::at(record)); !done) {
          break;
        }
      }
      EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
      ASSERT_FALSE(done);
      EXPECT_EQ(done.error().kind, ErrorKind::bad_output);
      EXPECT_EQ(done.error().message, "cannot write " + path() + ": File too large");
      EXPECT_EQ(writer->record(*RecordView::at(records[0])).error().message, done.error().message);
      EXPECT_EQ(writer->close().error().message, done.error().message);
    }
    if (limit < 1000) {
      EXPECT_FALSE(std::filesystem::exists(path()));  // nothing could be replayed
      continue;
    }
    const auto replay = drain(DumpSource::open(path()));
    EXPECT_FALSE(replay.records.empty());
    EXPECT_EQ(replay.text(),
              "was not closed (INCOMPLETE): its recorder runs, was killed, or had no room\n");
    EXPECT_TRUE(std::equal(replay.records.begin(), replay.records.end(), records.begin()));
  }
}

// Batches that don't compress, so that a small disk is soon full in the middle of a chunk.
std::vector<Record> bulky_recording() {
  std::vector<Record> records;
  std::uint64_t noise = 88172645463325252U;
  for (int i = 0; i < 60; ++i) {
    Record record;
    append(record, wp_record{99, 0, 32 * 1024});
    while (record.size() < std::size_t{32} * 1024) {
      noise ^= noise << 13U;
      noise ^= noise >> 7U;
      noise ^= noise << 17U;
      append(record, noise);
    }
    records.push_back(std::move(record));
  }
  return records;
}

// In a child, which alone sees the small disk. 0: as it should be; 77: no such disk can be had
// here.
int fill_a_small_disk(const std::string& directory) {
  const bool apart = ::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
  if (!apart || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("none", directory.c_str(), "tmpfs", 0, "size=700k") != 0) {
    return 77;
  }
  const std::string file = directory + "/full.wkp";
  const auto records = bulky_recording();
  auto writer = DumpWriter::create({file}, OutputFile::Kind::growing);
  if (!writer) {
    return 1;
  }
  Result<void> done;
  for (const Record& record : records) {
    if (done = (*writer)->record(*RecordView::at(record)); !done) {
      break;
    }
  }
  if (done || done.error().message != "cannot write " + file + ": No space left on device") {
    return 2;
  }
  const auto replay = drain(DumpSource::open(file));
  // One line: a chunk that was written in part would be a second one.
  const bool whole_chunks =
      replay.problems.size() == 1 && replay.info.chunks == 2 &&
      std::equal(replay.records.begin(), replay.records.end(), records.begin());
  return whole_chunks ? 0 : 3;
}

TEST_F(DumpTest, KeepsWholeChunksWhenTheDiskIsFull) {
  const auto code = testing::exit_code_in_child([&] { return fill_a_small_disk(path(".")); });
  if (code == 77) {
    GTEST_SKIP() << "no mount namespace here";
  }
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace wakepath::dump
