// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "dump/chunk_file.hpp"
#include "dump/problems.hpp"
#include "util/escape.hpp"
#include "util/saturated.hpp"

namespace wakepath::dump {
namespace {

// How far a file without the magic is searched for a chunk before it is called no dump.
constexpr std::uint64_t kProbeBytes = std::uint64_t{4} * 1024 * 1024;
// How much of a damaged place is searched before a stream may forget it.
constexpr std::uint64_t kSearchBytes = std::uint64_t{1} * 1024 * 1024;

struct Damage {
  std::uint64_t offset;
  std::string reason;
  bool cut;  // the file ends in the middle of it
};

struct GoodChunk {
  std::uint64_t offset;
  ChunkHeader header;
  Payload payload;
};

tl::unexpected<Error> interrupted() { return fail(ErrorKind::interrupted, "interrupted"); }

Result<void> hand_gap(RecordSink& sink, std::optional<std::uint64_t> lost_events) {
  wp_gap gap{};
  gap.record = {WP_RECORD_GAP, 0, sizeof(wp_gap)};
  gap.lost_events = lost_events.value_or(0);
  return sink.record(*RecordView::at(std::as_bytes(std::span(&gap, 1))));
}

}  // namespace

struct DumpSource::Impl {
  Impl(std::unique_ptr<Input> input, Checks checks) : file(std::move(input), checks) {}

  Result<void> read_header(const std::string& name);
  Result<bool> pump(RecordSink& sink);
  std::optional<GoodChunk> next_good();
  void note(std::uint64_t offset, std::string reason, bool cut);
  void skip_to_next_header(std::uint64_t from);
  Result<void> close_gap(RecordSink& sink, const GoodChunk& next);
  Result<void> hand_facts(RecordSink& sink, std::uint64_t from);
  Result<void> hand_fact_section(RecordSink& sink, Bytes facts, std::uint64_t sequence);
  Result<void> hand_records(RecordSink& sink, const GoodChunk& chunk);
  Result<void> end_without_closing(RecordSink& sink);
  void check_after_closing();
  void end();

  ChunkFile file;
  std::optional<FileHeader> header;
  DumpInfo info;
  Problems problems;
  std::uint64_t position{sizeof(FileHeader)};
  std::uint64_t next_sequence{0};
  std::uint64_t records_until_here{0};  // of the recording, those that were lost included
  std::uint64_t events_until_here{0};
  std::optional<Damage> damage;        // met since the last good chunk
  std::uint64_t facts_known_until{0};  // repeated facts up to this offset have been handed on
  bool ended{false};
  std::function<bool()> stopped;
  bool stop_seen{false};

