// SPDX-License-Identifier: GPL-2.0-or-later
#include "recorder/store_frames.hpp"

#include <algorithm>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>

#include "dump/dump_format.hpp"
#include "recorder/bytes.hpp"

namespace wakepath::recorder {

namespace {

struct ReasonHead {
  double times_limit;
  std::uint64_t realtime_ns;
  std::uint64_t breaches;
  std::uint64_t number;
  std::uint64_t cut;
};

struct NewsHead {
  std::uint64_t kind;
  std::uint64_t files;
  std::uint64_t bytes;
  std::uint64_t number;
  std::uint64_t path_bytes;
};

template <typename T>
requires std::is_trivially_copyable_v<T> Bytes raw(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

std::string text_in(Bytes bytes) {
  std::string text(bytes.size(), '\0');
  std::ranges::transform(bytes, text.begin(), [](std::byte one) { return static_cast<char>(one); });
  return text;
}

}  // namespace

std::vector<std::byte> frame_of(FrameKind kind, Bytes payload) {
  const FrameHead head{kind, static_cast<std::uint32_t>(payload.size())};
  std::vector<std::byte> frame;
  frame.reserve(sizeof(head) + payload.size());
  append(frame, raw(head));
  append(frame, payload);
  return frame;
}

std::vector<std::byte> frame_of(FrameKind kind, const DumpReason& reason) {
  const ReasonHead head{reason.times_limit, reason.realtime_ns, reason.breaches, reason.number,
                        reason.cut ? 1U : 0U};
  std::vector<std::byte> payload;
  append(payload, raw(head));
  append(payload, encode(reason.breach));
  return frame_of(kind, payload);
}

std::vector<std::byte> frame_of(const StreamChunk& chunk) {
  const std::uint64_t facts = chunk.facts.size();
  std::vector<std::byte> payload;
  append(payload, raw(facts));
  append(payload, chunk.facts);
  append(payload, chunk.packed);
  return frame_of(FrameKind::chunk, payload);
}

std::vector<std::byte> frame_of(const StoreNews& news) {
  const NewsHead head{static_cast<std::uint64_t>(news.kind), news.files, news.bytes, news.number,
                      news.path.size()};
  std::vector<std::byte> payload;
  append(payload, raw(head));
  append(payload, std::as_bytes(std::span(news.path)));
  append(payload, std::as_bytes(std::span(news.text)));
  return frame_of(FrameKind::news, payload);
}

std::optional<DumpReason> reason_in(Bytes payload) {
  if (payload.size() < sizeof(ReasonHead)) {
    return std::nullopt;
  }
  const auto head = load<ReasonHead>(payload);
  const auto record = RecordView::at(payload.subspan(sizeof(head)));
  const auto fact = record ? decode_fact(*record) : Result<Fact>(UnknownFact{});
  if (!fact || !std::holds_alternative<BreachFact>(*fact)) {
    return std::nullopt;
  }
  return DumpReason{std::get<BreachFact>(*fact),
                    head.times_limit,
                    head.realtime_ns,
                    head.breaches,
                    head.number,
                    head.cut != 0};
}

std::optional<StreamChunk> chunk_in(Bytes payload) {
  const auto facts = load<std::uint64_t>(payload);
  if (payload.size() < sizeof(facts) || facts > payload.size() - sizeof(facts)) {
    return std::nullopt;
  }
  const Bytes rest = payload.subspan(sizeof(facts));
  const Bytes packed = rest.subspan(facts);
  if (packed.size() < sizeof(dump::ChunkHeader)) {
    return std::nullopt;
  }
  return StreamChunk{{packed.begin(), packed.end()},
                     {rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(facts)}};
}

std::optional<StoreNews> news_in(Bytes payload) {
  const auto head = load<NewsHead>(payload);
  if (payload.size() < sizeof(head) || head.path_bytes > payload.size() - sizeof(head) ||
      head.kind > static_cast<std::uint64_t>(StoreNews::Kind::no_hook)) {
    return std::nullopt;
  }
  const Bytes rest = payload.subspan(sizeof(head));
  return StoreNews{static_cast<StoreNews::Kind>(head.kind),
                   text_in(rest.first(head.path_bytes)),
                   text_in(rest.subspan(head.path_bytes)),
                   head.files,
                   head.bytes,
                   head.number};
}

}  // namespace wakepath::recorder
