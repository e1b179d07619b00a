// SPDX-License-Identifier: GPL-2.0-or-later
// What the NDJSON lines have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "present/json.hpp"
#include "present/output.hpp"
#include "wakepath/sink.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::present {

// 0 stands for what is not known.
inline std::optional<std::uint64_t> known(std::uint64_t value) {
  return value == 0 ? std::nullopt : std::optional(value);
}

std::optional<std::uint32_t> known_irq(const Interrupt& interrupt);

// WakeChain writes "?" for a VM of which nothing is known.
void vm_field(JsonWriter& json, const std::string& vm);

// One line: {"type":TYPE, what `body` writes}
template <typename Body>
void ndjson_line(fmt::memory_buffer& out, std::string_view type, Body body) {
  JsonWriter json(out);
  json.begin_object();
  json.field("type", type);
  body(json);
  json.end_object();
  out.push_back('\n');
}

void latency_ndjson(JsonWriter& json, const LatencyRow& row);

// One line each. `source`: "live", "dump" or "import".
void header_ndjson(const Header& header, const std::string& source, fmt::memory_buffer& out);
void wake_ndjson(const WakeChain& chain, fmt::memory_buffer& out);
void delivery_ndjson(const Delivery& delivery, fmt::memory_buffer& out);
void loss_ndjson(const Loss& loss, fmt::memory_buffer& out);
void verdict_ndjson(const VerdictResult& verdict, fmt::memory_buffer& out);
// `untimed`: of a trace without times.
// A line for each part of the run.
void heat_map_ndjson(const std::vector<WorstOfTime>& course, fmt::memory_buffer& out);
void summary_ndjson(const Summary& summary, bool untimed, fmt::memory_buffer& out);

}  // namespace wakepath::present
