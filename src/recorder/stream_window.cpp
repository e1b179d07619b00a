// SPDX-License-Identifier: GPL-2.0-or-later
#include "recorder/stream_window.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "dump/dump_format.hpp"
#include "recorder/bytes.hpp"

namespace wakepath::recorder {

namespace {

// The record must not exceed WP_MAX_BATCH.
constexpr std::size_t kCpusInTick = (WP_MAX_BATCH - sizeof(wp_tick)) / sizeof(wp_tick_cpu) - 1;

void keep_all(dump::FactStore& store, Bytes facts) {
  while (const auto fact = RecordView::at(facts)) {
    store.keep(*fact);
    facts = facts.subspan(fact->bytes().size());
  }
}

StreamChunkPtr chunk_of(std::span<const std::byte> packed, std::vector<std::byte> facts) {
  auto chunk = std::make_shared<StreamChunk>();
  chunk->packed.assign(packed.begin(), packed.end());
  chunk->facts = std::move(facts);
  return chunk;
}

}  // namespace

Result<StreamWindow> StreamWindow::create(std::uint64_t span_ns, std::size_t limit_bytes) {
  WAKEPATH_TRY(auto packer, dump::ChunkPacker::create(dump::kGrowingChunkNs));
  WAKEPATH_TRY(auto files, dump::ChunkPacker::create(dump::kGrowingChunkNs));
  return StreamWindow(span_ns, limit_bytes, std::move(packer), std::move(files));
}

Result<std::vector<StreamChunkPtr>> StreamWindow::record(RecordView view) {
  std::vector<StreamChunkPtr> ended;
  if (view.type() == WP_RECORD_FACT && load<wp_fact>(view.bytes()).kind == WP_FACT_HOST_FILE) {
    WAKEPATH_CHECK(host_file(view));
    return ended;
  }
  if (packer_.is_open() && !packer_.has_room(view)) {
    WAKEPATH_TRY(auto chunk, end_chunk());
    ended.push_back(std::move(chunk));
  }
  if (!packer_.is_open()) {
    packer_.begin();
    next_begin_ = after_tick_ ? std::make_shared<const Totals>(totals_) : nullptr;
  }
  if (view.type() == WP_RECORD_FACT) {
    append(open_facts_, view.bytes());
  }
  after_tick_ = view.type() == WP_RECORD_TICK && tick(view);
  if (packer_.add(view)) {
    WAKEPATH_TRY(auto chunk, end_chunk());
    ended.push_back(std::move(chunk));
  }
  return ended;
}

// All parts of a tick but its last have the time of the tick before.
bool StreamWindow::tick(RecordView view) {
  const auto head = load<wp_tick>(view.bytes());
  const bool whole = head.time_ns > totals_.time_ns;
  totals_.time_ns = head.time_ns;
  totals_.missed = head.missed;
  totals_.number = head.number;
  totals_.flags = head.flags & WP_TICK_MISSED_THEN;
  for (std::size_t i = 0; i < view.count(); ++i) {
    const auto cpu = load<wp_tick_cpu>(view.bytes(), sizeof(wp_tick) + i * sizeof(wp_tick_cpu));
    const auto at = std::ranges::lower_bound(totals_.cpus, cpu.cpu, {},
                                             [](const auto& one) { return one.cpu; });
    if (at != totals_.cpus.end() && at->cpu == cpu.cpu) {
      lost_ += cpu.failed - at->failed;
      *at = cpu;
    } else {
      lost_ += cpu.failed;
      totals_.cpus.insert(at, cpu);
    }
  }
  return whole;
}

// A CPU that the next tick does not list has handed nothing on since the newest one. A stream
// without numbers tells nothing of it.
bool StreamWindow::all_came_by(RecordView next_tick) const {
  if (totals_.number == 0) {
    return true;
  }
  std::vector<wp_tick_cpu> now = totals_.cpus;
  for (std::size_t i = 0; i < next_tick.count(); ++i) {
    const auto cpu =
        load<wp_tick_cpu>(next_tick.bytes(), sizeof(wp_tick) + i * sizeof(wp_tick_cpu));
    const auto at =
        std::ranges::lower_bound(now, cpu.cpu, {}, [](const auto& one) { return one.cpu; });
    if (at != now.end() && at->cpu == cpu.cpu) {
      at->handed = cpu.handed;
    }
  }
  return std::ranges::all_of(now, [](const wp_tick_cpu& cpu) {
    return static_cast<std::int32_t>(cpu.handed - static_cast<std::uint32_t>(cpu.written)) >= 0;
  });
}

Result<void> StreamWindow::host_file(RecordView view) {
  if (files_.is_open() && !files_.has_room(view)) {
    WAKEPATH_CHECK(end_files());
  }
  if (!files_.is_open()) {
    files_.begin();
  }
  files_.add(view);
  return {};
}

Result<void> StreamWindow::end_files() {
  WAKEPATH_TRY(const auto packed, files_.pack());
  file_chunks_.push_back(chunk_of(packed, {}));
  bytes_ += file_chunks_.back()->bytes();
  return {};
}

Result<StreamChunkPtr> StreamWindow::end_chunk() {
  WAKEPATH_TRY(const auto packed, packer_.pack());
  StreamChunkPtr chunk = chunk_of(packed, std::exchange(open_facts_, {}));
  held_.push_back({chunk, std::exchange(next_begin_, nullptr), std::exchange(first_, false)});
  bytes_ += held_.back().bytes();
  let_go();
  return chunk;
}

Result<StreamChunkPtr> StreamWindow::flush() {
  return packer_.is_open() ? end_chunk() : Result<StreamChunkPtr>{};
}

// Up to the next place where a recording may begin, or what is left is of no use.
void StreamWindow::let_go() {
  const std::uint64_t wanted = totals_.time_ns - std::min(totals_.time_ns, span_ns_);
  while (true) {
    const auto next = std::find_if(held_.begin() + (held_.empty() ? 0 : 1), held_.end(),
                                   [](const Held& one) { return one.may_begin(); });
    if (next == held_.end() || (next->begin_ns() > wanted && bytes_ <= limit_bytes_)) {
      return;
    }
    for (auto left = next - held_.begin(); left > 0; --left) {
      let_go_first();
    }
  }
}

void StreamWindow::let_go_first() {
  bytes_ -= held_.front().bytes();
  keep_all(facts_, held_.front().chunk->facts);
  held_.pop_front();
}

void StreamWindow::append_ticks(const Totals& totals, std::vector<std::byte>& out) {
  const std::size_t parts =
      std::max<std::size_t>(1, (totals.cpus.size() + kCpusInTick - 1) / kCpusInTick);
  for (std::size_t part = 0; part < parts; ++part) {
    const std::size_t from = part * kCpusInTick;
    const std::size_t count = std::min(kCpusInTick, totals.cpus.size() - from);
    wp_tick tick{};
    tick.record = {WP_RECORD_TICK, static_cast<std::uint16_t>(count),
                   static_cast<std::uint32_t>(sizeof(tick) + count * sizeof(wp_tick_cpu))};
    tick.time_ns = totals.time_ns;
    tick.missed = totals.missed;
    tick.flags = totals.flags | WP_TICK_JOINED;
    tick.number = totals.number;
    append(out, std::as_bytes(std::span(&tick, 1)));
    append(out, std::as_bytes(std::span(totals.cpus).subspan(from, count)));
  }
}

Result<std::vector<StreamChunkPtr>> StreamWindow::files_beyond(std::size_t known) {
  if (files_.is_open()) {
    WAKEPATH_CHECK(end_files());
  }
  return std::vector<StreamChunkPtr>(
      file_chunks_.begin() + static_cast<std::ptrdiff_t>(std::min(known, file_chunks_.size())),
      file_chunks_.end());
}

Opening StreamWindow::open_since(std::uint64_t since_ns) const {
  auto from = std::ranges::find_if(held_, &Held::may_begin);
  for (auto at = from; at != held_.end(); ++at) {
    if (at->may_begin() && at->begin_ns() <= since_ns) {
      from = at;
    }
  }
  dump::FactStore facts = facts_;
  for (auto at = held_.begin(); at != from; ++at) {
    keep_all(facts, at->chunk->facts);
  }
  Opening opening;
  facts.append_to(opening.records);
  // Where none is held the open chunk is the capture's first.
  const Totals* const begin = from == held_.end() ? next_begin_.get() : from->begin.get();
  if (begin != nullptr) {
    opening.begin_ns = begin->time_ns;
    append_ticks(*begin, opening.records);
  }
  for (; from != held_.end(); ++from) {
    opening.chunks.push_back(from->chunk);
  }
  return opening;
}

bool StreamWindow::holds(std::uint64_t since_ns) const {
  const auto from = std::ranges::find_if(held_, &Held::may_begin);
  const std::uint64_t open_ns = next_begin_ ? next_begin_->time_ns : 0;
  return (from == held_.end() ? open_ns : from->begin_ns()) <= since_ns;
}

}  // namespace wakepath::recorder
