// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/tep_graph.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <event-parse.h>
#include <fmt/format.h>

namespace wakepath::foreign {

namespace {

constexpr std::uint32_t kDeepestCall = 128;  // as graph::parse_line
constexpr std::size_t kLongestBody = 8192;   // of a line of the kernel's (struct trace_seq)
constexpr std::size_t kLongestFunction = 256;
constexpr std::uint64_t kSecond = 1'000'000'000;

Bytes bytes_of(const tep_record& record) {
  return {static_cast<const std::byte*>(record.data),
          static_cast<std::size_t>(std::max(record.size, 0))};
}

// No name ends a line or a column.
std::string one_word(std::string_view text, std::size_t longest) {
  std::string out(text.substr(0, longest));
  std::ranges::replace_if(
      out, [](unsigned char c) { return c < 0x20 || c == 0x7f || c == '|'; }, '?');
  return out;
}

std::string function_word(std::string_view name, std::uint64_t address) {
  std::string out(name.substr(0, kLongestFunction));
  std::ranges::replace_if(
      out,
      [](unsigned char c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return !letter && (c < '0' || c > '9') && c != '_' && c != '.' && c != '$' && c != ':';
      },
      '_');
  return out.empty() ? fmt::format("0x{:x}", address) : out;
}

}  // namespace

TepGraph::TepGraph(tep_handle& tep, TepEvents::FunctionName function_name)
    : tep_(tep), function_name_(std::move(function_name)) {
  const int count = ::tep_get_events_count(&tep);
  for (int i = 0; i < count; ++i) {
    tep_event* format = ::tep_get_event(&tep, i);
    if (format != nullptr && format->name != nullptr && format->system != nullptr) {
      add(*format);
    }
  }
}

void TepGraph::add(const tep_event& format) {
  auto& event = const_cast<tep_event&>(format);
  if (type_.kind == TepField::Kind::missing) {
    type_ = tep_field(::tep_find_common_field(&event, "common_type"));
    tid_ = tep_field(::tep_find_common_field(&event, "common_pid"));
  }
  const std::string_view name = format.name;
  const bool entry = name == "funcgraph_entry" || name == "fgraph_retaddr_entry";
  if (std::string_view(format.system) != "ftrace" || (!entry && name != "funcgraph_exit")) {
    return;
  }
  const auto field = [&](const char* of) { return tep_field(::tep_find_field(&event, of)); };
  formats_[static_cast<std::uint64_t>(format.id)] = {field("func"), field("depth"),
                                                     field("calltime"), field("rettime"), entry};
}

const TepGraph::Format* TepGraph::format_of(const tep_record& record) const {
  const auto found = formats_.find(TepRecord(tep_, bytes_of(record)).number(type_));
  return found == formats_.end() ? nullptr : &found->second;
}

bool TepGraph::is_call(const tep_record& record) const { return format_of(record) != nullptr; }

bool TepGraph::read(const tep_record& record, Call& call) const {
  const Format* format = format_of(record);
  const TepRecord fields(tep_, bytes_of(record));
  if (format == nullptr) {
    return false;
  }
  for (const TepField* field : {&tid_, &format->function, &format->depth}) {
    if (field->kind != TepField::Kind::number || !fields.holds(*field)) {
      return false;
    }
  }
  call.entry = format->entry;
  call.function = fields.number(format->function);
  call.tid = fields.number32(tid_);
  call.depth = fields.number32(format->depth);
  const std::uint64_t begin = fields.number(format->begin);
  const std::uint64_t end = fields.number(format->end);
  if (!call.entry && begin != 0 && end >= begin) {
    call.duration = fmt::format("{}.{:03} us", (end - begin) / 1000, (end - begin) % 1000);
  }
  return call.depth <= kDeepestCall;
}

void TepGraph::columns(const tep_record& record, const Call& call, std::string& out) const {
  const char* comm = ::tep_data_comm_from_pid(&tep_, static_cast<int>(call.tid));
  fmt::format_to(std::back_inserter(out), "{}.{:09} | {}) {}-{} | {} |  {:{}}", record.ts / kSecond,
                 record.ts % kSecond, record.cpu,
                 one_word(comm == nullptr ? "<...>" : comm, WP_COMM_BYTES - 1), call.tid,
                 call.duration, "", call.depth * 2);
}

bool TepGraph::call(const tep_record& record, const tep_record* next, std::string& out) {
  if (told_.erase(record.cpu) != 0) {
    return true;
  }
  Call call{};
  if (!read(record, call)) {
    return false;
  }
  const std::string name = function_word(function_name_(call.function), call.function);
  if (!call.entry) {
    columns(record, call, out);
    out += "} /* " + name + " */\n";
    return true;
  }
  Call end{};
  if (next != nullptr && next->data != nullptr && next->missed_events == 0 && read(*next, end) &&
      !end.entry && end.function == call.function && end.depth == call.depth &&
      end.tid == call.tid) {
    told_.insert(record.cpu);
    call.duration = end.duration;
    columns(record, call, out);
    out += name + "();\n";
    return true;
  }
  columns(record, call, out);
  out += name + "() {\n";
  return true;
}

void TepGraph::event(tep_record& record, std::string& out) {
  const TepRecord fields(tep_, bytes_of(record));
  const tep_event* format = ::tep_find_event(&tep_, static_cast<int>(fields.number(type_)));
  if (format == nullptr) {
    return;
  }
  trace_seq printed{};
  ::trace_seq_init(&printed);
  ::tep_print_event(&tep_, &printed, &record, "%s", TEP_PRINT_INFO);
  ::trace_seq_terminate(&printed);
  Call around{};
  around.tid = fields.number32(tid_);
  columns(record, around, out);
  std::string body(std::string_view(printed.buffer).substr(0, kLongestBody));
  ::trace_seq_destroy(&printed);
  std::ranges::replace_if(
      body, [](unsigned char c) { return c < 0x20; }, '?');
  out += fmt::format("/* {}: {} */\n", format->name, body);
}

void TepGraph::lost(const TraceLoss& loss, std::string& out) {
  const std::string count = loss.events ? fmt::format("{} ", *loss.events) : std::string();
  out += fmt::format("CPU:{} [LOST {}EVENTS]\n", loss.cpu.value_or(0), count);
}

}  // namespace wakepath::foreign
