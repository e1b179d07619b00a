// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/perfetto_packets.hpp"

#include <span>

#include <zlib.h>

#include "util/escape.hpp"

namespace wakepath::exports::perfetto {

namespace {

constexpr std::uint32_t kSequence = 1;
constexpr std::size_t kTextsAtMost = 65536;
// A packet of deflated packets is to be smaller than 512 kB (trace/trace_packet.proto).
constexpr std::size_t kPacketBuffer = 256 * std::size_t{1024};
constexpr int kLevel = 3;  // zlib's usual 6 takes more than twice the time and saves 7 %

}  // namespace

std::uint64_t Packets::number(Field kind, std::string_view text) {
  key_.assign(1, static_cast<char>(kind));
  key_ += text;
  const auto [place, is_new] = texts_.try_emplace(key_, texts_.size() + 1);
  if (is_new) {
    Writer all(new_texts_);
    Writer one(all, kind);
    one.add_uint64(interned::kIid, place->second);
    one.add_string(interned::kText, escape_terminal(text));
  }
  return place->second;
}

// Between two packets: no number is in use then but those of what flush_ writes.
void Packets::make_room_for_texts() {
  if (texts_.size() < kTextsAtMost) {
    return;
  }
  if (flush_) {
    flush_();
  }
  texts_.clear();
  cleared_ = true;
}

void Packets::add(Field field, std::string_view message, std::optional<std::uint64_t> time_ns) {
  packet_.clear();
  Writer packet(packet_);
  if (time_ns) {
    packet.add_uint64(packet::kTimestamp, *time_ns);
  }
  packet.add_uint32(packet::kSequenceId, kSequence);
  packet.add_uint32(packet::kSequenceFlags,
                    packet::kNeedsState | (cleared_ ? packet::kStateCleared : 0));
  if (cleared_) {
    Writer own(packet, packet::kDefaults);
    own.add_uint32(defaults::kTimestampClockId, clocks::kMonotonic);
  }
  if (!new_texts_.empty()) {
    packet.add_message(packet::kInternedData, new_texts_);
    new_texts_.clear();
  }
  packet.add_message(field, protozero::data_view(message.data(), message.size()));
  cleared_ = false;
  Writer(buffer_).add_message(trace::kPacket, packet_);
  if (buffer_.size() >= kPacketBuffer) {
    write();
  }
}

void Packets::add(const TrackEvent& event, std::uint64_t time_ns) {
  add(packet::kTrackEvent, event.bytes(), time_ns);
  make_room_for_texts();
}

void Packets::deflate() {
  uLongf size = compressBound(buffer_.size());
  deflated_.resize(size);
  const int done =
      compress2(reinterpret_cast<Bytef*>(deflated_.data()), &size,
                reinterpret_cast<const Bytef*>(buffer_.data()), buffer_.size(), kLevel);
  if (done != Z_OK) {
    state_ = fail(ErrorKind::bad_output, "no memory to compress the trace");
    return;
  }
  deflated_.resize(size);
  buffer_.clear();
  Writer all(buffer_);
  Writer(all, trace::kPacket).add_bytes(packet::kCompressedPackets, deflated_);
}

void Packets::write() {
  if (state_ && deflates_ && !buffer_.empty()) {
    deflate();
  }
  if (state_) {
    state_ = file_.append(std::as_bytes(std::span(buffer_)));
  }
  buffer_.clear();
}

Result<std::uint64_t> Packets::finish() {
  write();
  WAKEPATH_CHECK(Result<void>(state_));
  WAKEPATH_CHECK(file_.finish());
  return file_.size();
}

TrackEvent::TrackEvent(Packets& packets, track_event::Type type, std::uint64_t track)
    : packets_(packets), to_(bytes_) {
  to_.add_enum(track_event::kType, static_cast<std::int32_t>(type));
  to_.add_uint64(track_event::kTrackUuid, track);
}

TrackEvent& TrackEvent::name(std::string_view text) {
  to_.add_uint64(track_event::kNameIid, packets_.event_name(text));
  return *this;
}

TrackEvent& TrackEvent::note(std::string_view name, std::string_view text) {
  Writer one(to_, track_event::kAnnotations);
  one.add_uint64(annotation::kNameIid, packets_.annotation_name(name));
  one.add_uint64(annotation::kStringIid, packets_.annotation_text(text));
  return *this;
}

TrackEvent& TrackEvent::note(std::string_view name, std::uint64_t value) {
  Writer one(to_, track_event::kAnnotations);
  one.add_uint64(annotation::kNameIid, packets_.annotation_name(name));
  one.add_uint64(annotation::kUintValue, value);
  return *this;
}

TrackEvent& TrackEvent::note(std::string_view name, bool value) {
  Writer one(to_, track_event::kAnnotations);
  one.add_uint64(annotation::kNameIid, packets_.annotation_name(name));
  one.add_bool(annotation::kBoolValue, value);
  return *this;
}

TrackEvent& TrackEvent::notes(std::string_view name,
                              const std::function<void(const Entry&)>& fill) {
  Writer dict(to_, track_event::kAnnotations);
  dict.add_uint64(annotation::kNameIid, packets_.annotation_name(name));
  fill([&](std::string_view key, std::uint64_t value) {
    Writer one(dict, annotation::kDictEntries);
    one.add_uint64(annotation::kNameIid, packets_.annotation_name(key));
    one.add_uint64(annotation::kUintValue, value);
  });
  return *this;
}

TrackEvent& TrackEvent::flow(std::uint64_t id, bool ends) {
  to_.add_fixed64(ends ? track_event::kTerminatingFlowIds : track_event::kFlowIds, id);
  return *this;
}

TrackEvent& TrackEvent::correlation(std::uint64_t id) {
  to_.add_uint64(track_event::kCorrelationId, id);
  return *this;
}

TrackEvent& TrackEvent::value(std::int64_t number) {
  to_.add_int64(track_event::kCounterValue, number);
  return *this;
}

}  // namespace wakepath::exports::perfetto
