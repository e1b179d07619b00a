// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump/stored_facts.hpp"

#include <algorithm>
#include <string_view>

namespace wakepath::dump {
namespace {

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

// A kind that this version does not know is told apart by all that could be its key.
std::string key_of(Bytes bytes) {
  const auto fact = load<wp_fact>(bytes);
  std::string key;
  append_raw(key, fact.kind);
  switch (fact.kind) {
    case WP_FACT_HOST:
    case WP_FACT_CAPTURE:
    case WP_FACT_CLOCK:
    case WP_FACT_COST:
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

}  // namespace

void FactStore::keep(RecordView fact) {
  const Bytes bytes = fact.bytes();
  const auto kind = load<wp_fact>(bytes).kind;
  if (kind == WP_FACT_NOTICE || kind == WP_FACT_HOST_FILE) {
    return;
  }
  std::string key = key_of(bytes);
  const auto known = index_.find(key);
  const std::size_t replaced = known == index_.end() ? 0 : records_[known->second].size();
  if (bytes_ - replaced + bytes.size() > limit_) {
    partial_ = true;
    return;
  }
  bytes_ = bytes_ - replaced + bytes.size();
  if (known == index_.end()) {
    index_.emplace(std::move(key), records_.size());
    records_.emplace_back(bytes.begin(), bytes.end());
  } else {
    records_[known->second].assign(bytes.begin(), bytes.end());
  }
}

void FactStore::append_to(std::vector<std::byte>& out) const {
  for (const auto& record : records_) {
    out.insert(out.end(), record.begin(), record.end());
  }
}

}  // namespace wakepath::dump