  bool is_stopped() {
    stop_seen = stop_seen || file.is_interrupted() || (stopped && stopped());
    return stop_seen;
  }
};

Result<void> DumpSource::Impl::read_header(const std::string& name) {
  const auto refuse = [&name](std::string_view why) {
    return fail(ErrorKind::bad_input, fmt::format("{} {}", escape_terminal(name), why));
  };
  info.file_bytes = file.size();
  if (!file.reaches(1)) {
    return refuse("is empty: not a wakepath dump");
  }
  header = file.file_header();
  if (header) {
    if (header->version != kVersion) {
      return refuse(fmt::format("has dump format version {}; wakepath " WAKEPATH_VERSION
                                " reads version {}",
                                header->version, kVersion));
    }
    info.version = header->version;
    info.incomplete = (header->flags & kIncomplete) != 0;
    return {};
  }
  if (!file.reaches(sizeof(FileHeader))) {
    return refuse(file.starts_with_magic() ? "is cut inside its header: no chunk is left to replay"
                                           : "is not a wakepath dump");
  }
  const auto first = file.find(sizeof(FileHeader), kProbeBytes);
  if (!first && !file.starts_with_magic()) {
    return refuse("is not a wakepath dump");
  }
  problems.add("the header is damaged: read without it");
  return {};
}

void DumpSource::Impl::note(std::uint64_t offset, std::string reason, bool cut) {
  if (!damage) {
    damage = Damage{offset, std::move(reason), cut};
  }
}

void DumpSource::Impl::skip_to_next_header(std::uint64_t from) {
  while (file.reaches(from + 1) && !is_stopped()) {
    if (const auto found = file.find(from, from + kSearchBytes)) {
      position = *found;
      if (damage) {
        damage->cut = false;
      }
      return;
    }
    // A header may begin with the last bytes of what was searched.
    from += kSearchBytes - (sizeof(kChunkMagic) - 1);
    file.release(from);
  }
  position = file.size();
}

// Steps over what is damaged; every byte is looked at once, also where headers lie about lengths.
std::optional<GoodChunk> DumpSource::Impl::next_good() {
  while (file.reaches(position + 1) && !is_stopped()) {
    file.release(position);
    const auto chunk = file.header_at(position);
    if (!chunk) {
      note(position, "header", file.cut_header_at(position));
      skip_to_next_header(position + 1);
      continue;
    }
    const std::uint64_t end = ChunkFile::end_of(position, *chunk);
    if (!file.reaches(end)) {
      note(position, "length", true);
      skip_to_next_header(position + sizeof(ChunkHeader));
      continue;
    }
    if (chunk->sequence < next_sequence) {
      note(position, "out of order", false);
      position = end;
      continue;
    }
    auto payload = file.load(position, *chunk);
    if (!payload) {
      note(position, payload.error(), false);
      position = end;
      continue;
    }
    return GoodChunk{position, *chunk, *payload};
  }
  return std::nullopt;
}

Result<void> DumpSource::Impl::close_gap(RecordSink& sink, const GoodChunk& next) {
  const std::uint64_t first = std::exchange(next_sequence, next.header.sequence);
  const std::uint64_t records = std::exchange(records_until_here, next.header.records_before);
  const std::uint64_t events = std::exchange(events_until_here, next.header.events_before);
  const auto met = std::exchange(damage, std::nullopt);
  if (next.header.sequence == first) {
    problems.add(fmt::format("{} bytes at offset {} belong to no chunk: skipped, nothing is lost",
                             next.offset - met->offset, met->offset));
    return {};
  }
  const auto lost = events_until_here < events || records_until_here < records
                        ? std::nullopt
                        : std::optional(events_until_here - events);
  info.damaged_chunks += next.header.sequence - first;
  info.lost_events = saturated_sum(info.lost_events, lost.value_or(0));
  problems.add(fmt::format("{} at offset {} {} {}: {}", chunks_text(first, next.header.sequence),
                           met ? met->offset : next.offset, is_or_are(first, next.header.sequence),
                           met ? fmt::format("damaged ({})", met->reason) : "missing",
                           events_not_readable(lost)));
  if (auto done = hand_gap(sink, lost); !done) {
    return done;
  }
  return hand_facts(sink, next.offset);
}

// The first repeated facts from `from` on: names that the damaged part held are right at once.
Result<void> DumpSource::Impl::hand_facts(RecordSink& sink, std::uint64_t from) {
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t limit = file.look_ahead() < most - from ? from + file.look_ahead() : most;
  from = std::max(from, facts_known_until);
  while (from < limit && file.reaches(from + 1) && !is_stopped()) {
    const auto chunk = file.header_at(from);
    if (!chunk) {
      from = file.find(from + 1, limit).value_or(limit);
      continue;
    }
    const std::uint64_t end = ChunkFile::end_of(from, *chunk);
    if ((chunk->flags & kChunkFacts) != 0 && file.reaches(end)) {
      if (auto payload = file.load(from, *chunk)) {
        facts_known_until = end;
        return hand_fact_section(sink, payload->facts, chunk->sequence);
      }
    }
    from = end;
  }
  facts_known_until = from;
  return {};
}

Result<void> DumpSource::Impl::hand_fact_section(RecordSink& sink, Bytes facts,
                                                 std::uint64_t sequence) {
  while (!facts.empty()) {
    const auto view = RecordView::at(facts);
    if (!view || view->type() != WP_RECORD_FACT) {
      problems.add(fmt::format("chunk {}: its repeated facts can't be read", sequence));
      return {};
    }
    if (auto done = sink.record(*view); !done) {
      return done;
    }
    facts = facts.subspan(view->bytes().size());
  }
  return {};
}

Result<void> DumpSource::Impl::hand_records(RecordSink& sink, const GoodChunk& chunk) {
  std::uint64_t records = 0;
  std::uint64_t events = 0;
  constexpr std::size_t kAskedEach = std::size_t{64} * 1024;  // bytes
  std::size_t until_asked = 0;
  Bytes rest = chunk.payload.records;
  while (!rest.empty()) {
    const auto view = RecordView::at(rest);
    if (!view) {
      break;
    }
    if (view->bytes().size() > until_asked) {
      if (is_stopped()) {
        return interrupted();
      }
      until_asked = kAskedEach;
    } else {
      until_asked -= view->bytes().size();
    }
    records += 1;
    events += events_in(*view);
    info.records += 1;
    info.events += events_in(*view);
    if (auto done = sink.record(*view); !done) {
      return done;
    }
    rest = rest.subspan(view->bytes().size());
  }
  if (rest.empty() && records == chunk.header.records && events == chunk.header.events) {
    return {};
  }
  const auto lost = rest.empty() || chunk.header.events < events
                        ? std::nullopt
                        : std::optional(chunk.header.events - events);
  info.damaged_chunks += 1;
  info.lost_events = saturated_sum(info.lost_events, lost.value_or(0));
  problems.add(
      rest.empty()
          ? fmt::format("chunk {} at offset {} holds {} records with {} events, not {} with {}",
                        chunk.header.sequence, chunk.offset, records, events, chunk.header.records,
                        chunk.header.events)
          : fmt::format("chunk {} at offset {} is damaged (record {}): {}", chunk.header.sequence,
                        chunk.offset, records, events_not_readable(lost)));
  return hand_gap(sink, lost);
}

void DumpSource::Impl::check_after_closing() {
  info.incomplete = false;
  for (std::uint64_t at = position; file.reaches(at + 1); at = file.size()) {
    file.release(at);
  }
  if (position < file.size()) {
    problems.add(fmt::format("{} bytes after the dump's end, at offset {}, are no part of it",
                             file.size() - position, position));
  }
}

Result<void> DumpSource::Impl::end_without_closing(RecordSink& sink) {
  const bool totals_known = header && (header->flags & kIncomplete) == 0;
  const bool killed = header && (header->flags & kIncomplete) != 0;
  info.incomplete = true;
  if (killed) {
    problems.add("was not closed (INCOMPLETE): its recorder runs, was killed, or had no room");
  }
  if (!damage && killed) {
    return {};  // it ends with a whole chunk: nothing is known to be missing
  }
  const bool nothing_lost = totals_known && header->records <= records_until_here;
  const auto lost = totals_known && header->events >= events_until_here
                        ? std::optional(header->events - events_until_here)
                        : std::nullopt;
  const std::string effect = nothing_lost ? "nothing is lost" : events_not_readable(lost);
  info.lost_events = saturated_sum(info.lost_events, nothing_lost ? 0 : lost.value_or(0));
  if (!damage) {
    problems.add(fmt::format("{} at offset {} after {} chunks: replayed up to there, {}",
                             header ? "cut" : "ends without its closing chunk", file.size(),
                             next_sequence, effect));
  } else if (damage->cut) {
    problems.add(fmt::format("cut at offset {} inside chunk {}: replayed up to there, {}",
                             file.size(), next_sequence, effect));
  } else {
    info.damaged_chunks += 1;
    problems.add(
        fmt::format("chunk {} at offset {} is damaged ({}) and nothing readable follows: {}",
                    next_sequence, damage->offset, damage->reason, effect));
  }
  return nothing_lost ? Result<void>{} : hand_gap(sink, lost);
}

void DumpSource::Impl::end() {
  ended = true;
  info.file_bytes = file.size();
  if (std::string why = file.trouble(); !why.empty()) {
    problems.add(std::move(why));
  }
  problems.finish();
}

Result<bool> DumpSource::Impl::pump(RecordSink& sink) {
  auto good = next_good();
  info.read_bytes = position;
  if (is_stopped()) {
    ended = true;
    return interrupted();
  }
  if (!good) {
    auto done = end_without_closing(sink);
    end();
    return done.map([] { return false; });
  }
  if (damage || good->header.sequence != next_sequence) {
    return close_gap(sink, *good).map([] { return true; });
  }
  const bool closing = (good->header.flags & kChunkClosing) != 0;
  position = ChunkFile::end_of(good->offset, good->header);
  next_sequence = good->header.sequence + 1;
  records_until_here = good->header.records_before + good->header.records;
  events_until_here = good->header.events_before + good->header.events;
  info.chunks += 1;
  if (const std::uint64_t first = good->header.first_ns; first != 0) {
    info.first_ns = info.first_ns == 0 ? first : std::min(info.first_ns, first);
  }
  info.last_ns = std::max(info.last_ns, good->header.last_ns);
  auto done = hand_records(sink, *good);
  if (closing) {
    check_after_closing();
    end();
  }
  return done.map([closing] { return !closing; });
}

DumpSource::DumpSource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DumpSource::~DumpSource() = default;

Result<std::unique_ptr<DumpSource>> DumpSource::open(const std::string& path) {
  auto input = FileInput::open(path);
  if (!input) {
    return tl::unexpected(input.error());
  }
  return over(std::move(*input), Checks::all, path);
}

Result<std::unique_ptr<DumpSource>> DumpSource::over(std::unique_ptr<Input> input, Checks checks,
                                                     const std::string& name) {
  auto impl = std::make_unique<Impl>(std::move(input), checks);
  if (auto read = impl->read_header(name); !read) {
    return tl::unexpected(read.error());
  }
  return std::unique_ptr<DumpSource>(new DumpSource(std::move(impl)));
}

void DumpSource::stop_when(std::function<bool()> stopped) { impl_->stopped = std::move(stopped); }

Result<bool> DumpSource::pump(RecordSink& sink) {
  if (impl_->ended) {
    return false;
  }
  auto more = impl_->pump(sink);
  impl_->ended = impl_->ended || !more;
  return more;
}

const DumpInfo& DumpSource::info() const { return impl_->info; }

const std::vector<std::string>& DumpSource::problems() const { return impl_->problems.lines(); }

}  // namespace wakepath::dump
