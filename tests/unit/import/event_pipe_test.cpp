// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/event_pipe.hpp"

#include <gtest/gtest.h>

#include <array>

#include <fcntl.h>
#include <unistd.h>

#include "import/ftrace_format.hpp"
#include "util/fd.hpp"

namespace wakepath::foreign {
namespace {

using test::KeptEvents;

// What a writer sends, as bytes.
class Sent {
 public:
  Sent() {
    std::array<int, 2> ends{};
    EXPECT_EQ(0, ::pipe(ends.data()));
    read_ = Fd(ends[0]);
    write_ = Fd(ends[1]);
    ::fcntl(write_.get(), F_SETPIPE_SZ, 1 << 20);
  }
  EventPipeWriter writer() { return EventPipeWriter(write_.get()); }
  std::vector<std::byte> bytes() {
    write_.reset();
    std::vector<std::byte> all(1 << 20);
    all.resize(static_cast<std::size_t>(::read(read_.get(), all.data(), all.size())));
    return all;
  }

 private:
  Fd read_, write_;
};

TraceEvent some_event() {
  TraceEvent event;
  event.time_ns = 5'000'000'001;
  event.cpu = 3;
  event.tid = 812;
  event.tgid = 800;
  event.context = WP_CONTEXT_KNOWN | WP_CONTEXT_HARDIRQ;
  event.kind = WP_EVENT_HRTIMER_EXPIRE_ENTRY;
  event.payload.hrtimer.timer = 0xffff0000'12345678;
  event.now_ns = 17;
  event.comm = "CPU 0/KVM";
  event.name = "kvm_bg_timer_expire";
  event.other_comm = "";
  event.x86 = true;
  event.vcpu = 7;
  return event;
}

std::vector<std::byte> some_stream() {
  Sent sent;
  EventPipeWriter writer = sent.writer();
  TraceInfo info;
  info.form = "trace.dat";
  info.clock = TraceClock::monotonic;
  info.clock_name = "mono";
  info.resolution_ns = 1;
  info.release = "4.14.0";
  info.arch = "aarch64";
  info.cpus = 4;
  EXPECT_TRUE(writer.about(info));
  EXPECT_TRUE(writer.event(some_event()));
  EXPECT_TRUE(writer.lost({3, 17}));
  EXPECT_TRUE(writer.lost({}));
  EXPECT_TRUE(writer.problem("a \x1b[31m problem"));
  EXPECT_TRUE(writer.remark("a remark"));
  EXPECT_TRUE(writer.end());
  return sent.bytes();
}

TEST(EventPipe, BringsAllAcrossHoweverItIsCut) {
  const std::vector<std::byte> bytes = some_stream();
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
    KeptEvents kept;
    EventPipeParser parser;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      ASSERT_TRUE(parser.feed(Bytes(bytes).subspan(at, std::min(piece, bytes.size() - at)), kept));
    }
    EXPECT_TRUE(parser.ended());
    EXPECT_EQ("4.14.0", kept.info.release);
    EXPECT_EQ("aarch64", kept.info.arch);
    EXPECT_EQ("trace.dat", kept.info.form);
    EXPECT_EQ("mono", kept.info.clock_name);
    EXPECT_EQ(TraceClock::monotonic, kept.info.clock);
    EXPECT_EQ(4u, kept.info.cpus);
    ASSERT_EQ(1u, kept.events.size());
    const TraceEvent& event = kept.events[0].event;
    EXPECT_EQ(some_event().time_ns, event.time_ns);
    EXPECT_EQ(3u, event.cpu);
    EXPECT_EQ(812u, event.tid);
    EXPECT_EQ(800u, event.tgid);
    EXPECT_EQ(some_event().context, event.context);
    EXPECT_EQ(WP_EVENT_HRTIMER_EXPIRE_ENTRY, event.kind);
    EXPECT_EQ(some_event().payload.hrtimer.timer, event.payload.hrtimer.timer);
    EXPECT_EQ(17u, event.now_ns);
    EXPECT_TRUE(event.x86);
    EXPECT_EQ(event.vcpu, 7U);
    EXPECT_EQ("CPU 0/KVM", kept.events[0].comm);
    EXPECT_EQ("kvm_bg_timer_expire", kept.events[0].name);
    ASSERT_EQ(2u, kept.losses.size());
    EXPECT_EQ(3u, kept.losses[0].cpu);
    EXPECT_EQ(17u, kept.losses[0].events);
    EXPECT_FALSE(kept.losses[1].cpu);
    EXPECT_FALSE(kept.losses[1].events);
    EXPECT_EQ(std::vector<std::string>{"a \\x1b[31m problem"}, parser.problems());
    EXPECT_EQ(std::vector<std::string>{"a remark"}, parser.remarks());
    EXPECT_EQ(1u, parser.events());
  }
}

