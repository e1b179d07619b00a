// SPDX-License-Identifier: GPL-2.0-or-later
// What passes between a capture and the process that writes its recordings: frames with a head.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "recorder/dump_files.hpp"
#include "recorder/dump_sink.hpp"
#include "wakepath/record.hpp"

namespace wakepath::recorder {

enum class FrameKind : std::uint32_t { begin, records, chunk, end, news };

struct FrameHead {
  FrameKind kind{};
  std::uint32_t bytes{};  // of what follows
};
// A chunk's records and facts are far less.
inline constexpr std::uint32_t kMostFrameBytes = std::uint32_t{64} << 20U;

std::vector<std::byte> frame_of(FrameKind kind, Bytes payload);
std::vector<std::byte> frame_of(FrameKind kind, const DumpReason& reason);
std::vector<std::byte> frame_of(const StreamChunk& chunk);
std::vector<std::byte> frame_of(const StoreNews& news);

// nullopt: it is not what its kind says.
std::optional<DumpReason> reason_in(Bytes payload);
std::optional<StreamChunk> chunk_in(Bytes payload);
std::optional<StoreNews> news_in(Bytes payload);

}  // namespace wakepath::recorder
