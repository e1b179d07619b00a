// SPDX-License-Identifier: GPL-2.0-or-later
// The last part of a stream, in bounded memory: chunks of a dump, each packed, from which a
// recording can be made that begins in the midst of the capture.
//
//   facts of all that was let go | chunk | chunk | chunk | the open one
//                                ^ a tick of the capture: here a recording may begin
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "dump/chunk_packer.hpp"
#include "dump/stored_facts.hpp"
#include "wakepath/record.hpp"

namespace wakepath::recorder {

// Facts are one for each name of the host. They are not let go.
inline constexpr std::size_t kFactBytes = std::size_t{16} << 20U;

// A chunk without a place, and the facts in it, unpacked.
struct StreamChunk {
  std::vector<std::byte> packed;
  std::vector<std::byte> facts;

  [[nodiscard]] std::size_t bytes() const { return packed.capacity() + facts.capacity(); }
};
using StreamChunkPtr = std::shared_ptr<const StreamChunk>;

// What a recording begins with that holds the stream from `begin_ns` on.
struct Opening {
  std::uint64_t begin_ns{};        // all that happened since is in it
  std::vector<std::byte> records;  // facts, and ticks with WP_TICK_JOINED
  std::vector<StreamChunkPtr> chunks;
};

class StreamWindow {
 public:
  // Holds the last `span_ns` of the stream, and no more than about `limit_bytes`.
  static Result<StreamWindow> create(std::uint64_t span_ns, std::size_t limit_bytes);

  // The chunks that have just ended; seldom two.
  Result<std::vector<StreamChunkPtr>> record(RecordView view);
  // Ends the open chunk; null: there is none.
  Result<StreamChunkPtr> flush();
  // From the last place where a recording may begin and that is not after `since_ns`, or from the
  // first one that is held. What stands in the open chunk comes when that ends.
  [[nodiscard]] Opening open_since(std::uint64_t since_ns) const;
  // Would that have all that happened since?
  [[nodiscard]] bool holds(std::uint64_t since_ns) const;

  // What the host's files have said, less the first `known` chunks of it. They may come late.
  Result<std::vector<StreamChunkPtr>> files_beyond(std::size_t known);

  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // The newest tick's time.
  [[nodiscard]] std::uint64_t now_ns() const { return totals_.time_ns; }
  // Has all come that the newest tick counts, by what the one that follows it says was handed on?
  [[nodiscard]] bool all_came_by(RecordView next_tick) const;
  // Events that were lost by the newest tick.
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 private:
  // The totals of a tick, as WP_TICK_JOINED tells them.
  struct Totals {
    std::uint64_t time_ns{};
    std::uint64_t missed{};
    std::uint32_t number{};
    std::uint32_t flags{};
    std::vector<wp_tick_cpu> cpus;  // those of which a tick told something
  };
  struct Held {
    StreamChunkPtr chunk;
    // Right before it stands this tick. Null: it began in the midst of a round.
    std::shared_ptr<const Totals> begin;
    bool first{};  // of the capture

    [[nodiscard]] bool may_begin() const { return begin || first; }
    [[nodiscard]] std::uint64_t begin_ns() const { return begin ? begin->time_ns : 0; }
    [[nodiscard]] std::size_t bytes() const {
      return chunk->bytes() + (begin ? begin->cpus.capacity() * sizeof(wp_tick_cpu) : 0);
    }
  };

  StreamWindow(std::uint64_t span_ns, std::size_t limit_bytes, dump::ChunkPacker packer,
               dump::ChunkPacker files)
      : span_ns_(span_ns),
        limit_bytes_(limit_bytes),
        packer_(std::move(packer)),
        files_(std::move(files)),
        facts_(kFactBytes) {}

  // False: more of the same tick follows.
  bool tick(RecordView view);
  Result<void> host_file(RecordView view);
  Result<void> end_files();
  Result<StreamChunkPtr> end_chunk();
  void let_go();
  void let_go_first();
  static void append_ticks(const Totals& totals, std::vector<std::byte>& out);

  std::uint64_t span_ns_;
  std::size_t limit_bytes_;
  dump::ChunkPacker packer_;
  dump::ChunkPacker files_;                  // of the host
  std::vector<StreamChunkPtr> file_chunks_;  // what the host's files said, always held
  std::vector<std::byte> open_facts_;        // of the open chunk
  std::deque<Held> held_;
  std::shared_ptr<const Totals> next_begin_;  // of the open chunk
  bool first_{true};                          // the open chunk is the capture's first
  bool after_tick_{false};
  Totals totals_;
  std::uint64_t lost_{0};
  std::size_t bytes_{0};
  dump::FactStore facts_;  // of all that was let go
};

}  // namespace wakepath::recorder