TEST(EventPipe, LongNamesAreCut) {
  Sent sent;
  EventPipeWriter writer = sent.writer();
  ASSERT_TRUE(writer.about({}));
  const std::string name(100'000, 'x');
  TraceEvent event = some_event();
  event.name = name;
  ASSERT_TRUE(writer.event(event));
  ASSERT_TRUE(writer.end());
  KeptEvents kept;
  EventPipeParser parser;
  ASSERT_TRUE(parser.feed(sent.bytes(), kept));
  ASSERT_EQ(1u, kept.events.size());
  EXPECT_EQ(512u, kept.events[0].name.size());
}

TEST(EventPipe, NoFlippedByteDoesMoreThanBreakIt) {
  const std::vector<std::byte> good = some_stream();
  std::size_t refused = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const unsigned bit : {0u, 7u}) {
      std::vector<std::byte> bad = good;
      bad[at] ^= std::byte{1} << bit;
      KeptEvents kept;
      EventPipeParser parser;
      const auto fed = parser.feed(bad, kept);
      if (!fed) {
        EXPECT_EQ(ErrorKind::bad_input, fed.error().kind);
        ++refused;
      }
      for (const auto& each : kept.events) {
        EXPECT_LT(each.event.cpu, std::uint32_t{WP_MAX_CPUS});
        EXPECT_LT(each.event.kind, WP_EVENT_KINDS);
      }
    }
  }
  EXPECT_GT(refused, 20u);
}

TEST(EventPipe, NothingComesBeforeTheBeginOrAfterTheEnd) {
  Sent early;
  EventPipeWriter writer = early.writer();
  ASSERT_TRUE(writer.event(some_event()));
  ASSERT_TRUE(writer.end());
  KeptEvents kept;
  EXPECT_FALSE(EventPipeParser().feed(early.bytes(), kept));

  std::vector<std::byte> twice = some_stream();
  const std::vector<std::byte> again = some_stream();
  twice.insert(twice.end(), again.begin(), again.end());
  EXPECT_FALSE(EventPipeParser().feed(twice, kept));
}

TEST(EventPipe, AnErrorOfTheSinkIsPassedOn) {
  KeptEvents kept;
  kept.most = 0;
  EventPipeParser parser;
  const auto fed = parser.feed(some_stream(), kept);
  ASSERT_FALSE(fed);
  EXPECT_EQ(ErrorKind::bad_output, fed.error().kind);
}

TEST(EventPipe, TextOfAGraphComesInPiecesAndAfterTheHeader) {
  std::string text(150'000, 'x');
  text.back() = '\n';
  Sent sent;
  EventPipeWriter writer = sent.writer();
  ASSERT_TRUE(writer.about({}));
  ASSERT_TRUE(writer.graph(text));
  ASSERT_TRUE(writer.end());
  KeptEvents kept;
  EventPipeParser parser;
  ASSERT_TRUE(parser.feed(sent.bytes(), kept));
  EXPECT_TRUE(parser.ended());
  EXPECT_EQ(1u, parser.lines());
  EXPECT_EQ(text, parser.take_graph());
  EXPECT_EQ("", parser.take_graph());

  Sent early;
  EventPipeWriter without = early.writer();
  ASSERT_TRUE(without.graph("}\n"));
  ASSERT_TRUE(without.end());
  EventPipeParser strict;
  EXPECT_FALSE(strict.feed(early.bytes(), kept));
}

}  // namespace
}  // namespace wakepath::foreign
