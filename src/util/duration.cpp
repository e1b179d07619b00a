// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/duration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "util/escape.hpp"

namespace wakepath {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

struct Unit {
  std::string_view name;
  std::uint64_t ns;
};

constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                         {"us", 1'000},
                                         {"\xc2\xb5s", 1'000},  // U+00B5, micro sign
                                         {"\xce\xbcs", 1'000},  // U+03BC, Greek mu
                                         {"ms", 1'000'000},
                                         {"s", kSecond},
                                         {"m", 60 * kSecond},
                                         {"h", 3600 * kSecond}}};

std::optional<std::uint64_t> unit_of(std::string_view name) {
  const auto* const unit = std::find_if(kUnits.begin(), kUnits.end(),
                                        [name](const Unit& each) { return each.name == name; });
  return unit == kUnits.end() ? std::nullopt : std::optional(unit->ns);
}

std::string_view leading_digits(std::string_view text) {
  return text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size()));
}

// digits * unit; nullopt where it does not fit.
std::optional<std::uint64_t> scaled(std::string_view digits, std::uint64_t unit) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t value = 0;
  for (const char digit : digits) {
    const auto step = static_cast<std::uint64_t>(digit - '0');
    if (value > (kMost - step) / 10) {
      return std::nullopt;
    }
    value = value * 10 + step;
  }
  if (value > kMost / unit) {
    return std::nullopt;
  }
  return value * unit;
}

// 0.digits * unit; nullopt where that is no whole number of nanoseconds.
std::optional<std::uint64_t> scaled_fraction(std::string_view digits, std::uint64_t unit) {
  std::uint64_t value = 0;
  for (const char digit : digits) {
    const auto step = static_cast<std::uint64_t>(digit - '0');
    if (step != 0 && (unit == 0 || unit % 10 != 0)) {
      return std::nullopt;
    }
    unit /= 10;
    value += step * unit;
  }
  return value;
}

tl::unexpected<Error> unreadable(std::string_view text, std::string_view why) {
  return fail(ErrorKind::usage, fmt::format("'{}' is no duration: {} (500us, 10ms, 30s, 5m)",
                                            escape_terminal(text), why));
}

}  // namespace

Result<std::uint64_t> parse_duration(std::string_view text) {
  if (text == "0") {
    return 0;
  }
  const std::string_view whole = leading_digits(text);
  if (whole.empty()) {
    return unreadable(text, "it does not start with a digit");
  }
  std::string_view rest = text.substr(whole.size());
  std::string_view fraction;
  if (!rest.empty() && rest.front() == '.') {
    fraction = leading_digits(rest.substr(1));
    if (fraction.empty()) {
      return unreadable(text, "no digit after the point");
    }
    rest.remove_prefix(1 + fraction.size());
  }
  if (rest.empty()) {
    return unreadable(text, "the unit is missing");
  }
  const auto unit = unit_of(rest);
  if (!unit) {
    return unreadable(text, "the unit must be ns, us, ms, s, m or h");
  }
  const auto part = scaled_fraction(fraction, *unit);
  if (!part) {
    return unreadable(text, "it is finer than a nanosecond");
  }
  const auto base = scaled(whole, *unit);
  if (!base || *base > std::numeric_limits<std::uint64_t>::max() - *part) {
    return unreadable(text, "it is too long");
  }
  return *base + *part;
}

std::string format_duration(std::uint64_t ns) {
  struct Shown {
    std::uint64_t below;  // where the next unit takes over
    std::uint64_t unit;
    const char* name;
  };
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  constexpr std::array<Shown, 5> kShown = {{{1'000'000, 1'000, "us"},
                                            {kSecond, 1'000'000, "ms"},
                                            {1000 * kSecond, kSecond, "s"},
                                            {7200 * kSecond, 60 * kSecond, "m"},
                                            {kMost, 3600 * kSecond, "h"}}};
  if (ns < 1000) {
    return fmt::format("{}ns", ns);
  }
  const auto* const shown = std::find_if(kShown.begin(), std::prev(kShown.end()),
                                         [ns](const Shown& each) { return ns < each.below; });
  // Cut, never rounded up: a limit may stand at a millisecond, and 999.9us is not there yet.
  const std::uint64_t whole = ns / shown->unit;
  const std::uint64_t hundredths = ns % shown->unit / (shown->unit / 100);
  if (whole < 10) {
    return fmt::format("{}.{:02}{}", whole, hundredths, shown->name);
  }
  if (whole < 100) {
    return fmt::format("{}.{}{}", whole, hundredths / 10, shown->name);
  }
  return fmt::format("{}{}", whole, shown->name);
}

std::string exact_duration(std::uint64_t ns) {
  struct Unit {
    std::uint64_t ns;
    const char* name;
  };
  constexpr Unit kWhole[] = {{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "us"}};
  for (const Unit& unit : kWhole) {
    if (ns != 0 && ns % unit.ns == 0) {
      return fmt::format("{}{}", ns / unit.ns, unit.name);
    }
  }
  return fmt::format("{}ns", ns);
}

}  // namespace wakepath
