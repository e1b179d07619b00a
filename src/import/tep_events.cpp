// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/tep_events.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include <event-parse.h>

#include "import/event_kinds.hpp"
#include "import/field_specs.hpp"
#include "import/ipi_reasons.hpp"
#include "import/tep_record.hpp"
#include "util/seeded_hash.hpp"

namespace wakepath::foreign {

namespace {

// enum trace_flag_type, kernel/trace/trace.h (include/linux/trace_events.h from 5.13 on): these
// three are the same from 4.14 to 7.2.
constexpr std::uint64_t kFlagHardirq = 0x08, kFlagSoftirq = 0x10, kFlagNmi = 0x40;
constexpr std::size_t kMostCached = 65536;

// Where an event that is used has what.
struct Layout {
  const FieldSpec* spec;
  TepField flags, tid;
  std::array<TepField, kMostFields> fields{};
  std::uint32_t bytes{};  // to the end of the last of these fields
};

Layout layout_of(const FieldSpec& spec, tep_event& format) {
  Layout layout{&spec, tep_field(::tep_find_common_field(&format, "common_flags")),
                tep_field(::tep_find_common_field(&format, "common_pid"))};
  for (std::size_t i = 0; i < kMostFields; ++i) {
    if (spec.fields[i] != nullptr && *spec.fields[i] != '\0') {
      layout.fields[i] = tep_field(::tep_find_field(&format, spec.fields[i]));
    }
  }
  const auto include = [&](const TepField& field) {
    if (field.kind != TepField::Kind::missing) {
      layout.bytes = std::max(layout.bytes, field.offset + field.size);
    }
  };
  include(layout.flags);
  include(layout.tid);
  std::ranges::for_each(layout.fields, include);
  return layout;
}

class RecordFields final : public EventFields {
 public:
  RecordFields(const TepRecord& record, const Layout& layout, std::uint32_t cpus)
      : record_(record), fields_(layout.fields), cpus_(cpus) {}
  [[nodiscard]] bool has(std::size_t field) const override {
    return fields_[field].kind != TepField::Kind::missing;
  }
  [[nodiscard]] std::uint64_t number(std::size_t field) const override {
    return record_.number(fields_[field]);
  }
  [[nodiscard]] std::string_view text(std::size_t field) const override {
    return record_.text(fields_[field]);
  }
  [[nodiscard]] std::uint32_t cpus() const override { return cpus_; }

 private:
  const TepRecord& record_;
  const std::array<TepField, kMostFields>& fields_;
  std::uint32_t cpus_;
};

std::uint8_t context_of(std::uint64_t flags) {
  unsigned context = WP_CONTEXT_KNOWN;
  context |= (flags & kFlagSoftirq) != 0 ? WP_CONTEXT_SOFTIRQ : 0;
  context |= (flags & kFlagHardirq) != 0 ? WP_CONTEXT_HARDIRQ : 0;
  context |= (flags & kFlagNmi) != 0 ? WP_CONTEXT_NMI : 0;
  return static_cast<std::uint8_t>(context);
}

}  // namespace

struct TepEvents::Impl {
  tep_handle& tep;
  std::uint32_t cpus;
  FunctionName function_name;
  TepField type;                    // the same in all events
  std::vector<Layout> layouts;      // of the events that are used
  std::vector<std::int32_t> by_id;  // index into layouts, or kLeftOut ...
  SeededMap<std::uint64_t, std::string> functions{};
  SeededMap<std::uint64_t, wp_ipi_reason> reasons{};

  static constexpr std::int32_t kUnknown = -1, kLeftOut = -2, kGraph = -3;

