// SPDX-License-Identifier: GPL-2.0-or-later
// Files that can't be read or written at all.
#include <sys/resource.h>
#include <sys/stat.h>

#include "dump_fixture.hpp"

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
  EXPECT_EQ(source.error().code, ExitCode::bad_input);
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
  EXPECT_FALSE(DumpWriter::create(path()));
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
  EXPECT_EQ(replay.opened.error().code, ExitCode::bad_input);
  EXPECT_EQ(replay.opened.error().message,
            "test has dump format version 2; wakepath " WAKEPATH_VERSION " reads version 1");
}

TEST_F(DumpTest, SaysWhyItCannotWrite) {
  const auto why = [](const std::string& path) {
    const auto writer = DumpWriter::create(path);
    EXPECT_FALSE(writer);
    EXPECT_EQ(writer.error().code, ExitCode::bad_output);
    return writer.error().message;
  };
  EXPECT_EQ(why("/dev/full"), "cannot write /dev/full: No space left on device");
  EXPECT_EQ(why(path(".")), "cannot write " + path(".") + ": Is a directory");
  EXPECT_EQ(why(path("no/such")),
            "cannot write " + path("no/such") + ": No such file or directory");
}

TEST_F(DumpTest, OverwritesAndFollowsLinks) {
  put(path(), std::string(100'000, 'x'));
  ASSERT_EQ(::symlink(path().c_str(), path("link").c_str()), 0);
  auto writer = DumpWriter::create(path("link")).value();
  const auto totals = writer->close().value();
  EXPECT_EQ(bytes_of(path()).size(), totals.bytes);
  EXPECT_EQ(drain(DumpSource::open(path())).text(), "");
}

TEST_F(DumpTest, WritesIntoNothing) {
  auto writer = DumpWriter::create("/dev/null").value();
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
      auto writer = DumpWriter::create(path()).value();
      Result<void> done;
      for (const Record& record : records) {
        if (done = writer->record(*RecordView::at(record)); !done) {
          break;
        }
      }
      EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
      ASSERT_FALSE(done);
      EXPECT_EQ(done.error().code, ExitCode::bad_output);
      EXPECT_EQ(done.error().message, "cannot write " + path() + ": File too large");
      EXPECT_EQ(writer->record(*RecordView::at(records[0])).error().message, done.error().message);
      EXPECT_EQ(writer->close().error().message, done.error().message);
    }
    const auto replay = drain(DumpSource::open(path()));
    EXPECT_EQ(replay.text(),
              "was not closed (INCOMPLETE): the recorder was killed or the disk was full\n");
    EXPECT_TRUE(std::equal(replay.records.begin(), replay.records.end(), records.begin()));
    EXPECT_EQ(replay.records.empty(), limit < 1000);
  }
}

}  // namespace
}  // namespace wakepath::dump
