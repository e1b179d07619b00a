// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/fact_record.hpp"

#include <algorithm>
#include <string_view>

namespace wakepath::record {

namespace {

constexpr std::size_t kMaxString = 4096;

std::size_t padded(std::size_t bytes) { return (bytes + 7) / 8 * 8; }

std::string_view first_string(Bytes fact) {
  const std::size_t start = sizeof(wp_fact) + sizeof(std::uint16_t);
  if (fact.size() < start) {
    return {};
  }
  const std::size_t length = load<std::uint16_t>(fact, sizeof(wp_fact));
  const Bytes rest = fact.subspan(start);
  return {reinterpret_cast<const char*>(rest.data()), std::min(length, rest.size())};
}

template <typename T>
void append_raw(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

}  // namespace

const std::string& FactRecord::text(std::size_t index) const {
  static const std::string empty;
  return index < strings.size() ? strings[index] : empty;
}

std::vector<std::byte> encode(const FactRecord& fact) {
  std::size_t size = sizeof(wp_fact);
  std::uint16_t count = 0;
  for (const std::string& text : fact.strings) {
    const std::size_t bytes = sizeof(std::uint16_t) + std::min(text.size(), kMaxString);
    if (padded(size + bytes) > WP_MAX_BATCH) {
      break;
    }
    size += bytes;
    ++count;
  }
  std::vector<std::byte> out(padded(size));
  wp_fact head{};
  head.record = {WP_RECORD_FACT, count, static_cast<std::uint32_t>(out.size())};
  head.kind = fact.kind;
  std::copy(fact.value.begin(), fact.value.end(), std::begin(head.value));
  std::memcpy(out.data(), &head, sizeof(head));
  std::size_t at = sizeof(head);
  for (std::size_t i = 0; i < count; ++i) {
    const auto length = static_cast<std::uint16_t>(std::min(fact.strings[i].size(), kMaxString));
    std::memcpy(out.data() + at, &length, sizeof(length));
    std::memcpy(out.data() + at + sizeof(length), fact.strings[i].data(), length);
    at += sizeof(length) + length;
  }
  return out;
}

Result<FactRecord> decode_fact_record(RecordView view) {
  const Bytes bytes = view.bytes();
  if (view.type() != WP_RECORD_FACT || bytes.size() < sizeof(wp_fact)) {
    return fail(ErrorKind::bad_input, "a fact record is too short");
  }
  const auto head = load<wp_fact>(bytes);
  FactRecord fact;
  fact.kind = head.kind;
  std::copy(std::begin(head.value), std::end(head.value), fact.value.begin());
  std::size_t at = sizeof(wp_fact);
  for (std::size_t i = 0; i < view.count(); ++i) {
    if (at + sizeof(std::uint16_t) > bytes.size()) {
      return fail(ErrorKind::bad_input, "a fact record's strings do not fit its size");
    }
    const std::size_t length = load<std::uint16_t>(bytes, at);
    at += sizeof(std::uint16_t);
    if (length > bytes.size() - at) {
      return fail(ErrorKind::bad_input, "a fact record's strings do not fit its size");
    }
    const Bytes text = bytes.subspan(at, length);
    fact.strings.emplace_back(reinterpret_cast<const char*>(text.data()), text.size());
    at += length;
  }
  return fact;
}

std::string fact_key(RecordView view) {
  const Bytes bytes = view.bytes();
  const auto fact = load<wp_fact>(bytes);
  std::string key;
  append_raw(key, fact.kind);
  switch (fact.kind) {
    case WP_FACT_HOST:
    case WP_FACT_CAPTURE:
    case WP_FACT_CLOCK:
    case WP_FACT_COST:
    case WP_FACT_TIME_OF_DAY:
      break;
    case WP_FACT_VM:
    case WP_FACT_VCPU:
    case WP_FACT_IRQ:
    case WP_FACT_SYMBOL:
      append_raw(key, fact.value[0]);
      break;
    case WP_FACT_VCPU_SINCE:
      append_raw(key, static_cast<std::uint32_t>(fact.value[0]));
      break;
    case WP_FACT_EVENT:
    case WP_FACT_PROGRAM:
      key += first_string(bytes);
      break;
    default:
      append_raw(key, fact.value[0]);
      key += first_string(bytes);
      break;
  }
  return key;
}

}  // namespace wakepath::record
