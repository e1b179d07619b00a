// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump/stored_facts.hpp"

#include "record/fact_record.hpp"

namespace wakepath::dump {
void FactStore::keep(RecordView fact) {
  const Bytes bytes = fact.bytes();
  const auto kind = load<wp_fact>(bytes).kind;
  if (kind == WP_FACT_NOTICE || kind == WP_FACT_HOST_FILE || kind == WP_FACT_BREACH) {
    return;
  }
  std::string key = record::fact_key(fact);
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