  void add(tep_event& format);
  std::string_view function(std::uint64_t address);
  wp_ipi_reason reason(Bytes bytes, std::uint64_t text);
};

void TepEvents::Impl::add(tep_event& format) {
  if (format.id < 0 || format.id > 0xffff || format.name == nullptr || format.system == nullptr) {
    return;
  }
  const auto id = static_cast<std::size_t>(format.id);
  if (by_id.size() <= id) {
    by_id.resize(id + 1, kUnknown);
  }
  const std::string_view system = format.system;
  const std::string_view name = format.name;
  by_id[id] = name.starts_with("funcgraph_") ? kGraph : kLeftOut;
  const FieldSpec* spec = field_spec(system, name);
  if (spec == nullptr) {
    return;
  }
  by_id[id] = static_cast<std::int32_t>(layouts.size());
  layouts.push_back(layout_of(*spec, format));
}

std::string_view TepEvents::Impl::function(std::uint64_t address) {
  if (address == 0) {
    return {};
  }
  const auto found = functions.find(address);
  if (found != functions.end()) {
    return found->second;
  }
  if (functions.size() >= kMostCached) {
    functions.clear();
  }
  return functions.emplace(address, function_name(address)).first->second;
}

// The record holds the address of a text, which only the library can turn into the text.
wp_ipi_reason TepEvents::Impl::reason(Bytes bytes, std::uint64_t text) {
  const auto found = reasons.find(text);
  if (found != reasons.end()) {
    return found->second;
  }
  if (reasons.size() >= kMostCached) {
    reasons.clear();
  }
  tep_record record{};
  record.size = static_cast<int>(bytes.size());
  record.data = const_cast<std::byte*>(bytes.data());
  trace_seq printed{};
  ::trace_seq_init(&printed);
  ::tep_print_event(&tep, &printed, &record, "%s", TEP_PRINT_INFO);
  ::trace_seq_terminate(&printed);
  const wp_ipi_reason is = ipi_reason_in(printed.buffer);
  ::trace_seq_destroy(&printed);
  return reasons.emplace(text, is).first->second;
}

TepEvents::TepEvents(tep_handle& tep, std::uint32_t cpus, FunctionName function_name)
    : impl_(new Impl{tep, cpus, std::move(function_name), {}, {}, {}}) {
  const int count = ::tep_get_events_count(&tep);
  for (int i = 0; i < count; ++i) {
    tep_event* format = ::tep_get_event(&tep, i);
    if (format == nullptr) {
      continue;
    }
    impl_->add(*format);
    if (impl_->type.kind == TepField::Kind::missing) {
      impl_->type = tep_field(::tep_find_common_field(format, "common_type"));
    }
  }
}

TepEvents::~TepEvents() = default;

TepEvents::Kind TepEvents::read(Bytes bytes, std::uint64_t time_ns, std::uint32_t cpu,
                                TraceEvent& event) {
  Impl& me = *impl_;
  const TepRecord record(me.tep, bytes);
  const std::uint64_t id = record.number(me.type);
  const std::int32_t index = id < me.by_id.size() ? me.by_id[id] : Impl::kUnknown;
  if (index < 0) {
    return index == Impl::kLeftOut ? Kind::left_out
           : index == Impl::kGraph ? Kind::function_graph
                                   : Kind::unknown;
  }
  const Layout& layout = me.layouts[static_cast<std::size_t>(index)];
  if (bytes.size() < layout.bytes) {
    return Kind::damaged;
  }
  event = TraceEvent{};
  event.time_ns = time_ns;
  event.cpu = cpu;
  event.tid = record.number32(layout.tid);
  event.context = layout.flags.kind == TepField::Kind::missing
                      ? std::uint8_t{0}
                      : context_of(record.number(layout.flags));
  event.kind = layout.spec->kind;
  layout.spec->fill(RecordFields(record, layout, me.cpus), event);
  switch (event.kind) {
    case WP_EVENT_HRTIMER_START:
      event.name = me.function(event.payload.hrtimer_start.function);
      break;
    case WP_EVENT_HRTIMER_EXPIRE_ENTRY:
      event.name = me.function(event.payload.hrtimer.function);
      break;
    case WP_EVENT_IPI_RAISE:
    case WP_EVENT_IPI_ENTRY:
    case WP_EVENT_IPI_EXIT:
      event.payload.ipi.reason = me.reason(bytes, record.number(layout.fields[0]));
      break;
    default:
      if (is_work(event.kind)) {
        event.name = me.function(event.payload.work.function);
      }
      break;
  }
  if (event.comm.empty() && event.tid != 0) {
    const char* comm = ::tep_data_comm_from_pid(&me.tep, static_cast<int>(event.tid));
    if (comm != nullptr && *comm != '<') {
      event.comm = comm;
    }
  }
  return Kind::used;
}

TraceClock trace_clock(std::string_view name) {
  if (name.empty()) {
    return TraceClock::unknown;
  }
  if (name == "mono") {
    return TraceClock::monotonic;
  }
  if (name == "boot") {
    return TraceClock::boot;
  }
  if (name == "local" || name == "perf") {
    return TraceClock::local;
  }
  // Of the others these count no nanoseconds: events, jiffies, cycles.
  constexpr std::array<std::string_view, 4> kNoTime{"counter", "uptime", "x86-tsc", "ppc-tb"};
  return std::ranges::find(kNoTime, name) != kNoTime.end() ? TraceClock::none : TraceClock::other;
}

}  // namespace wakepath::foreign
