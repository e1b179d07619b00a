// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/damaged_stream.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <numeric>
#include <stdexcept>

#include <fmt/format.h>

#include "dump/reader.hpp"
#include "order/event_sequencer.hpp"
#include "record/decoder.hpp"
#include "record/fact_record.hpp"
#include "wakepath/facts.hpp"
#include "wakepath/pipeline.hpp"

namespace wakepath::testing {

namespace {

class Collector final : public RecordSink {
 public:
  explicit Collector(std::vector<RecordBytes>& to) : to_(to) {}
  Result<void> record(RecordView view) override {
    to_.emplace_back(view.bytes().begin(), view.bytes().end());
    return {};
  }

 private:
  std::vector<RecordBytes>& to_;
};

template <typename T>
void put(RecordBytes& bytes, std::size_t at, const T& value) {
  std::memcpy(bytes.data() + at, &value, sizeof(T));
}

std::uint64_t batch_ns(RecordView view) {
  record::Batch batch;
  return record::decode_batch(view, batch) ? batch.last_ns : 0;
}

}  // namespace

std::uint32_t number_from(const char* variable, std::uint32_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

std::uint32_t damage_runs() { return number_from("WAKEPATH_DAMAGE_RUNS", 60); }

RecordedStream RecordedStream::of_dump(const std::string& path) {
  RecordedStream stream;
  const auto source = dump::DumpSource::open(path);
  if (!source) {
    throw std::runtime_error(source.error().message);
  }
  Collector collector(stream.records_);
  for (auto more = (*source)->pump(collector); more.value(); more = (*source)->pump(collector)) {
  }
  if (!(*source)->problems().empty()) {
    throw std::runtime_error((*source)->problems().front());
  }
  stream.number();
  return stream;
}

void RecordedStream::number() {
  std::map<std::uint32_t, std::uint32_t> handed;
  std::uint32_t ticks = 0;
  for (RecordBytes& bytes : records_) {
    const RecordView view = *RecordView::at(bytes);
    if (view.type() == WP_RECORD_BATCH) {
      const auto head = load<wp_batch>(bytes);
      std::uint32_t& number = handed[head.cpu];
      put(bytes, offsetof(wp_batch, flags),
          head.flags | WP_BATCH_NUMBERED | number << WP_BATCH_NUMBER_SHIFT);
      number += view.count();
    } else if (view.type() == WP_RECORD_TICK) {
      put(bytes, offsetof(wp_tick, number), ++ticks);
      for (std::size_t i = 0; i < view.count(); ++i) {
        const std::size_t at = sizeof(wp_tick) + i * sizeof(wp_tick_cpu);
        put(bytes, at + offsetof(wp_tick_cpu, handed), handed[load<wp_tick_cpu>(bytes, at).cpu]);
      }
    }
  }
}

Recording RecordedStream::replay(const std::vector<std::size_t>& order) const {
  Recording recording;
  RecordingSink sink(recording);
  Pipeline pipeline({{}, 0}, sink);
  for (const std::size_t record : order) {
    if (!pipeline.record(at(record))) {
      throw std::runtime_error("a record was refused");
    }
  }
  if (!pipeline.finish()) {
    throw std::runtime_error("the end was refused");
  }
  return recording;
}

std::vector<std::size_t> RecordedStream::whole() const {
  std::vector<std::size_t> order(records_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

std::uint64_t RecordedStream::hold_back() const {
  for (std::size_t record = 0; record < size(); ++record) {
    const auto fact = decode_fact(at(record));
    if (const auto* capture = fact ? std::get_if<CaptureFact>(&*fact) : nullptr) {
      return capture->hold_back_ns;
    }
  }
  return order::kHoldBackNs;
}

std::optional<Gap> RecordedStream::gap_of(std::size_t record) const {
  const std::uint16_t type = at(record).type();
  if (type != WP_RECORD_BATCH && type != WP_RECORD_TICK) {
    return std::nullopt;
  }
  const auto time_of = [&](std::size_t other) -> std::optional<std::uint64_t> {
    const RecordView view = at(other);
    if (view.type() != type) {
      return std::nullopt;
    }
    if (type == WP_RECORD_TICK) {
      return load<wp_tick>(view.bytes()).time_ns;
    }
    const bool same = load<wp_batch>(view.bytes()).cpu == load<wp_batch>(at(record).bytes()).cpu;
    return same ? std::optional(batch_ns(view)) : std::nullopt;
  };
  Gap gap{0, UINT64_MAX};
  for (std::size_t before = record; before-- > 0 && gap.begin_ns == 0;) {
    gap.begin_ns = time_of(before).value_or(0);
  }
  for (std::size_t after = record + 1; after < size() && gap.end_ns == UINT64_MAX; ++after) {
    gap.end_ns = time_of(after).value_or(UINT64_MAX);
  }
  const std::uint64_t hold_back_ns = hold_back();
  gap.begin_ns -= std::min(gap.begin_ns, hold_back_ns);
  gap.end_ns += std::min(UINT64_MAX - gap.end_ns, hold_back_ns);
  return gap;
}

std::size_t RecordedStream::events_in(std::size_t record) const {
  const RecordView view = at(record);
  return view.type() == WP_RECORD_BATCH ? view.count() : 0;
}

std::string RecordedStream::text_of(std::size_t record) const {
  const RecordView view = at(record);
  const Bytes bytes = view.bytes();
  switch (view.type()) {
    case WP_RECORD_BATCH: {
      const auto event = load<wp_event>(bytes, sizeof(wp_batch));
      return fmt::format("record {}: cpu {} at {} tid {} {}", record, load<wp_batch>(bytes).cpu,
                         event.time_ns, event.tid,
                         event_name(static_cast<wp_event_kind>(event.kind)));
    }
    case WP_RECORD_TICK:
      return fmt::format("record {}: tick at {}", record, load<wp_tick>(bytes).time_ns);
    case WP_RECORD_FACT: {
      const auto fact = record::decode_fact_record(view);
      return fmt::format("record {}: fact {} {}", record, load<wp_fact>(bytes).kind,
                         fact ? fact->text(0) : "");
    }
    default:
      return fmt::format("record {}: type {}", record, view.type());
  }
}

void StreamDamage::apply(const RecordedStream& stream, How how, std::mt19937& random) {
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random()) % bound; };
  const std::size_t from = below(order.size());
  const std::size_t record = order[from];
  const auto at = [&](std::size_t place) {
    return order.begin() + static_cast<std::ptrdiff_t>(place);
  };
  // Short delays are as frequent as long ones: at once, within the same drain, some drains later.
  const std::size_t reach = std::size_t{1} << below(12);
  const std::size_t to = std::min(order.size() - 1, from + 1 + below(reach));
  const char* what = "";
  switch (how) {
    case How::drop:
      order.erase(at(from));
      what = "dropped";
      break;
    case How::duplicate:
      order.insert(at(to), record);
      what = "doubled";
      break;
    case How::delay:
      std::rotate(at(from), at(from) + 1, at(to) + 1);
      what = "delayed";
      break;
    case How::swap:
      std::swap(*at(from), *at(to));
      touched.push_back(order[from]);
      what = "swapped";
      break;
  }
  touched.push_back(record);
  done += fmt::format("{} at {} (to {}): {}\n", what, from, to, stream.text_of(record));
}

}  // namespace wakepath::testing
