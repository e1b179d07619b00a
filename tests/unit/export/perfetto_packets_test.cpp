// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/perfetto_packets.hpp"

#include <map>
#include <vector>

#include <gtest/gtest.h>
#include <zlib.h>
#include <protozero/pbf_reader.hpp>

#include "export/perfetto_tracks.hpp"
#include "export/written.hpp"

namespace wakepath::exports::perfetto {
namespace {

using exports::testing::kHarmless;
using exports::testing::kHostile;
using exports::testing::Written;
using protozero::pbf_reader;

struct Packet {
  std::uint32_t flags{};
  std::optional<std::uint64_t> time_ns;
  std::map<Field, std::vector<std::pair<std::uint64_t, std::string>>> texts;  // by kind
  std::vector<std::string> events;
  std::vector<std::string> tracks;
};

std::pair<std::uint64_t, std::string> text_of(pbf_reader one) {
  std::pair<std::uint64_t, std::string> text;
  while (one.next()) {
    if (one.tag() == interned::kIid) {
      text.first = one.get_uint64();
    } else {
      text.second = one.get_string();
    }
  }
  return text;
}

Packet packet_of(pbf_reader from) {
  Packet packet;
  while (from.next()) {
    switch (from.tag()) {
      case packet::kTimestamp:
        packet.time_ns = from.get_uint64();
        break;
      case packet::kSequenceFlags:
        packet.flags = from.get_uint32();
        break;
      case packet::kInternedData:
        for (pbf_reader all = from.get_message(); all.next();) {
          const Field kind = all.tag();
          packet.texts[kind].push_back(text_of(all.get_message()));
        }
        break;
      case packet::kTrackEvent:
        packet.events.push_back(from.get_string());
        break;
      case packet::kTrackDescriptor:
        packet.tracks.push_back(from.get_string());
        break;
      default:
        from.skip();
        break;
    }
  }
  return packet;
}

std::uint64_t number_in(const std::string& event, Field field) {
  for (pbf_reader from(event); from.next();) {
    if (from.tag() == field) {
      return from.get_uint64();
    }
    from.skip();
  }
  return 0;
}

struct Perfetto : ::testing::Test {
  Written written;
  Packets packets{*OutputFile::create(written.plan(), OutputFile::Kind::whole)};

  void instant(std::string_view name, std::uint64_t at_ns) {
    TrackEvent event(packets, track_event::Type::instant, 5);
    event.name(name);
    packets.add(event, at_ns);
  }
  std::vector<Packet> read() {
    EXPECT_TRUE(packets.finish());
    const std::string bytes = written.text();
    std::vector<Packet> all;
    for (pbf_reader trace(bytes); trace.next(trace::kPacket);) {
      all.push_back(packet_of(trace.get_message()));
    }
    return all;
  }
};

}  // namespace

TEST_F(Perfetto, WritesEachTextOnce) {
  instant("wake", 10);
  instant("sleep", 20);
  instant("wake", 30);
  const std::vector<Packet> all = read();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].flags, packet::kNeedsState | packet::kStateCleared);
  EXPECT_EQ(all[1].flags, packet::kNeedsState);
  EXPECT_EQ(all[0].texts.at(interned::kEventNames).at(0).second, "wake");
  EXPECT_EQ(all[1].texts.at(interned::kEventNames).at(0).second, "sleep");
  EXPECT_TRUE(all[2].texts.empty());
  EXPECT_EQ(number_in(all[2].events.at(0), track_event::kNameIid),
            all[0].texts.at(interned::kEventNames).at(0).first);
  EXPECT_EQ(all[2].time_ns, 30U);
}

// Each packet of them is deflated by itself and is a trace.
TEST(PerfettoForm, DeflatesPacketsManyAtATime) {
  const auto write = [](bool deflates) {
    Written written;
    Packets packets{*OutputFile::create(written.plan(), OutputFile::Kind::whole)};
    if (deflates) {
      packets.compress();
    }
    for (std::uint64_t i = 0; i < 30'000; ++i) {
      packets.add(TrackEvent(packets, track_event::Type::instant, 5).name("wake").note("number", i),
                  i);
    }
    EXPECT_TRUE(packets.finish());
    return written.text();
  };
  const std::string deflated = write(true);
  std::string inflated;
  std::size_t parts = 0;
  for (pbf_reader trace(deflated); trace.next(trace::kPacket); ++parts) {
    pbf_reader packet = trace.get_message();
    ASSERT_TRUE(packet.next(packet::kCompressedPackets));
    const std::string part = packet.get_string();
    std::string room(512 * std::size_t{1024}, '\0');
    uLongf size = room.size();
    ASSERT_EQ(uncompress(reinterpret_cast<Bytef*>(room.data()), &size,
                         reinterpret_cast<const Bytef*>(part.data()), part.size()),
              Z_OK);
    inflated.append(room, 0, size);
    EXPECT_FALSE(packet.next());
  }
  EXPECT_GT(parts, 1U);
  EXPECT_EQ(inflated, write(false));
}

