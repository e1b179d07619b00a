// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/moment.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "util/duration.hpp"
#include "util/saturated.hpp"

namespace wakepath::analysis {

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kDay = 86'400 * kSecond;

std::optional<std::uint64_t> two_digits(std::string_view text, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.size() != 2 || error != std::errc{} || end != text.data() + 2 || value > most) {
    return std::nullopt;
  }
  return value;
}

struct ClockTime {
  std::uint64_t ns{}, span_ns{};
};

// HH:MM, HH:MM:SS, HH:MM:SS.fraction
std::optional<ClockTime> clock_time(std::string_view text) {
  if (text.size() < 5 || text[2] != ':' || (text.size() > 5 && text[5] != ':')) {
    return std::nullopt;
  }
  const auto hours = two_digits(text.substr(0, 2), 23);
  const auto minutes = two_digits(text.substr(3, 2), 59);
  if (!hours || !minutes) {
    return std::nullopt;
  }
  const std::uint64_t ns = (*hours * 3600 + *minutes * 60) * kSecond;
  if (text.size() == 5) {
    return ClockTime{ns, 60 * kSecond};
  }
  const auto seconds = two_digits(text.substr(6, 2), 60);
  if (!seconds) {
    return std::nullopt;
  }
  std::uint64_t fraction = 0;
  std::uint64_t unit = kSecond;
  if (text.size() > 8) {
    const std::string_view digits = text.substr(9);
    if (text[8] != '.' || digits.empty() || digits.size() > 9 ||
        digits.find_first_not_of("0123456789") != std::string_view::npos) {
      return std::nullopt;
    }
    for (const char digit : digits) {
      unit /= 10;
      fraction += unit * static_cast<std::uint64_t>(digit - '0');
    }
  }
  return ClockTime{ns + *seconds * kSecond + fraction, unit};
}

}  // namespace

Result<Moment> parse_moment(std::string_view text) {
  if (const auto time = clock_time(text)) {
    return Moment{true, time->ns, std::string(text), time->span_ns};
  }
  if (const auto ns = parse_duration(text)) {
    return Moment{false, *ns, std::string(text), 0};
  }
  return fail(ErrorKind::usage, "");
}

std::uint64_t StreamMoment::comparable(std::uint64_t at_ns,
                                       std::optional<std::uint64_t> offset_ns) const {
  if (!realtime_offset_ns || !offset_ns) {
    return at_ns;
  }
  const std::uint64_t ahead = (*offset_ns % kDay + kDay - *realtime_offset_ns % kDay) % kDay;
  const std::uint64_t behind = kDay - ahead;
  return ahead < kDay / 2 ? saturated_sum(at_ns, ahead) : at_ns - std::min(at_ns, behind);
}

Result<StreamMoment> resolve(const Moment& moment, const Header& header) {
  if (header.trace && header.trace->untimed) {
    return fail(ErrorKind::usage, "the trace has no times: nothing in it is at a moment");
  }
  const std::uint64_t begin = header.begin_ns.value_or(0);
  if (!moment.of_day) {
    const std::uint64_t at = saturated_sum(begin, moment.ns);
    return StreamMoment{at, at, std::nullopt};
  }
  if (!header.realtime_offset_ns) {
    return fail(ErrorKind::usage,
                fmt::format("{} is a time of day, and this input does not tell it", moment.text),
                "give the time from its begin on: 1.5s");
  }
  // The moment of that name that is nearest to the begin, half a day to either side.
  const std::uint64_t begin_of_day = (begin + *header.realtime_offset_ns) % kDay;
  const std::uint64_t ahead = (moment.ns + kDay - begin_of_day) % kDay;
  const std::uint64_t behind = kDay - ahead;
  const std::uint64_t at =
      ahead < kDay / 2 ? saturated_sum(begin, ahead) : begin - std::min(begin, behind);
  return StreamMoment{at, saturated_sum(at, moment.span_ns == 0 ? 0 : moment.span_ns - 1),
                      header.realtime_offset_ns};
}

std::string time_of_day(std::uint64_t realtime_ns) {
  const std::uint64_t ns = realtime_ns % kDay;
  const std::uint64_t seconds = ns / kSecond;
  return fmt::format("{:02}:{:02}:{:02}.{:03}", seconds / 3600, seconds / 60 % 60, seconds % 60,
                     ns % kSecond / 1'000'000);
}

}  // namespace wakepath::analysis
