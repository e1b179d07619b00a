// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/view.hpp"

#include <array>
#include <ctime>

#include <fmt/format.h>

#include "util/escape.hpp"

namespace wakepath::present {

namespace {

struct Glyph {
  std::size_t bytes;
  std::size_t columns;
};

// Wide: the East Asian blocks and emoji; wcwidth() would depend on the locale.
bool is_wide(std::uint32_t code) {
  return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) ||
         (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) ||
         (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) ||
         (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1f300 && code <= 0x1faff) ||
         (code >= 0x20000 && code <= 0x3fffd);
}

Glyph first_glyph(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (length == 1 || length > text.size()) {
    return {1, 1};
  }
  std::uint32_t code = lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    code = (code << 6) | (static_cast<unsigned char>(text[i]) & 0x3fU);
  }
  return {length, is_wide(code) ? 2U : 1U};
}

std::string decimal(std::int64_t ns, std::uint64_t unit, int digits, std::string_view suffix) {
  const bool negative = ns < 0;
  const std::uint64_t size =
      negative ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  return fmt::format("{}{}.{:0{}}{}", negative ? "-" : "", size / unit, size % unit, digits,
                     suffix);
}

}  // namespace

std::string who_text(const VcpuIdentity& who) {
  const std::string vm =
      who.vm == "?" ? "unknown VM" + vm_suffix(who.vm_pid, std::nullopt) : escape_terminal(who.vm);
  if (who.vcpu) {
    return fmt::format("{} vCPU {}{}", vm, *who.vcpu,
                       who.vm == "?" ? fmt::format(", thread {}", who.tid) : "");
  }
  return fmt::format("{}, thread {}", vm, who.tid);
}

std::string vm_suffix(std::optional<std::uint32_t> pid, std::optional<std::uint32_t> tid) {
  return pid ? fmt::format(" (pid {})", *pid) : tid ? fmt::format(" (tid {})", *tid) : "";
}

namespace {

constexpr std::int32_t kMaxRtPrio = 100;
constexpr std::int32_t kNiceZero = 120;

}  // namespace

std::string lost_text(std::uint64_t events, bool exact) {
  return exact || events == 0 ? count_text(events, "event") : "events (not known how many)";
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

std::string_view scheduling_class(std::int32_t prio) {
  return prio < 0 ? "deadline" : prio < kMaxRtPrio ? "rt" : "fair";
}

std::string priority_text(std::int32_t prio) {
  if (prio < 0) {
    return "deadline";
  }
  // 64 bits, for a file may hold any number.
  return prio < kMaxRtPrio ? fmt::format("rt {}", kMaxRtPrio - 1 - prio)
                           : fmt::format("fair, nice {}", std::int64_t{prio} - kNiceZero);
}

std::string flags_text(const Flags& flags) {
  std::string text;
  for (std::size_t i = 0; i < kFlags; ++i) {
    const auto flag = static_cast<Flag>(i);
    if (flags.has(flag)) {
      text += text.empty() ? "" : ", ";
      text += name_of(flag);
    }
  }
  return text;
}

std::string_view meaning_of(Flag flag) {
  switch (flag) {
    case Flag::lossy:
      return "events were lost in its time, so a step may be missing";
    case Flag::no_root:
      return "what caused the wake was not seen";
    case Flag::no_entry:
      return "the guest entry was not seen";
    case Flag::cut:
      return "began before the capture or ended after it";
    case Flag::reblocked:
      return "there was nothing to do: it blocked again without entering the guest";
    case Flag::migrated:
      return "the vCPU moved to another CPU on its way";
    case Flag::early:
      return "woken before it was fully asleep";
    case Flag::halt_poll:
      return "halt polling met the wake: the vCPU never left its CPU";
    case Flag::preempted:
      return "the vCPU lost its CPU, or had to wait, before it entered the guest";
    case Flag::restarted_timer:
      return "its timer had expired before in this sleep, too early by the guest's time, and was "
             "set "
             "anew";
    case Flag::missed_program:
      return "a program of wakepath did not run in its time, so a step may be missing";
    case Flag::no_expiry:
      return "when its timer was due is not known: it begins at the timer's interrupt, or callback";
    case Flag::untimed:
      return "the trace has no times: what came after what is known, how long it took is not";
  }
  return "";
}

bool is_total(std::string_view stage) {
  return stage == "total" || stage == "total_to_sched_in" || stage == "total_from_irq";
}

std::string stage_label(std::string_view stage) {
  return stage == "total_to_sched_in" ? "total (to sched_in)"
         : stage == "total_from_irq"  ? "total (expiry not known)"
                                      : escape_terminal(stage);
}

std::string micros(std::int64_t ns) { return decimal(ns, 1'000, 3, "us"); }

std::string seconds(std::int64_t ns) { return decimal(ns, 1'000'000'000, 9, "s"); }

namespace {

// As strftime() has it; empty: a year that it can't write.
std::string date_text(std::uint64_t realtime_ns, const char* format) {
  const auto seconds = static_cast<std::time_t>(realtime_ns / 1'000'000'000);
  std::tm parts{};
  std::array<char, 32> text{};
  if (::gmtime_r(&seconds, &parts) == nullptr ||
      std::strftime(text.data(), text.size(), format, &parts) == 0) {
    return "";
  }
  return text.data();
}

}  // namespace

std::string utc_text(std::uint64_t realtime_ns) {
  const std::string text = date_text(realtime_ns, "%Y-%m-%d %H:%M:%S UTC");
  return text.empty() ? "at a time that is not known" : text;
}

std::string iso_time(std::uint64_t realtime_ns) {
  const std::string text = date_text(realtime_ns, "%Y-%m-%dT%H:%M:%S");
  return text.empty() ? text : fmt::format("{}.{:09}Z", text, realtime_ns % 1'000'000'000);
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::uint64_t kibi = 1024;
  if (bytes != 0 && bytes % (kibi * kibi * kibi) == 0) {
    return fmt::format("{}G", bytes / (kibi * kibi * kibi));
  }
  if (bytes != 0 && bytes % (kibi * kibi) == 0) {
    return fmt::format("{}M", bytes / (kibi * kibi));
  }
  if (bytes != 0 && bytes % kibi == 0) {
    return fmt::format("{}K", bytes / kibi);
  }
  return fmt::format("{}", bytes);
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Glyph glyph = first_glyph(text);
    columns += glyph.columns;
    text.remove_prefix(glyph.bytes);
  }
  return columns;
}

std::string shorten(std::string_view text, std::size_t limit) {
  if (columns_of(text) <= limit) {
    return std::string(text);
  }
  std::size_t columns = 0;
  std::size_t bytes = 0;
  while (bytes < text.size()) {
    const Glyph glyph = first_glyph(text.substr(bytes));
    if (columns + glyph.columns + 1 > limit) {
      break;
    }
    columns += glyph.columns;
    bytes += glyph.bytes;
  }
  return std::string(text.substr(0, bytes)) + "…";
}

}  // namespace wakepath::present