TEST_F(Perfetto, NumbersTheSameTextApartForEachKind) {
  EXPECT_NE(packets.event_name("x"), 0U);
  EXPECT_EQ(packets.event_name("x"), packets.event_name("x"));
  TrackEvent event(packets, track_event::Type::instant, 5);
  event.name("x").note("x", std::string_view("x"));
  packets.add(event, 1);
  const std::vector<Packet> all = read();
  ASSERT_EQ(all.size(), 1U);
  for (const Field kind :
       {interned::kEventNames, interned::kAnnotationNames, interned::kAnnotationStrings}) {
    ASSERT_EQ(all[0].texts.at(kind).size(), 1U);
    EXPECT_EQ(all[0].texts.at(kind).at(0).second, "x");
  }
}

TEST_F(Perfetto, EscapesNamesFromOutside) {
  TrackEvent event(packets, track_event::Type::instant, 5);
  event.name(kHostile).note(kHostile, std::string_view(kHostile));
  packets.add(event, 1);
  Tracks tracks(packets);
  tracks.add(kHostile);
  static_cast<void>(tracks.vcpu({kHostile, 95, 0, 96}));
  tracks.finish();
  const std::vector<Packet> all = read();
  for (const auto& [kind, texts] : all.at(0).texts) {
    EXPECT_EQ(texts.at(0).second, kHarmless) << kind;
  }
  std::string described;
  for (const Packet& packet : all) {
    for (const std::string& track : packet.tracks) {
      described += track;
    }
  }
  EXPECT_NE(described.find(kHarmless), std::string::npos);
  EXPECT_NE(described.find("VM " + kHarmless), std::string::npos);
  EXPECT_EQ(described.find("\x1b["), std::string::npos);
  EXPECT_EQ(described.find("m\xff"), std::string::npos);
}

// trace_processor keeps the first process of a thread that it is told.
TEST_F(Perfetto, DescribesAVcpuOnceByWhatIsKnownAtTheEnd) {
  Tracks tracks(packets);
  static_cast<void>(tracks.vcpu({"?", std::nullopt, 0, 96}));
  static_cast<void>(tracks.vcpu({"web", 95, 0, 96}));
  static_cast<void>(tracks.vcpu({"?", 95, 1, 97}));
  tracks.finish();
  std::vector<std::uint64_t> processes;
  std::vector<std::uint64_t> of_threads;
  for (const Packet& packet : read()) {
    for (const std::string& described : packet.tracks) {
      for (pbf_reader from(described); from.next();) {
        if (from.tag() == track::kProcess) {
          processes.push_back(number_in(from.get_string(), process::kPid));
        } else if (from.tag() == track::kThread) {
          of_threads.push_back(number_in(from.get_string(), thread::kPid));
        } else {
          from.skip();
        }
      }
    }
  }
  EXPECT_EQ(processes, (std::vector<std::uint64_t>{95}));
  EXPECT_EQ(of_threads, (std::vector<std::uint64_t>{95, 95}));
}

// The reader forgets all texts then, and so do we.
TEST_F(Perfetto, BeginsItsTextsAnewWhenThereAreTooMany) {
  constexpr std::size_t kNames = 70'000;
  std::size_t flushed = 0;
  packets.before_new_texts([&flushed] { ++flushed; });
  for (std::size_t i = 0; i < kNames; ++i) {
    instant("name " + std::to_string(i), i + 1);
  }
  EXPECT_EQ(flushed, 1U);
  std::map<std::uint64_t, std::string> known;
  std::size_t number = 0;
  std::size_t cleared = 0;
  for (const Packet& packet : read()) {
    if ((packet.flags & packet::kStateCleared) != 0) {
      known.clear();
      ++cleared;
    }
    if (const auto texts = packet.texts.find(interned::kEventNames); texts != packet.texts.end()) {
      known.insert(texts->second.begin(), texts->second.end());
    }
    const std::uint64_t id = number_in(packet.events.at(0), track_event::kNameIid);
    ASSERT_EQ(known.at(id), "name " + std::to_string(number++));
  }
  EXPECT_EQ(number, kNames);
  EXPECT_EQ(cleared, 2U);
}

}  // namespace wakepath::exports::perfetto
