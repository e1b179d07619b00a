// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/guest_reports.hpp"

#include "record/decoder.hpp"

namespace wakepath::capture {

std::uint64_t counter_to_ns(std::uint64_t counter, const std::optional<guest::ClockPair>& before,
                            const guest::ClockPair& after, std::uint64_t hz) {
  double ns_per_tick = 1e9 / static_cast<double>(hz);
  if (before && after.counter > before->counter) {
    ns_per_tick = static_cast<double>(after.monotonic_ns - before->monotonic_ns) /
                  static_cast<double>(after.counter - before->counter);
  }
  const auto ticks = static_cast<std::int64_t>(counter - after.counter);
  return after.monotonic_ns + static_cast<std::uint64_t>(static_cast<std::int64_t>(
                                  static_cast<double>(ticks) * ns_per_tick));
}

GuestReports::GuestReports(guest::Guest& guest)
    : guest_(guest), before_(guest::read_clock_pair()) {}

Result<void> GuestReports::drain(const NameBook& names, RecordSink& sink) {
  reports_.clear();
  guest_.drain(reports_);
  if (reports_.empty()) {
    return {};
  }
  const auto after = guest::read_clock_pair();
  const auto offset = guest_.counter_offset();
  const auto hz = guest_.counter_hz();
  for (const guest::Report& report : reports_) {
    wp_guest_report out{};
    out.time_ns = report.time_ns;
    out.tid = names.guest_thread(report.vcpu).value_or(static_cast<std::uint32_t>(report.tid));
    out.vcpu = report.vcpu;
    out.sequence = report.sequence;
    if (report.deadline_ticks) {
      out.deadline_ticks = *report.deadline_ticks;
      out.flags |= WP_REPORT_DEADLINE;
    }
    if (report.now_ticks) {
      out.now_ticks = *report.now_ticks;
      out.flags |= WP_REPORT_NOW;
      if (after && offset && hz) {
        const std::uint64_t counter = *report.now_ticks + static_cast<std::uint64_t>(*offset);
        out.now_ns = counter_to_ns(counter, before_, *after, *hz);
        out.flags |= WP_REPORT_NOW_NS;
      }
    }
    WAKEPATH_CHECK(sink.record(*RecordView::at(record::encode(out))));
  }
  // Far enough apart that the width of a pair does not matter.
  constexpr std::uint64_t far = 1'000'000;
  if (after && (!before_ || after->monotonic_ns - before_->monotonic_ns > far)) {
    before_ = after;
  }
  return {};
}

}  // namespace wakepath::capture
