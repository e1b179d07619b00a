// SPDX-License-Identifier: GPL-2.0-or-later
// Packets of a Perfetto trace: one sequence, whose times are CLOCK_MONOTONIC, and whose texts are
// written once and named by number from then on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <protozero/pbf_writer.hpp>

#include "export/perfetto_fields.hpp"
#include "util/output_file.hpp"
#include "util/seeded_hash.hpp"
#include "wakepath/result.hpp"

namespace wakepath::exports::perfetto {

using Writer = protozero::pbf_writer;

// A slice's begin or end, an instant or a value, while it is built.
class TrackEvent;

class Packets {
 public:
  explicit Packets(OutputFile file) : file_(std::move(file)) {}

  // Before the first packet: they are deflated in the file, many at a time.
  void compress() { deflates_ = true; }

  // Called before the numbers of texts begin anew: what was built with the old ones is to be
  // written.
  void before_new_texts(std::function<void()> flush) { flush_ = std::move(flush); }

  // The number of a text, from 1. Escaped as for a terminal.
  std::uint64_t event_name(std::string_view text) { return number(interned::kEventNames, text); }
  std::uint64_t annotation_name(std::string_view text) {
    return number(interned::kAnnotationNames, text);
  }
  std::uint64_t annotation_text(std::string_view text) {
    return number(interned::kAnnotationStrings, text);
  }
  std::uint64_t kernel_symbol(std::string_view text) {
    return number(interned::kKernelSymbols, text);
  }

  // A packet with one field that is a message. `time_ns`: nullopt where it has none. Errors wait
  // for finish().
  void add(Field field, std::string_view message, std::optional<std::uint64_t> time_ns = {});
  void add(const TrackEvent& event, std::uint64_t time_ns);

  // bad_output, once something could not be written.
  [[nodiscard]] const Result<void>& state() const { return state_; }
  Result<std::uint64_t> finish();  // the bytes of the file
  OutputFile& file() { return file_; }

 private:
  std::uint64_t number(Field kind, std::string_view text);
  void make_room_for_texts();
  void write();
  void deflate();

  OutputFile file_;
  Result<void> state_;
  std::function<void()> flush_;
  SeededMap<std::string, std::uint64_t> texts_;  // by kind and text
  std::string key_;
  std::string new_texts_;  // InternedData that no packet has yet
  std::string packet_, buffer_, deflated_;
  bool deflates_{false};
  bool cleared_{true};  // the next packet says that all texts are told anew
};

class TrackEvent {
 public:
  TrackEvent(Packets& packets, track_event::Type type, std::uint64_t track);

  TrackEvent& name(std::string_view text);
  TrackEvent& note(std::string_view name, std::string_view text);
  TrackEvent& note(std::string_view name, std::uint64_t value);
  TrackEvent& note(std::string_view name, bool value);
  // A dictionary: `fill` is given what adds an entry.
  using Entry = std::function<void(std::string_view, std::uint64_t)>;
  TrackEvent& notes(std::string_view name, const std::function<void(const Entry&)>& fill);
  TrackEvent& flow(std::uint64_t id, bool ends);
  TrackEvent& correlation(std::uint64_t id);
  TrackEvent& value(std::int64_t number);

  [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
  Packets& packets_;
  std::string bytes_;
  Writer to_;
};

}  // namespace wakepath::exports::perfetto
