// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/brief.hpp"

#include <array>
#include <cmath>

#include <fmt/format.h>

namespace wakepath::screen {

namespace {

struct Digits {
  double value;
  std::size_t unit;
};

// To two digits; 995 of a unit is 1.0 of the next one.
Digits two_digits(double value, std::size_t units, double next = 1000) {
  std::size_t unit = 0;
  while (true) {
    const double step = value < 10 ? 0.1 : value < 100 ? 1 : 10;
    const double rounded = std::round(value / step) * step;
    if (rounded < 999.5 || unit + 1 == units) {
      return {rounded, unit};
    }
    value /= next;
    ++unit;
  }
}

std::string number(double value, bool tenths) {
  return tenths && value < 9.95 ? fmt::format("{:.1f}", value) : fmt::format("{:.0f}", value);
}

}  // namespace

std::string brief_time(std::uint64_t ns) {
  constexpr std::array<std::string_view, 4> kUnits{"ns", "us", "ms", "s"};
  const Digits digits = two_digits(static_cast<double>(ns), kUnits.size());
  return number(digits.value, digits.unit != 0) + std::string(kUnits[digits.unit]);
}

std::string brief_count(std::uint64_t count) {
  constexpr std::array<std::string_view, 5> kUnits{"", "k", "M", "G", "T"};
  if (count < 1000) {
    return fmt::format("{}", count);
  }
  const Digits digits = two_digits(static_cast<double>(count), kUnits.size());
  return number(digits.value, digits.unit != 0) + std::string(kUnits[digits.unit]);
}

std::string brief_size(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"", "K", "M", "G", "T"};
  const Digits digits = two_digits(static_cast<double>(bytes), kUnits.size(), 1024);
  return number(digits.value, digits.unit != 0) + std::string(kUnits[digits.unit]);
}

std::string brief_rate(double per_second) {
  return per_second > 0 && per_second < 9.95
             ? fmt::format("{:.1f}", per_second)
             : brief_count(static_cast<std::uint64_t>(std::llround(per_second)));
}

std::string brief_share(std::uint64_t part, std::uint64_t whole) {
  if (part == 0 || whole == 0) {
    return "0";
  }
  const double percent = static_cast<double>(part) * 100 / static_cast<double>(whole);
  return percent < 0.05 ? "<0.1%" : number(percent, true) + "%";
}

std::string clock_text(std::uint64_t ns) {
  const std::uint64_t seconds = ns / 1'000'000'000;
  const std::uint64_t hours = seconds / 3600;
  const std::string rest = fmt::format("{:02}:{:02}", seconds / 60 % 60, seconds % 60);
  return hours == 0 ? rest : fmt::format("{}:{}", hours, rest);
}

}  // namespace wakepath::screen
